"""Checks of credentials in files."""
