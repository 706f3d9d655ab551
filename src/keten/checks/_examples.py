"""Examples of manifests, with the part that every one has in common written once."""

from keten.model.check import Example

_HEAD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
"""


def deployment(pod: str) -> Example:
    """Return a Deployment of which *pod* is the pod spec."""
    lines = "".join(f"      {line}\n" for line in pod.strip("\n").split("\n"))
    return Example("deploy.yaml", _HEAD + lines)


def manifest(text: str) -> Example:
    """Return a file of Kubernetes objects."""
    return Example("deploy.yaml", text.lstrip("\n"))
