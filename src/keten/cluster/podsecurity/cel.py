"""The checks of the Pod Security Standards as CEL, for a ValidatingAdmissionPolicy.

Each expression is what ``controls`` judges, over the variables that ``cluster.admission`` gives
it: ``spec`` (the pod's), ``annotations`` (the pod's), ``containers`` (all of them), ``around``
(the pod's security context, or an empty map). Source of the language:
kubernetes.io/docs/reference/using-api/cel.
"""

from keten.cluster.podsecurity import controls as said

_EACH = "variables.containers.all(c, {})"
_CONTEXT = "c.?securityContext"
_AROUND = "variables.spec.?securityContext"


def _listed(words: "frozenset[str] | tuple[str, ...]") -> str:
    return "[" + ", ".join(f'"{word}"' for word in sorted(words)) + "]"


_PROFILES = _listed(said.PROFILES)


def _both(template: str) -> str:
    """Return *template* asked of the pod's context and of each container's."""
    here = template.format(_AROUND)
    return f"{here} && {_EACH.format(template.format(_CONTEXT))}"


def _selinux(types: frozenset[str]) -> str:
    kind = f'{{0}}.?seLinuxOptions.?type.orValue("") in {_listed(types)}'
    rest = (f'{{0}}.?seLinuxOptions.?{name}.orValue("") == ""' for name in ("user", "role"))
    return " && ".join(_both(one) for one in (kind, *rest))


def _sysctls(allowed: frozenset[str]) -> str:
    return f"{_AROUND}.?sysctls.orValue([]).all(s, s.name in {_listed(allowed)})"


def _annotation(key: str) -> str:
    value = f"variables.annotations[{key}]"
    return (
        f"(!({key} in variables.annotations) || "
        f'{value} in ["runtime/default", "docker/default"] || {value}.startsWith("localhost/"))'
    )


def _hosts() -> str:
    handlers = [
        f"{where}.?{way}"
        for where in (
            "?livenessProbe",
            "?readinessProbe",
            "?startupProbe",
            "?lifecycle.?postStart",
            "?lifecycle.?preStop",
        )
        for way in ("httpGet", "tcpSocket")
    ]
    return _EACH.format(" && ".join(f'c.{one}.?host.orValue("") == ""' for one in handlers))


def _unless(excused: str, expression: str) -> str:
    return f"{excused} || ({expression})"


_WINDOWS = 'variables.spec.?os.?name.orValue("") == "windows"'
_OWN_USERS = "variables.spec.?hostUsers.orValue(true) == false"
_PROC_MOUNT = _EACH.format(f'{_CONTEXT}.?procMount.orValue("Default") == "Default"')
_ESCALATION = _EACH.format(f"{_CONTEXT}.?allowPrivilegeEscalation.orValue(true) == false")
_ADD = f"{_CONTEXT}.?capabilities.?add.orValue([])"
_DROP = f"{_CONTEXT}.?capabilities.?drop.orValue([])"
_CAPABILITIES = _EACH.format(f'{_ADD}.all(x, x == "NET_BIND_SERVICE") && "ALL" in {_DROP}')
_TYPE = "?seccompProfile.?type.orValue"
_SECCOMP = f'{_AROUND}.{_TYPE}("RuntimeDefault") in {_PROFILES} && ' + _EACH.format(
    f'{_CONTEXT}.{_TYPE}({_AROUND}.{_TYPE}("")) in {_PROFILES}'
)
_NON_ROOT = f"{_AROUND}.?runAsNonRoot.orValue(true) && " + _EACH.format(
    f"{_CONTEXT}.?runAsNonRoot.orValue({_AROUND}.?runAsNonRoot.orValue(false))"
)
_USER = _both("{0}.?runAsUser.orValue(1) != 0")
_APPARMOR = _both(f'{{0}}.?appArmorProfile.?type.orValue("RuntimeDefault") in {_PROFILES}') + (
    f' && variables.annotations.all(k, !k.startsWith("{said.APPARMOR}")'
    ' || variables.annotations[k] in ["", "runtime/default"]'
    ' || variables.annotations[k].startsWith("localhost/"))'
)
_PORTS = _EACH.format(
    "c.?ports.orValue([]).all(p, p.?hostPort.orValue(0) == 0"
    " && (!variables.spec.?hostNetwork.orValue(false) || p.?containerPort.orValue(0) == 0))"
)
_VOLUMES = "variables.spec.?volumes.orValue([]).all(v, {})"

