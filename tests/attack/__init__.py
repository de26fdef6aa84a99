"""Hostile holders of valid credentials, against the real server with the generated configuration."""
