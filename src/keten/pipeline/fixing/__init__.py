"""Fixes at the source: exact changes made in memory, judged again, and only then written."""
