"""A scan of an image or root filesystem: layers, tree, readers, what came from which layer."""
