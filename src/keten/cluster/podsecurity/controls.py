"""The checks of the Pod Security Standards, each as it changed from version to version.

The sysctls and SELinux types that came later, and what ``hostUsers: false`` relaxes since v1.35,
are in the table of kubernetes.io/docs/concepts/security/pod-security-standards; Windows pods are
excused of what Linux alone can do since v1.25.
"""

from collections.abc import Callable, Iterator
from typing import Any

from keten.cluster.podsecurity.standard import Control, Fault, Level, Pod, Run
from keten.model.pod import Container, SecurityContext

_NONE = SecurityContext()
APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
PROFILES = ("RuntimeDefault", "Localhost")

ADDABLE = frozenset({
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
    "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
})  # fmt: skip
SYSCTLS = frozenset({
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start",
})  # fmt: skip
SYSCTLS_27 = SYSCTLS | {"net.ipv4.ip_local_reserved_ports"}
SYSCTLS_29 = SYSCTLS_27 | {
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
}  # fmt: skip
SYSCTLS_32 = SYSCTLS_29 | {"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"}
SELINUX = frozenset({"", "container_t", "container_init_t", "container_kvm_t"})
SELINUX_31 = SELINUX | {"container_engine_t"}
VOLUMES = (
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim",
    "projected", "secret",
)  # fmt: skip


def _contexts(pod: Pod) -> Iterator[tuple[str, SecurityContext]]:
    """Yield the pod's and each container's security context, where it has one."""
    if pod.spec.security_context is not None:
        yield "spec.securityContext", pod.spec.security_context
    for path, container in pod.spec.all_containers():
        if container.security_context is not None:
            yield f"spec.{path}.securityContext", container.security_context


def _containers(pod: Pod) -> Iterator[tuple[str, Container, SecurityContext]]:
    for path, container in pod.spec.all_containers():
        context = container.security_context or _NONE
        yield f"spec.{path}.securityContext", container, context


def _privileged(pod: Pod) -> Iterator[Fault]:
    for at, _, context in _containers(pod):
        if context.privileged:
            yield Fault(f"{at}.privileged", True)  # noqa: FBT003 the value that was found


def _host_namespaces(pod: Pod) -> Iterator[Fault]:
    spec = pod.spec
    for name, said in (
        ("hostNetwork", spec.host_network),
        ("hostPID", spec.host_pid),
        ("hostIPC", spec.host_ipc),
    ):
        if said:
            yield Fault(f"spec.{name}", said)


def _host_path_volumes(pod: Pod) -> Iterator[Fault]:
    for i, volume in enumerate(pod.spec.volumes):
        if volume.get("hostPath") is not None:
            yield Fault(f"spec.volumes[{i}].hostPath", volume["hostPath"])


def _host_ports(pod: Pod) -> Iterator[Fault]:
    """Report host ports; in the node's network every container port is one (the API's default)."""
    for path, container in pod.spec.all_containers():
        for i, port in enumerate(container.ports):
            said = port.get("hostPort")
            if pod.spec.host_network and not path.startswith("ephemeral"):
                said = said or port.get("containerPort")
            if said:
                yield Fault(f"spec.{path}.ports[{i}].hostPort", said)


def _apparmor(pod: Pod) -> Iterator[Fault]:
    for at, context in _contexts(pod):
        profile = context.app_armor_profile
        if profile is not None and profile.get("type") not in PROFILES:
            yield Fault(f"{at}.appArmorProfile.type", profile.get("type"))
    for name, said in sorted(pod.annotations.items()):
        fits = said in ("", "runtime/default") or said.startswith("localhost/")
        if name.startswith(APPARMOR) and not fits:
            yield Fault(f"metadata.annotations.{name}", said)


def _capabilities_baseline(pod: Pod) -> Iterator[Fault]:
    for at, _, context in _containers(pod):
        for i, name in enumerate(context.capabilities.add if context.capabilities else ()):
            if name not in ADDABLE:
                yield Fault(f"{at}.capabilities.add[{i}]", name)


