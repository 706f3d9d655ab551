"""Readers of lockfiles and dependency manifests: one plug a file format."""
