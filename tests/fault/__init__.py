"""Processes are killed, servers die, plugs are pulled: what was promised still holds."""
