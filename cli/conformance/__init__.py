"""Does an agency's own system keep to the contract? It is run against a sandbox that does what a bad day does."""
