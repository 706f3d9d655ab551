"""The rooms that touch the world: files, processes."""
