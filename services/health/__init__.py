"""Hospitals, family medicine and the Institute of Forensic Medicine on the bus."""
