"""Signatures: pure, no I/O, no clock. What does not hold raises."""
