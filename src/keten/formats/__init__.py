"""Outside formats as typed records."""
