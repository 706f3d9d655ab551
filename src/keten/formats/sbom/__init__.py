"""Software bills of materials: CycloneDX, SPDX 2 and 3, and Syft's own, read and written."""
