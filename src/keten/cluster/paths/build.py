"""The graph of what an intruder can do next, made of what one cluster's objects say.

Points that stand for many (everything in a namespace, everyone a policy lets in) keep the graph
about as large as the cluster, not as the pairs of it.
"""

from collections.abc import Iterable, Iterator, Mapping

from keten.cluster import components
from keten.cluster.network.exposure import from_internet, to_metadata
from keten.cluster.network.networks import Net
from keten.cluster.network.peers import DEFAULT, Peer
from keten.cluster.network.ports import Ports
from keten.cluster.network.reach import NO, Network
from keten.cluster.network.selection import members
from keten.cluster.paths.escapes import escapes
from keten.cluster.paths.gains import gained, leading
from keten.cluster.paths.graph import FOREVER, Graph
from keten.cluster.paths.narrowing import Wanted, narrowing, wanted
from keten.cluster.paths.platform import CLOUDS, CONTROL, LINKED, TOKEN
from keten.cluster.paths.terms import (
    ANONYMOUS,
    ASSUMED,
    CLUSTER,
    INTERNET,
    NODES,
    SECRETS,
    UNSURE,
    Change,
    Means,
    Point,
    Step,
    Weakness,
)
from keten.cluster.podsecurity.namespaces import setting
from keten.cluster.podsecurity.standard import Level
from keten.cluster.rbac.requests import ANONYMOUS as NOBODY
from keten.cluster.rbac.requests import account, user
from keten.cluster.rbac.rights import Ground, Rights
from keten.cluster.rbac.risks import Risk, Risks
from keten.cluster.references import read_by
from keten.model.kube import (
    Cluster,
    Namespace,
    Object,
    Resource,
    Secret,
    ServiceAccount,
    Workload,
)


