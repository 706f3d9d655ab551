"""Images where they lie: registries, layouts, archives, folders; their layers, their tree."""
