"""Systems of agencies that are tried by the conformance kit: programs of their own."""
