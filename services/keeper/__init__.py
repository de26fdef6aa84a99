"""The keeper of duties: what it has noticed, and the alarms that bring it to somebody."""
