"""A real API server, asked over one connection: thousands of access reviews in seconds."""

import http.client
import json
import ssl
import time
from typing import Any

RBAC = "/apis/rbac.authorization.k8s.io/v1"
_PLURAL = {
    "Role": "roles",
    "ClusterRole": "clusterroles",
    "RoleBinding": "rolebindings",
    "ClusterRoleBinding": "clusterrolebindings",
}
SETTLED = 30.0  # seconds


class Server:
    """The server that a kubectl command speaks to."""

    def __init__(self, kubectl: list[str]) -> None:
        said = dict(
            part[2:].split("=", 1) for part in kubectl if part.startswith("--") and "=" in part
        )
        self.host = said["server"].removeprefix("https://")
        self.token = said["token"]
        self._connection = http.client.HTTPSConnection(
            self.host, context=ssl._create_unverified_context()
        )
        self._sentinels = 0
        end = time.monotonic() + SETTLED
        while self.ask("GET", "/readyz")[0] != 200:  # not before its own roles are there
            assert time.monotonic() < end, "the server never got ready"
            time.sleep(0.1)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def ask(
        self, method: str, path: str, body: Any = None, *, token: str = "", headers: Any = None
    ) -> tuple[int, Any]:
        """Return status and answer of one request."""
        head = {
            "Authorization": f"Bearer {token or self.token}",
            "Content-Type": "application/json",
        }
        text = None if body is None else json.dumps(body)
        self._connection.request(method, path, text, {**head, **(headers or {})})
        answer = self._connection.getresponse()
        data = answer.read()
        try:
            return answer.status, json.loads(data)
        except ValueError:
            return answer.status, data.decode(errors="replace")

    def create(self, item: dict[str, Any]) -> None:
        """Create a role or binding."""
        status, answer = self.ask("POST", _folder(item), item)
        assert status == 201, (item, answer)

    def delete(self, item: dict[str, Any]) -> None:
        """Delete a role or binding."""
        status, answer = self.ask("DELETE", f"{_folder(item)}/{item['metadata']['name']}")
        assert status == 200, (item, answer)

    def namespace(self, name: str) -> None:
        """Create a namespace where there is none."""
        self.ask("POST", "/api/v1/namespaces", {"metadata": {"name": name}})

    def every(self) -> list[dict[str, Any]]:
        """Return all roles and bindings, as listed."""
        found = []
        for kind, plural in _PLURAL.items():
            _, answer = self.ask("GET", f"{RBAC}/{plural}")
            head = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind}
            found += [{**item, **head} for item in answer["items"]]
        return found

    def review(self, user: str, groups: list[str], asked: dict[str, str]) -> bool:
        """Return what a SubjectAccessReview says."""
        spec: dict[str, Any] = {"user": user, "groups": groups}
        if asked.get("path"):
            spec["nonResourceAttributes"] = {"verb": asked["verb"], "path": asked["path"]}
        else:
            spec["resourceAttributes"] = {k: v for k, v in asked.items() if v and k != "path"}
        status, answer = self.ask(
            "POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {"spec": spec}
        )
        assert status == 201, (asked, answer)
        return bool(answer["status"]["allowed"])

    def settle(self) -> None:
        """Wait until the authorizer has seen all that was written before."""
        self._sentinels += 1
        name = f"sentinel-{self._sentinels}"
        rule = {"verbs": ["get"], "apiGroups": [""], "resources": ["configmaps"]}
        for kind, space in (("ClusterRole", {}), ("Role", {"namespace": "default"})):
            head = {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "metadata": {"name": name, **space},
            }
            self.create({**head, "kind": kind, "rules": [rule]})
            ref = {"kind": kind, "name": name, "apiGroup": "rbac.authorization.k8s.io"}
            who = {
                "kind": "User",
                "name": f"{name}-{kind}",
                "apiGroup": "rbac.authorization.k8s.io",
            }
            self.create({**head, "kind": f"{kind}Binding", "roleRef": ref, "subjects": [who]})
        end = time.monotonic() + SETTLED
        asked = {"verb": "get", "resource": "configmaps", "namespace": "default"}
        for kind in ("ClusterRole", "Role"):
            while not self.review(f"{name}-{kind}", [], asked):
                assert time.monotonic() < end, "the authorizer's caches never caught up"
                time.sleep(0.02)


def _folder(item: dict[str, Any]) -> str:
    space = item["metadata"].get("namespace")
    where = f"/namespaces/{space}" if space else ""
    return f"{RBAC}{where}/{_PLURAL[item['kind']]}"
