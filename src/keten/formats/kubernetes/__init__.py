"""The Kubernetes API as data, and what its server would refuse."""
