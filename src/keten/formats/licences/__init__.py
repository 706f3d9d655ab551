"""Licences: their names, SPDX expressions, and Debian copyright files."""
