"""How fast, beside the raw limit: `make bench`."""
