"""Readers of root filesystems: what is installed in an image, and what its programs are made of."""
