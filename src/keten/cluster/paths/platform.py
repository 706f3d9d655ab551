"""What clouds and installers write on the objects of a cluster, as far as paths follow it."""

CLOUDS = ("AKS", "EKS", "GKE")
"""Whose nodes have an identity that whoever asks 169.254.169.254 may take."""
LINKED = (
    "eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account",
    "azure.workload.identity/client-id",
)  # fmt: skip
"""Annotations by which a service account is an identity of the cloud."""
CONTROL = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
"""Labels of the nodes on which the control plane runs."""
TOKEN = "kubernetes.io/service-account-token"
"""The type of a Secret with a token that lasts."""
