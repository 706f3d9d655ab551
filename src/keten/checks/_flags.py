"""What the checks of flags share: the value that holds, whose it is, where it stands.

A flag that is not given has its default, which may be another in another release; a kubelet's
setting is in its flags, else in its configuration file, each with defaults of its own.
"""

from collections.abc import Callable, Iterator
from typing import Any

from keten.model import control_plane as plane
from keten.model.check import Example
from keten.model.control_plane import Component
from keten.model.finding import Change, Severity, Violation

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
SECURED = frozenset({"127.0.0.1", "::1", "localhost"})


def of(*names: str, by_file: bool = False) -> Callable[[Component], bool]:
    """Return the question whether a component is one of *names*, and not its cloud's to set.

    Of a kube-scheduler a configuration file tells little: where its flags are not known, only
    what asks for the file is asked (*by_file*).
    """

    def applies(component: Component) -> bool:
        if component.name not in names or component.provider:
            return False
        bare = component.name == plane.SCHEDULER and component.origin == "config"
        return by_file or not bare

    return applies


def on(component: Component, flag: str, *, default: bool) -> bool:
    """Return whether a boolean flag is on."""
    value = component.flags.get(flag)
    return default if value is None else value in _TRUE


def number(component: Component, flag: str, default: int) -> int:
    """Return a flag that is a number; *default* for what is none."""
    return as_number(component.flags.get(flag), default)


def as_number(value: Any, default: int) -> int:
    """Return *value* as a number; *default* for what is none."""
    if isinstance(value, int):
        return int(value)
    text = str(value if value is not None else "").strip()
    digits = text.removeprefix("-")
    return int(text) if digits.isdecimal() and digits.isascii() and len(digits) < 16 else default  # noqa: PLR2004 what int64 holds


def listed(component: Component, plugin: str) -> bool:
    """Return whether an admission plugin is switched on by name."""
    given = component.words("enable-admission-plugins") or component.words("admission-control")
    return plugin in given


def switched_off(component: Component, plugin: str) -> bool:
    """Return whether an admission plugin is switched off by name."""
    return plugin in component.words("disable-admission-plugins")


def setting(
    component: Component, flag: str, path: str, *, config: Any = None, bare: Any = None
) -> Any:
    """Return a setting of a kubelet or kube-proxy: its flag's, its file's, or a default.

    *config* is the default where there is a configuration file, *bare* where there is none.
    """
    if flag and flag in component.flags:
        value = component.flags[flag]
        return {"true": True, "false": False}.get(value.lower(), value)
    if component.config is None:
        return bare
    found: Any = component.config
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return config if found is None else found


def authorizers(component: Component) -> tuple[str, ...]:
    """Return what authorizes requests, in order: by the API server's file, flag, or default."""
    if component.flag("authorization-config"):
        listed = entries(component.said("authorization-config").get("authorizers"))
        return tuple(str(item.get("type")) for item in listed if isinstance(item, dict))
    return component.words("authorization-mode", "AlwaysAllow")


def gates(component: Component) -> Iterator[tuple[str, bool, str]]:
    """Yield each feature gate that is set: its name, whether on, and the field of a file.

    A gate that flag and file both set is as the flag says.
    """
    found: dict[str, tuple[bool, str]] = {}
    held = (component.config or {}).get("featureGates")
    for name, value in held.items() if isinstance(held, dict) else ():
        found[str(name)] = (value is True, f"featureGates.{name}")
    for word in component.words("feature-gates"):
        name, _, given = word.partition("=")
        found[name.strip()] = (given.strip().lower() == "true", "")
    yield from ((name, on, at) for name, (on, at) in found.items())


def entries(value: Any) -> list[Any]:
    """Return the items of a list in a configuration; none for anything else."""
    return list(value) if isinstance(value, list | tuple) else []


def place(component: Component, flag: str, path: str) -> str:
    """Return the field path of a setting, or where it would be."""
    if flag in component.at or component.config is None:
        return component.where(flag)
    return path


def fault(
    component: Component,
    message: str,
    flag: str,
    *,
    want: str = "",
    path: str = "",
    severity: Severity | None = None,
) -> Violation:
    """Return that *message* is so of *component*; *want* is the value that the flag is to have."""
    at = place(component, flag, path) if path else component.where(flag)
    return Violation(
        f"{title(component)} {message}",
        at,
        key=flag or path,
        severity=severity,
        change=Change(
            at,
            _before(component, flag, path),
            want,
            f"Harden the settings of {component.name}",
        ),
    )


def _before(component: Component, flag: str, path: str) -> str:
    """Return what is set now, short; "" where nothing is."""
    if flag in component.flags:
        return f"--{flag}={component.flags[flag]}"[:80]
    found: Any = component.config if path else None
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    if found is None or isinstance(found, dict | list):
        return ""
    return str(found).lower()[:80] if isinstance(found, bool) else str(found)[:80]


def title(component: Component) -> str:
    """Return how messages name a component."""
    return f"{component.name} on {component.node}" if component.node else component.name


def pod(name: str, *flags: str) -> Example:
    """Return a static pod that starts a component with *flags*, as kubeadm writes it."""
    version = "3.5.21-0" if name == plane.ETCD else "v1.33.4"
    lines = "".join(f"    - --{flag}\n" for flag in flags)
    return Example(
        f"manifests/{name}.yaml",
        f"""\
apiVersion: v1
kind: Pod
metadata:
  name: {name}
  namespace: kube-system
spec:
  hostNetwork: true
  containers:
  - name: {name}
    image: registry.k8s.io/{name}:{version}
    command:
    - {name}
    - --v=2
{lines}""",
    )


def kubelet(text: str) -> Example:
    """Return a kubelet's configuration file."""
    head = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
    return Example("kubelet/config.yaml", head + text.lstrip("\n"))


def started(flag: str, value: str) -> Example:
    """Return kubeadm's configuration of a node whose kubelet is started with a flag."""
    return Example(
        "kubeadm.yaml",
        f"""\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
nodeRegistration:
  kubeletExtraArgs:
  - name: {flag}
    value: "{value}"
""",
    )


def made(version: str) -> Example:
    """Return kubeadm's configuration of a cluster of a release."""
    return Example(
        "kubeadm.yaml",
        "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
        f"kubernetesVersion: {version}\n",
    )


def scheduler(text: str) -> Example:
    """Return a kube-scheduler's configuration file."""
    head = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
    return Example("kube-scheduler/config.yaml", head + text.lstrip("\n"))


def proxy(text: str) -> Example:
    """Return a kube-proxy's configuration file."""
    head = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
    return Example("kube-proxy/config.yaml", head + text.lstrip("\n"))
