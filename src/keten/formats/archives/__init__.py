"""Archives (tar, zip, jar): their members read in place, within ceilings."""
