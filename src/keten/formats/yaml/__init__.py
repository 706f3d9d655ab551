"""YAML with the line of every field, as Kubernetes and as CI systems read it."""
