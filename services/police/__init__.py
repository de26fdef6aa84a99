"""Kosovo Police on the bus."""
