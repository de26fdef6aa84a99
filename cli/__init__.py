"""The command `barnabus`, one module a noun."""
