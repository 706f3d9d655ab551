"""The Pod Security Standards as the admission controller of Kubernetes evaluates them."""