class Built:
    """The graph of one cluster. *weak* is what is known of workloads' images, by their refs.

    *assume*: whatever listens has a fault that nobody knows of yet; without it, only known
    vulnerabilities let an intruder in. *spared* are the cluster's own parts, unless served.
    """

    def __init__(
        self,
        objects: Iterable[Object],
        *,
        listed: Cluster | None = None,
        weak: Mapping[str, tuple[Weakness, ...]] | None = None,
        assume: bool = True,
        network: Network | None = None,
        rights: Rights | None = None,
    ) -> None:
        self.objects = tuple(objects)
        self.graph: Graph[Point, Step] = Graph()
        self.network = network or Network(self.objects)
        self.rights = rights or Rights(self.objects)
        self.listed = listed
        self.weak = weak or {}
        self.assume = assume
        self.spared: list[str] = []
        self._by_ref = {o.ref: o for o in self.objects}
        self._workloads = {o.ref: o for o in self.objects if isinstance(o, Workload)}
        self._accounts = {
            (o.namespace or DEFAULT, o.name): o
            for o in self.objects
            if isinstance(o, ServiceAccount)
        }
        self.pods: dict[str, Peer] = {}
        self.spaces: set[str] = set()
        self._nodes: dict[str, set[str]] = {}
        for peer in self.network.peers:
            self.pods[peer.title] = peer
            self.spaces.add(peer.namespace)
        self.spaces.update(space for space, _ in self._accounts)
        self._namespaces = {o.name: o for o in self.objects if isinstance(o, Namespace)}
        self.spaces.update(self._namespaces)
        self._entries()
        for peer in self.network.peers:
            self._pod(peer)
        self._traffic()
        self._rights()
        self._secrets()
        self._machines()

    def _add(
        self, src: Point, dst: Point, step: Step, effort: int = 1, *, free: bool = False
    ) -> None:
        """Add a step; what is not sure is harder. *free* steps are no more than words."""
        cost = step.change.cost if step.change else FOREVER
        effort = 0 if free else effort + (0 if step.sure else UNSURE)
        self.graph.add(src, dst, step, effort=effort, cost=cost)

    # --- the way in ---

    def _entries(self) -> None:
        for way in from_internet(self.network):
            title = way.peer.title
            sure = bool(way.flow.sure)
            ports = (way.flow.sure if sure else way.flow.may).text
            step = Step(
                f"the Internet reaches {title} through {way.by} ({ports})",
                way.ref,
                sure=sure,
                change=Change(Means.ENTRY, way.ref, f"Close {way.by}"),
                label=way.by.rpartition("/")[0].partition(" ")[0] or way.by,
            )
            self._add(INTERNET, ("reach", title), step)
        step = Step("the API server answers whoever reaches it", sure=False, label="API server")
        self._add(INTERNET, ANONYMOUS, step)

    def _pod(self, peer: Peer) -> None:
        reach: Point = ("reach", peer.title)
        code: Point = ("code", peer.title)
        served = self.graph.has(reach)  # by what the Internet reaches: the rest comes later
        workloads = [self._workloads[ref] for ref in peer.refs if ref in self._workloads]
        if self.assume and not served and any(map(components.workload, workloads)):
            self.spared.append(peer.title)
        elif self.assume:
            said = f"a fault nobody knows of yet in {peer.title} runs the intruder's code"
            self._add(reach, code, Step(said, assumed=True), ASSUMED)
        for weakness in sorted({w for one in workloads for w in self.weak.get(one.ref, ())}):
            self._weakness(reach, code, peer, weakness)
        for workload in workloads[:1]:
            self._inside(code, peer, workload)
            for node in workload.nodes:
                self._nodes.setdefault(node, set()).add(peer.title)
        flow = to_metadata(self.network, peer) if self._cloud() else NO
        if flow.may:
            title = f"Keep {peer.title} from 169.254.169.254 (NetworkPolicy)"
            step = Step(
                f"{peer.title} can ask 169.254.169.254 for the node's credentials",
                peer.refs[0] if peer.refs else "",
                sure=bool(flow.sure),
                change=Change(Means.METADATA, peer.title, title),
                label="169.254.169.254",
            )
            self._add(code, ("cloud", "the node's identity"), step, 2)

    def _weakness(self, reach: Point, code: Point, peer: Peer, known: Weakness) -> None:
        used = ", used in attacks" if known.exploited else ""
        title = f"Upgrade {known.package} of {peer.title} to {known.fixed}"
        change = Change(Means.UPGRADE, known.id, title) if known.fixed else None
        told = f" ({known.source})" if known.source else ""
        text = f"{known.id} in {known.package} of {peer.title} runs the intruder's code{used}{told}"
        self._add(reach, code, Step(text, change=change, label=known.id), known.effort)

    def _cloud(self) -> bool:
        return self.listed is not None and self.listed.provider.upper() in CLOUDS

    def _inside(self, code: Point, peer: Peer, workload: Workload) -> None:
        """Add what code in a pod has at hand: its token, its secrets, the node."""
        name = workload.pod.service_account_name or workload.pod.service_account or "default"
        space = peer.namespace
        if self._mounted(workload, space, name):
            title = f"Mount no token in {workload.title}"
            used = any(True for _ in self.rights.everything(account(space, name)))
            means = Means.USED_TOKEN if used else Means.TOKEN
            step = Step(
                f"the token of ServiceAccount {space}/{name} is mounted in {peer.title}",
                workload.ref,
                f"{workload.pod_path}.automountServiceAccountToken",
                change=Change(means, workload.ref, title),
                label="mounted token",
            )
            self._add(code, ("account", space, name), step)
        for kind, secret in sorted(set(read_by(workload))):
            if kind == "secret":
                told = f"{peer.title} reads Secret {space}/{secret}"
                said = Step(told, workload.ref, label="reads")
                self._add(code, ("secret", space, secret), said)
        ways = sorted(escapes(workload), key=lambda way: (way.effort, way.field))
        if ways:
            given = ", ".join(dict.fromkeys(way.label for way in ways))
            title = f"Take from {workload.title} what leads to its node: {given}"
            change = Change(Means.HARDEN, workload.ref, title)
            step = Step(
                f"{ways[0].text}: out of {peer.title} to its node",
                workload.ref,
                f"{workload.pod_path}.{ways[0].field}",
                change=change,
                label=ways[0].label,
            )
            for node in workload.nodes or ("",):
                self._add(code, ("out", peer.title), step, ways[0].effort)
                self._add(("out", peer.title), ("node", node), Step(""), free=True)

    def _mounted(self, workload: Workload, space: str, name: str) -> bool:
        said = workload.pod.automount_service_account_token
        if said is None:
            known = self._accounts.get((space, name))
            said = known.automount if known else None
        return said is not False

    # --- from pod to pod ---

    def _traffic(self) -> None:
        """Add who may send to whom, by classes of pods that policies treat alike.

        What every class may send to is said once, so that an open cluster is not the square of
        its classes.
        """
        network = self.network
        for net in network.networks:
            rows = dict(network.rows(net))
            chosen = 0
            for rep in rows:
                chosen |= 1 << rep
                hub: Point = ("sends", net.title, str(rep))
                to: Point = ("hears", net.title, str(rep))
                self._add(hub, ("sends", net.title, ""), Step(""), free=True)
                for peer in self._alike(net, rep):
                    self._add(("code", peer.title), hub, Step(""), free=True)
                    step = Step(f"network policies let it reach {peer.title}", label="network")
                    self._add(to, ("inside", peer.title), step, free=True)
            common: dict[tuple[Ports, Ports], int] = {}
            for number, row in enumerate(rows.values()):
                if not number:
                    common = {key: who & chosen for key, who in row.items()}
                common = {key: who & row.get(key, 0) for key, who in common.items()}
            self._flows(net, "", common)
            for rep, row in rows.items():
                rest = {key: who & chosen & ~common.get(key, 0) for key, who in row.items()}
                self._flows(net, str(rep), rest)
        for peer in network.peers:
            inside: Point = ("inside", peer.title)
            if self.graph.has(inside):
                change = Change(
                    Means.POLICY, peer.title, f"Keep other pods from {peer.title} (NetworkPolicy)"
                )
                step = Step("", peer.refs[0] if peer.refs else "", change=change)
                self._add(inside, ("reach", peer.title), step, free=True)

    def _alike(self, net: Net, rep: int) -> Iterator[Peer]:
        for place in members(self.network.same(net, rep)):
            for peer in self.network.pods.of_shape[place]:
                if peer is not self.network.controller:
                    yield peer

    def _flows(self, net: Net, sender: str, row: Mapping[tuple[Ports, Ports], int]) -> None:
        for (sure, _), who in row.items():
            for rep in members(who):
                step = Step("", sure=bool(sure))
                to: Point = ("hears", net.title, str(rep))
                self._add(("sends", net.title, sender), to, step)

    # --- rights ---

    def _rights(self) -> None:
        risks = Risks(self.rights)
        holders = set(self._accounts)
        holders |= {(p[1], p[2]) for p in self.graph.points if p[0] == "account"}
        held: list[tuple[Point, list[Risk]]] = []
        for space, name in sorted(holders):
            holder: Point = ("account", space, name)
            self._add(("accounts", space), holder, Step(f"it takes ServiceAccount {space}/{name}"))
            self._add(("account-named", space, name), holder, Step(""), free=True)
            self._add(("account-named", "", name), holder, Step(""), free=True)
            held.append((holder, leading(risks.of(account(space, name)))))
            linked = self._accounts.get((space, name))
            if linked is not None:
                self._linked(holder, linked)
        held.append((ANONYMOUS, leading(risks.of(user(NOBODY)))))
        taken = wanted(risk for _, found in held for risk in found)
        self._gates: set[tuple[Point, ...]] = set()
        self._narrowed: dict[tuple[str, str, int], Change | None] = {}
        for holder, found in held:
            self._held(holder, found, taken)
        for space in sorted(self.spaces):
            self._space(space)
        said = "it mounts any secret in a pod of its own"
        self._add(("run", ""), SECRETS, Step(said))
        said = "it runs a pod with the node's disk, and none refuses it"
        self._add(("run", ""), NODES, Step(said, sure=False), 2)

    def _held(self, holder: Point, found: Iterable[Risk], taken: Wanted) -> None:
        """Add where dangerous rights lead: through what gives them, which is one change."""
        for risk in found:
            ground = risk.grounds[0]
            change = self._narrowing(ground, taken)
            binding = ground.binding
            gate: Point = ("bound", binding.id, ground.role.id)
            if change is not None and change.means is Means.BINDING:
                gate = (*gate, str(change.parts[0].index))
            if len({ground.binding.id for ground in risk.grounds}) > 1:
                gate = (*gate, *holder)  # others whom the first names may lack the second
            if (holder, gate) not in self._gates:
                self._gates.add((holder, gate))
                self._add(holder, gate, Step("", binding.ref), free=True)
                if (gate,) not in self._gates:
                    self._gates.add((gate,))
                    self._add(gate, (*gate, "held"), Step("", change=change), free=True)
            where = f" in {risk.namespace}" if risk.namespace else ""
            text = f"{binding.title} lets it {risk.danger.may}{where} ({ground.role.title})"
            for target, effort in gained(risk):
                if (gate, target) not in self._gates:
                    self._gates.add((gate, target))
                    step = Step(text, binding.ref, change=change, label=risk.danger.may)
                    self.graph.add((*gate, "held"), target, step, effort=effort, cost=FOREVER)

    def _narrowing(self, ground: Ground, taken: Wanted) -> Change | None:
        binding = ground.binding
        key = (binding.id, ground.role.id, binding.subjects.index(ground.subject))
        if key not in self._narrowed:
            self._narrowed[key] = narrowing(ground, taken, self.rights, self._by_ref)
        return self._narrowed[key]

    def _linked(self, holder: Point, linked: ServiceAccount) -> None:
        for key in LINKED:
            identity = linked.annotations.get(key)
            if identity:
                step = Step(
                    f"{linked.title} is the cloud's {identity}",
                    linked.ref,
                    f'metadata.annotations["{key}"]',
                    change=Change(Means.CLOUD, linked.ref, f"Unlink {linked.title} from the cloud"),
                )
                self._add(holder, ("cloud", identity), step)

    def _space(self, space: str) -> None:
        """Add what whoever may do a thing in all of a namespace, or everywhere, has there."""
        for kind in ("accounts", "run", "all-of"):
            self._add((kind, ""), (kind, space), Step(""), free=True)
        run: Point = ("run", space)
        everything: Point = ("all-of", space)
        self._add(everything, run, Step(""), free=True)
        self._add(everything, ("pods", space), Step(""), free=True)
        self._add(everything, ("secrets", space), Step(""), free=True)
        self._add(run, ("accounts", space), Step(f"it runs a pod of its own in {space}"))
        self._add(run, ("secrets", space), Step(f"it mounts the secrets of {space} in a pod"))
        known = self._namespaces.get(space)
        enforced = setting(known.labels, "enforce").level if known else None
        if enforced in (None, Level.PRIVILEGED):
            change = Change(
                Means.ENFORCE, space, f"Enforce the Pod Security Standard baseline in {space}"
            )
            said = f"a privileged pod of its own in {space} takes the node"
            step = Step(said, sure=known is not None, change=change)
            self._add(run, ("node", ""), step, 2)

    # --- secrets and machines ---

    def _secrets(self) -> None:
        spaces = {p[1] for p in self.graph.points if p[0] == "secrets" and p[1]}
        for item in self.objects:
            if isinstance(item, Secret):
                space = item.namespace or DEFAULT
                point: Point = ("secret", space, item.name)
                spaces.add(space)
                self._add(("secrets", space), point, Step(""), free=True)
                for where in (space, ""):
                    self._add(("secret-named", where, item.name), point, Step(""), free=True)
                owner = item.annotations.get("kubernetes.io/service-account.name")
                if item.type == TOKEN and owner:
                    step = Step(f"it holds a lasting token of {space}/{owner}", item.ref)
                    self._add(point, ("account", space, owner), step)
        for space in sorted(spaces):
            self._add(("secrets", ""), ("secrets", space), Step(""), free=True)

    def _machines(self) -> None:
        for peer in self.network.peers:
            code: Point = ("code", peer.title)
            self._add(("pods", peer.namespace), code, Step(f"it enters {peer.title}"))
            everywhere = peer.kind == "DaemonSet"
            step = Step(f"{peer.title} runs on the node", sure=everywhere)
            self._add(("node", ""), code, step)
            self._add(NODES, code, Step(f"it enters {peer.title} from its node"))
        for space in sorted(self.spaces):
            self._add(("pods", ""), ("pods", space), Step(""), free=True)
        for node, titles in sorted(self._nodes.items()):
            for title in sorted(titles):
                step = Step(f"{title} runs on node {node}")
                self._add(("node", node), ("code", title), step)
        control = False
        for item in self.objects:
            if isinstance(item, Resource) and item.kind == "Node":
                self._add(NODES, ("node", item.name), Step(""), free=True)
                if any(label in item.labels for label in CONTROL):
                    control = True
                    step = Step(f"node {item.name} holds the keys of the cluster", item.ref)
                    self._add(("node", item.name), CLUSTER, step)
        if not control:
            step = Step("among all nodes are those that hold the keys of the cluster", sure=False)
            self._add(NODES, CLUSTER, step)
