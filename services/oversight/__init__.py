"""The Ombudsperson and the inspectorates on the bus."""
