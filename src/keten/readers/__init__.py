"""Turn the bytes of one file into facts; one file, one format."""
