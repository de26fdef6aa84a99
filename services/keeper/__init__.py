"""The bus's own watcher of duties: it says what is owed, what was missed, and what has ended."""
