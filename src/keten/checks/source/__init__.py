"""Checks of the source: who wrote it, who vouches for it, what lies in it."""
