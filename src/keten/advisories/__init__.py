"""The vulnerability data: import, look-up, coverage, age."""
