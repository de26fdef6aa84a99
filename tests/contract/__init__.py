"""The contract: the catalogue and all that is generated from it."""
