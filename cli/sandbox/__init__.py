"""One agency's system tried out against everybody else: a bus of its own, counterparts by script, a clock to move."""
