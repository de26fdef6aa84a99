"""The State Prosecutor, with the Victim Protection and Assistance Office, on the bus."""
