"""The Centre for Social Work (CSW) on the bus."""
