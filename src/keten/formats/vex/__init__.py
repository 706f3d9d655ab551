"""VEX, statements on who is affected by a vulnerability: OpenVEX, CSAF and CycloneDX."""