EXPRESSIONS: dict[str, tuple[tuple[int, str], ...]] = {
    "appArmorProfile": ((0, _APPARMOR),),
    "capabilities_baseline": ((0, _EACH.format(f"{_ADD}.all(x, x in {_listed(said.ADDABLE)})")),),
    "hostNamespaces": (
        (
            0,
            " && ".join(
                f"!variables.spec.?{name}.orValue(false)"
                for name in ("hostNetwork", "hostPID", "hostIPC")
            ),
        ),
    ),
    "hostPathVolumes": ((0, _VOLUMES.format("!has(v.hostPath)")),),
    "hostPorts": ((0, _PORTS),),
    "hostProbesAndHostLifecycle": ((34, _hosts()),),
    "privileged": ((0, _EACH.format(f"!{_CONTEXT}.?privileged.orValue(false)")),),
    "procMount": ((0, _PROC_MOUNT), (35, _unless(_OWN_USERS, _PROC_MOUNT))),
    "seLinuxOptions": ((0, _selinux(said.SELINUX)), (31, _selinux(said.SELINUX_31))),
    "seccompProfile_baseline": (
        (
            0,
            _annotation(f'"{said.SECCOMP_POD}"')
            + " && "
            + _EACH.format(_annotation(f'"{said.SECCOMP_CONTAINER}" + c.name')),
        ),
        (19, _both(f'{{0}}.{_TYPE}("RuntimeDefault") in {_PROFILES}')),
    ),
    "sysctls": (
        (0, _sysctls(said.SYSCTLS)),
        (27, _sysctls(said.SYSCTLS_27)),
        (29, _sysctls(said.SYSCTLS_29)),
        (32, _sysctls(said.SYSCTLS_32)),
    ),
    "windowsHostProcess": ((0, _both("!{0}.?windowsOptions.?hostProcess.orValue(false)")),),
    "allowPrivilegeEscalation": ((8, _ESCALATION), (25, _unless(_WINDOWS, _ESCALATION))),
    "capabilities_restricted": ((22, _CAPABILITIES), (25, _unless(_WINDOWS, _CAPABILITIES))),
    "procMount_restricted": ((35, _PROC_MOUNT),),
    "restrictedVolumes": (
        (0, _VOLUMES.format(" || ".join(f"has(v.{kind})" for kind in said.VOLUMES))),
    ),
    "runAsNonRoot": ((0, _NON_ROOT), (35, _unless(_OWN_USERS, _NON_ROOT))),
    "runAsUser": ((23, _USER), (35, _unless(_OWN_USERS, _USER))),
    "seccompProfile_restricted": ((19, _SECCOMP), (25, _unless(_WINDOWS, _SECCOMP))),
}
"""Check id to (first minor version, expression); the versions are those of ``controls``."""

ASKS = {
    "appArmorProfile": "appArmorProfile must be RuntimeDefault or Localhost, if it is set",
    "capabilities_baseline": "no capabilities may be added beyond the runtime's default set",
    "hostNamespaces": "hostNetwork, hostPID and hostIPC must not be true",
    "hostPathVolumes": "no volume may be a hostPath",
    "hostPorts": "no container may take a port of the node (hostPort)",
    "hostProbesAndHostLifecycle": "no probe or lifecycle handler may set host",
    "privileged": "no container may be privileged",
    "procMount": "procMount must be Default",
    "seLinuxOptions": "seLinuxOptions may set no user, no role, and no type but a container's",
    "seccompProfile_baseline": "seccompProfile must be RuntimeDefault or Localhost, if it is set",
    "sysctls": "only safe sysctls may be set",
    "windowsHostProcess": "windowsOptions.hostProcess must not be true",
    "allowPrivilegeEscalation": "each container must set allowPrivilegeEscalation: false",
    "capabilities_restricted": (
        "each container must drop ALL capabilities, and may add NET_BIND_SERVICE only"
    ),
    "procMount_restricted": "procMount must be Default",
    "restrictedVolumes": (
        "volumes may be configMap, csi, downwardAPI, emptyDir, ephemeral, image, "
        "persistentVolumeClaim, projected or secret"
    ),
    "runAsNonRoot": "the pod or each container must set runAsNonRoot: true, and none false",
    "runAsUser": "runAsUser must not be 0",
    "seccompProfile_restricted": (
        "the pod or each container must set seccompProfile to RuntimeDefault or Localhost"
    ),
}
"""Check id to what it asks, as who applied the pod is told."""


def expression(check: str, minor: int) -> str:
    """Return what *check* asks at policy v1.*minor*: true where the pod passes."""
    return [text for first, text in EXPRESSIONS[check] if first <= minor][-1]
