"""Directories of a node, and the sockets of its container runtime: what they are good for."""

SOCKETS = (
    "docker.sock", "containerd.sock", "crio.sock", "dockershim.sock", "cri-dockerd.sock",
    "podman.sock",
)  # fmt: skip
TRUSTED = (
    "/etc",
    "/root",
    "/home",
    "/proc",
    "/sys",
    "/dev",
    "/boot",
    "/lib",
    "/lib64",
    "/usr",
    "/bin",
    "/sbin",
    "/run",
    "/var/run",
    "/var/lib/kubelet",
    "/var/lib/etcd",
    "/var/lib/docker",
    "/var/lib/containerd",
    "/var/lib/rancher",
    "/var/log",
    "/opt/cni",
)
HARMLESS = (
    "/etc/localtime",
    "/etc/timezone",
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/etc/os-release",
    "/usr/share",
    "/usr/local/share/ca-certificates",
    "/usr/src",
    "/lib/modules",
    "/sys/class",
    "/sys/fs/bpf",
    "/dev/dri",
    "/dev/null",
    "/dev/net/tun",
    "/dev/fuse",
    "/dev/kvm",
    "/dev/hugepages",
    "/run/udev",
    "/run/xtables.lock",
    "/run/cdi",
    "/var/run/cdi",
    "/run/flannel",
    "/run/calico",
    "/var/run/calico",
    "/run/cilium",
    "/var/run/cilium",
    "/var/lib/kubelet/plugins",
    "/var/lib/kubelet/plugins_registry",
    "/var/lib/kubelet/device-plugins",
)


def grave(path: str) -> bool:
    """Return whether who writes to *path* of a node takes the node over."""
    return path == "/" or (_under(path, TRUSTED) and not _under(path, HARMLESS))


def socket(path: str) -> bool:
    """Return whether *path* is the socket of a container runtime."""
    return path.rstrip("/").rpartition("/")[2] in SOCKETS


def _under(path: str, folders: tuple[str, ...]) -> bool:
    plain = path.rstrip("/")
    return any(plain == folder or plain.startswith(f"{folder}/") for folder in folders)
