"""Versions: how each ecosystem orders them, and the ranges written over them."""
