"""Peers that are no workload of Kubernetes' own, and the networks that users define."""

import json
from typing import Any

from network_manifests import Shown, document, namespace, netpol, objects, pod

from keten.cluster.network.reach import Network
from keten.model.kube import Workload

ALL, NO = "All Connections", "No Connections"
_PRIMARY = "k8s.ovn.org/primary-user-defined-network"


def instance(**more: Any) -> dict[str, Any]:
    """Return the spec of a virtual machine's instance."""
    interface = {"name": "d", "masquerade": {}, "ports": [{"name": "http", "port": 8080}]}
    return {"domain": {"devices": {"interfaces": [interface]}}, **more}


def machine(kind: str, name: str, *, owner: str = "", **labels: str) -> str:
    """Return an object of KubeVirt that makes machines."""
    template = {"metadata": {"labels": labels}, "spec": instance()}
    spec: dict[str, Any] = {"template": template}
    if kind == "VirtualMachineInstance":
        made = document("kubevirt.io/v1", kind, name, instance(), labels=labels)
        if owner:
            kind_, _, own = owner.partition("/")
            refs = f"[{{apiVersion: kubevirt.io/v1, kind: {kind_}, name: {own}, uid: u, "
            made = made.replace(
                "metadata:", f"metadata:\n  ownerReferences: {refs}controller: true}}]"
            )
        return made
    if kind == "VirtualMachinePool":
        spec = {"virtualMachineTemplate": {"spec": {"template": template}}}
        return document("pool.kubevirt.io/v1beta1", kind, name, spec)
    return document("kubevirt.io/v1", kind, name, spec)


def titles(*parts: str) -> list[str]:
    return [peer.title for peer in Network(objects("".join(parts))).peers]


def test_machines_of_every_kind_are_peers() -> None:
    parts = [
        machine("VirtualMachine", "vms/one", app="one"),
        machine("VirtualMachineInstance", "vms/two", app="two"),
        machine("VirtualMachineInstanceReplicaSet", "vms/three", app="three"),
        machine("VirtualMachinePool", "vms/four", app="four"),
    ]
    assert titles(*parts) == [
        "vms/four[VirtualMachinePool]",
        "vms/one[VirtualMachine]",
        "vms/three[VirtualMachineInstanceReplicaSet]",
        "vms/two[VirtualMachineInstance]",
    ]
    policy = netpol(
        "vms/p",
        """
podSelector: {matchLabels: {kubevirt.io: virt-launcher}}
ingress: [{from: [{podSelector: {matchLabels: {vm.kubevirt.io/name: one}}}], ports: [{port: http}]}]
""",
    )
    shown = Shown(*parts, policy)
    assert shown.ports("vms/one", "vms/four") == "TCP 8080"
    assert shown.ports("vms/two", "vms/four") == NO


def test_an_instance_is_its_machine_and_live_pods_speak_for_both() -> None:
    made = machine("VirtualMachine", "vms/one", app="one")
    live = machine("VirtualMachineInstance", "vms/one", owner="VirtualMachine/one", app="one")
    assert titles(made, live) == ["vms/one[VirtualMachine]"]
    assert titles(live) == ["vms/one[VirtualMachine]"]
    launcher = pod(
        "vms/virt-launcher-one-x", {"app": "one", "kubevirt.io/created-by": "u"}
    ).replace(
        "metadata:",
        "metadata:\n  ownerReferences: [{apiVersion: kubevirt.io/v1, kind: VirtualMachineInstance, "
        "name: one, uid: u, controller: true}]",
    )
    assert titles(made, live, launcher) == ["vms/one[VirtualMachine]"]
    (peer,) = Network(objects(made + live + launcher)).peers
    assert dict(peer.labels) == {"app": "one"}


