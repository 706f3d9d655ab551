"""The Kubernetes API, read only: kubeconfig, credentials, discovery, lists by pages.

Nothing is ever written to a cluster: the client sends GET and nothing else.
"""