def _capabilities_restricted(pod: Pod) -> Iterator[Fault]:
    for at, _, context in _containers(pod):
        drop = context.capabilities.drop if context.capabilities else ()
        if "ALL" not in drop:
            yield Fault(f"{at}.capabilities.drop", list(drop) or None)
        for i, name in enumerate(context.capabilities.add if context.capabilities else ()):
            if name != "NET_BIND_SERVICE":
                yield Fault(f"{at}.capabilities.add[{i}]", name)


def _selinux(types: frozenset[str]) -> Run:
    def run(pod: Pod) -> Iterator[Fault]:
        for at, context in _contexts(pod):
            options = context.se_linux_options or {}
            if (options.get("type") or "") not in types:
                yield Fault(f"{at}.seLinuxOptions.type", options["type"])
            for name in ("user", "role"):
                if options.get(name):
                    yield Fault(f"{at}.seLinuxOptions.{name}", options[name])

    return run


def _proc_mount(pod: Pod) -> Iterator[Fault]:
    for at, _, context in _containers(pod):
        if context.proc_mount is not None and context.proc_mount != "Default":
            yield Fault(f"{at}.procMount", context.proc_mount)


def _seccomp_annotations(pod: Pod) -> Iterator[Fault]:
    names = [SECCOMP_POD]
    names += (SECCOMP_CONTAINER + c.name for _, c in pod.spec.all_containers())
    for name in sorted(set(names)):
        said = pod.annotations.get(name)
        if said is not None and not (
            said in ("runtime/default", "docker/default") or said.startswith("localhost/")
        ):
            yield Fault(f"metadata.annotations.{name}", said)


def _seccomp_type(context: SecurityContext) -> Any:
    return (context.seccomp_profile or {}).get("type")


def _seccomp_baseline(pod: Pod) -> Iterator[Fault]:
    for at, context in _contexts(pod):
        if context.seccomp_profile is not None and _seccomp_type(context) not in PROFILES:
            yield Fault(f"{at}.seccompProfile.type", _seccomp_type(context))


def _seccomp_restricted(pod: Pod) -> Iterator[Fault]:
    around = pod.spec.security_context or _NONE
    if around.seccomp_profile is not None and _seccomp_type(around) not in PROFILES:
        yield Fault("spec.securityContext.seccompProfile.type", _seccomp_type(around))
    for at, _, context in _containers(pod):
        if context.seccomp_profile is not None:
            if _seccomp_type(context) not in PROFILES:
                yield Fault(f"{at}.seccompProfile.type", _seccomp_type(context))
        elif _seccomp_type(around) not in PROFILES:
            yield Fault(f"{at}.seccompProfile.type", None)


def _sysctls(allowed: frozenset[str]) -> Run:
    def run(pod: Pod) -> Iterator[Fault]:
        context = pod.spec.security_context or _NONE
        for i, item in enumerate(context.sysctls):
            if item.get("name", "") not in allowed:
                yield Fault(f"spec.securityContext.sysctls[{i}].name", item.get("name"))

    return run


def _windows_host_process(pod: Pod) -> Iterator[Fault]:
    for at, context in _contexts(pod):
        if (context.windows_options or {}).get("hostProcess"):
            yield Fault(f"{at}.windowsOptions.hostProcess", True)  # noqa: FBT003 what was found


def _host_probes(pod: Pod) -> Iterator[Fault]:
    for path, container in pod.spec.all_containers():
        handlers = [
            ("livenessProbe", container.liveness_probe),
            ("readinessProbe", container.readiness_probe),
            ("startupProbe", container.startup_probe),
        ]
        cycle = container.lifecycle or {}
        handlers += ((f"lifecycle.{name}", cycle.get(name)) for name in ("postStart", "preStop"))
        for name, handler in handlers:
            for way in ("httpGet", "tcpSocket"):
                asked = handler.get(way) if isinstance(handler, dict) else None
                host = asked.get("host") if isinstance(asked, dict) else None
                if host:
                    yield Fault(f"spec.{path}.{name}.{way}.host", host)


