"""Bring bytes in and change nothing."""
