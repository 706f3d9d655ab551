"""Checks of the dependencies: what is declared, pinned, fetched, and known of it."""
