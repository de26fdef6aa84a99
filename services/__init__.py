"""The agencies, one folder each with the same few files, and what all of them do alike, once."""
