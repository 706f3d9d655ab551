"""The pod template and what hangs off it, with Kubernetes' own field names in JSON.

Only the fields that some check asks for are named; the rest of an object is not kept.
Source: the Kubernetes API reference, core/v1.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field


class Capabilities(Struct, frozen=True, omit_defaults=True):
    """Linux capabilities, as written (``ALL``, ``NET_ADMIN``)."""

    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


class SecurityContext(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A container's or pod's security context; None is "not set", which is not false."""

    privileged: bool | None = None
    allow_privilege_escalation: bool | None = None
    run_as_non_root: bool | None = None
    run_as_user: int | None = None
    run_as_group: int | None = None
    fs_group: int | None = None
    supplemental_groups: tuple[int, ...] = ()
    read_only_root_filesystem: bool | None = None
    proc_mount: str | None = None
    capabilities: Capabilities | None = None
    seccomp_profile: dict[str, Any] | None = None
    app_armor_profile: dict[str, Any] | None = None
    se_linux_options: dict[str, Any] | None = None
    windows_options: dict[str, Any] | None = None
    sysctls: tuple[dict[str, Any], ...] = ()


class EnvVar(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One environment variable; *value_from* as in the API."""

    name: str = ""
    value: str = ""
    value_from: dict[str, Any] | None = None


class Resources(Struct, frozen=True, omit_defaults=True):
    """Requests and limits as quantity texts."""

    requests: dict[str, Any] = {}
    limits: dict[str, Any] = {}


class Container(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A container, init container or ephemeral container."""

    name: str = ""
    image: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[EnvVar, ...] = ()
    env_from: tuple[dict[str, Any], ...] = ()
    ports: tuple[dict[str, Any], ...] = ()
    resources: Resources = Resources()
    security_context: SecurityContext | None = None
    liveness_probe: dict[str, Any] | None = None
    readiness_probe: dict[str, Any] | None = None
    startup_probe: dict[str, Any] | None = None
    lifecycle: dict[str, Any] | None = None
    volume_mounts: tuple[dict[str, Any], ...] = ()
    volume_devices: tuple[dict[str, Any], ...] = ()
    image_pull_policy: str = ""
    restart_policy: str = ""
    stdin: bool = False
    tty: bool = False


class PodSpec(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A pod's specification."""

    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    ephemeral_containers: tuple[Container, ...] = ()
    volumes: tuple[dict[str, Any], ...] = ()
    security_context: SecurityContext | None = None
    service_account_name: str = ""
    service_account: str = ""
    automount_service_account_token: bool | None = None
    host_network: bool = False
    host_pid: bool = field(default=False, name="hostPID")
    host_ipc: bool = field(default=False, name="hostIPC")
    host_users: bool | None = None
    share_process_namespace: bool = False
    node_name: str = ""
    node_selector: dict[str, str] = {}
    affinity: dict[str, Any] | None = None
    tolerations: tuple[dict[str, Any], ...] = ()
    topology_spread_constraints: tuple[dict[str, Any], ...] = ()
    runtime_class_name: str = ""
    priority_class_name: str = ""
    image_pull_secrets: tuple[dict[str, Any], ...] = ()
    restart_policy: str = ""
    dns_policy: str = ""
    host_aliases: tuple[dict[str, Any], ...] = ()
    os: dict[str, Any] | None = None
    termination_grace_period_seconds: int | None = None
    active_deadline_seconds: int | None = None

    def all_containers(self) -> Iterator[tuple[str, Container]]:
        """Yield each container with its field path below the pod spec, init containers first."""
        for i, container in enumerate(self.init_containers):
            yield f"initContainers[{i}]", container
        for i, container in enumerate(self.containers):
            yield f"containers[{i}]", container
        for i, container in enumerate(self.ephemeral_containers):
            yield f"ephemeralContainers[{i}]", container

    @property
    def windows(self) -> bool:
        """Return whether the pod says that it is for Windows nodes."""
        return bool(self.os) and (self.os or {}).get("name") == "windows"