def _restricted_volumes(pod: Pod) -> Iterator[Fault]:
    """Report volumes of other kinds; one of no kind is an emptyDir (the API's default)."""
    for i, volume in enumerate(pod.spec.volumes):
        kinds = sorted(k for k, v in volume.items() if k != "name" and v is not None)
        if kinds and all(volume.get(kind) is None for kind in VOLUMES):
            yield Fault(f"spec.volumes[{i}].{kinds[0]}", kinds)


def _privilege_escalation(pod: Pod) -> Iterator[Fault]:
    for at, _, context in _containers(pod):
        if context.allow_privilege_escalation is not False:
            yield Fault(f"{at}.allowPrivilegeEscalation", context.allow_privilege_escalation)


def _non_root(pod: Pod) -> Iterator[Fault]:
    around = (pod.spec.security_context or _NONE).run_as_non_root
    if around is False:
        yield Fault("spec.securityContext.runAsNonRoot", around)
    for at, _, context in _containers(pod):
        own = context.run_as_non_root
        if own is False or (own is None and around is not True):
            yield Fault(f"{at}.runAsNonRoot", own)


def _user(pod: Pod) -> Iterator[Fault]:
    for at, context in _contexts(pod):
        if context.run_as_user == 0:
            yield Fault(f"{at}.runAsUser", 0)


def _unless(excused: Callable[[Pod], bool], run: Run) -> Run:
    return lambda pod: iter(()) if excused(pod) else run(pod)


def _windows(pod: Pod) -> bool:
    return pod.spec.windows


def _own_users(pod: Pod) -> bool:
    """Return whether the pod has a user namespace of its own: its root is nobody on the node."""
    return pod.spec.host_users is False


_B, _R = Level.BASELINE, Level.RESTRICTED
CONTROLS = (
    Control("appArmorProfile", _B, ((0, _apparmor),)),
    Control("capabilities_baseline", _B, ((0, _capabilities_baseline),)),
    Control("hostNamespaces", _B, ((0, _host_namespaces),)),
    Control("hostPathVolumes", _B, ((0, _host_path_volumes),)),
    Control("hostPorts", _B, ((0, _host_ports),)),
    Control("hostProbesAndHostLifecycle", _B, ((34, _host_probes),)),
    Control("privileged", _B, ((0, _privileged),)),
    Control("procMount", _B, ((0, _proc_mount), (35, _unless(_own_users, _proc_mount)))),
    Control("seLinuxOptions", _B, ((0, _selinux(SELINUX)), (31, _selinux(SELINUX_31)))),
    Control("seccompProfile_baseline", _B, ((0, _seccomp_annotations), (19, _seccomp_baseline))),
    Control(
        "sysctls",
        _B,
        (
            (0, _sysctls(SYSCTLS)),
            (27, _sysctls(SYSCTLS_27)),
            (29, _sysctls(SYSCTLS_29)),
            (32, _sysctls(SYSCTLS_32)),
        ),
    ),
    Control("windowsHostProcess", _B, ((0, _windows_host_process),)),
    Control(
        "allowPrivilegeEscalation",
        _R,
        ((8, _privilege_escalation), (25, _unless(_windows, _privilege_escalation))),
    ),
    Control(
        "capabilities_restricted",
        _R,
        ((22, _capabilities_restricted), (25, _unless(_windows, _capabilities_restricted))),
        instead="capabilities_baseline",
    ),
    Control("procMount_restricted", _R, ((35, _proc_mount),), instead="procMount"),
    Control("restrictedVolumes", _R, ((0, _restricted_volumes),), instead="hostPathVolumes"),
    Control("runAsNonRoot", _R, ((0, _non_root), (35, _unless(_own_users, _non_root)))),
    Control("runAsUser", _R, ((23, _user), (35, _unless(_own_users, _user)))),
    Control(
        "seccompProfile_restricted",
        _R,
        ((19, _seccomp_restricted), (25, _unless(_windows, _seccomp_restricted))),
        instead="seccompProfile_baseline",
    ),
)
