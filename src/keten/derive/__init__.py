"""What follows from facts: selection, rights, scopes."""
