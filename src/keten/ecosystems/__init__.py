"""Package ecosystems: spelling of names and order of versions; one file each."""
