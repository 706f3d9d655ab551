"""The paths an intruder has through a cluster, and the fewest changes that cut them."""
