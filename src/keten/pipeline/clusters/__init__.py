"""Clusters as targets: live, a snapshot, a dump."""