def test_templates_of_others_controllers_are_peers() -> None:
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {
            "serviceAccountName": "web",
            "containers": [{"name": "c", "ports": [{"name": "http", "containerPort": 8080}]}],
        },
    }
    parts = [
        document("apps.openshift.io/v1", "DeploymentConfig", "shop/web", {"template": template}),
        document("argoproj.io/v1alpha1", "Rollout", "shop/api", {"template": template}),
        document("example.com/v1", "Rollout", "shop/none", {"template": template}),
    ]
    shown = Shown(*parts)
    assert [peer.title for peer in shown.network.peers] == [
        "shop/api[Rollout]", "shop/web[DeploymentConfig]",
    ]  # fmt: skip
    assert {peer.account for peer in shown.network.peers} == {"web"}
    assert shown.network.peers[0].named == (("http", "TCP", 8080),)


def attachment(name: str, network: str, owner: str = "", role: str = "primary") -> str:
    """Return a NetworkAttachmentDefinition of OVN-Kubernetes."""
    said = json.dumps({"type": "ovn-k8s-cni-overlay", "name": network, "role": role})
    made = document("k8s.cni.cncf.io/v1", "NetworkAttachmentDefinition", name, {"config": said})
    if owner:
        refs = f"[{{apiVersion: k8s.ovn.org/v1, kind: UserDefinedNetwork, name: {owner}, uid: u, "
        made = made.replace("metadata:", f"metadata:\n  ownerReferences: {refs}controller: true}}]")
    return made


def test_a_primary_definition_takes_the_pod_networks_place() -> None:
    parts = [
        namespace("blue", **{_PRIMARY: ""}),
        namespace("teal", **{_PRIMARY: ""}),
        namespace("plain"),
        pod("blue/a"),
        pod("teal/b"),
        pod("plain/c"),
        attachment("blue/net", "tenant"),
        attachment("teal/net", "tenant"),
        attachment("plain/net", "tenant"),  # its namespace has no label
    ]
    shown = Shown(*parts)
    assert [net.title for net in shown.network.networks] == ["pod-network", "tenant[NAD]"]
    assert shown.ports("blue/a", "teal/b") == ALL
    assert shown.ports("blue/a", "plain/c") == NO


def test_what_a_user_defined_network_made_is_that_network() -> None:
    spec = {"topology": "Layer2", "layer2": {"role": "Primary", "subnets": ["10.9.0.0/16"]}}
    parts = [
        namespace("blue", **{_PRIMARY: ""}),
        pod("blue/a"),
        pod("blue/host", hostNetwork=True),
        document("k8s.ovn.org/v1", "UserDefinedNetwork", "blue/net", spec),
        attachment("blue/net", "blue_net", owner="net"),
    ]
    shown = Shown(*parts)
    assert [net.title for net in shown.network.networks] == ["pod-network", "blue[UDN]"]
    own, udn = shown.network.networks
    assert own.members.bit_count() == 1  # a pod in its node's network is in none of users'
    assert udn.members.bit_count() == 1


def test_what_is_not_followed_is_told() -> None:
    route = document("traefik.io/v1alpha1", "IngressRoute", "shop/r", {"routes": []})
    join = document("k8s.ovn.org/v1", "ClusterNetworkConnect", "c", {})
    assert Shown(pod("shop/a"), route, join).network.notes == [
        "ClusterNetworkConnect c: it joins networks, which are taken to be apart",
        "IngressRoute shop/r: routes of traefik.io are not read: what they serve is not shown",
    ]


def test_a_pod_that_has_ended_runs_nowhere() -> None:
    def live(name: str, phase: str) -> str:
        status = f"status: {{phase: {phase}, podIPs: [{{ip: 10.0.0.7}}]}}\n---\n"
        made = pod(name, nodeName="n1").replace("---\n", status)
        return made.replace("metadata:", "metadata:\n  uid: u")

    running, ended = objects(live("shop/a", "Running") + live("shop/b", "Succeeded"))
    assert isinstance(running, Workload)
    assert isinstance(ended, Workload)
    assert (running.nodes, running.pod_ips) == (("n1",), ("10.0.0.7",))
    assert (ended.nodes, ended.pod_ips) == ((), ())
