"""Shipped for those who write plugs: facts from text, and a way to run cases."""
