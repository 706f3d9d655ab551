"""Who may do what: Kubernetes RBAC as the API server evaluates it."""
