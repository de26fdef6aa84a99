"""What the log comes to: one module a read model, each a pure fold."""
