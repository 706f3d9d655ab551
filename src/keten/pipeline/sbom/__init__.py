"""Bills of materials: facts written as one, and one read as facts."""
