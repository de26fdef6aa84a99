"""Properties: what holds for every input, every order and every interleaving."""
