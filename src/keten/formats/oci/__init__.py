"""Container images as their specification writes them (OCI image-spec 1.1, Docker v2.2)."""
