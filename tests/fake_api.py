"""A server that answers like an API server, or as badly as a test wants."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, dict[str, str], bytes]
Route = Callable[[dict[str, str], dict[str, str]], Answer]


def said(value: Any, status: int = 200, **headers: str) -> Answer:
    """Return an answer in JSON."""
    told = {name.replace("_", "-"): text for name, text in headers.items()}
    return status, {"Content-Type": "application/json", **told}, json.dumps(value).encode()


class Fake:
    """Answers GETs by path; *asked* is each path with its query and headers."""

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.url = ""

    def on(self, path: str, answer: Answer | Route) -> None:
        """Say what *path* answers."""
        self.routes[path] = answer if callable(answer) else lambda _, __: answer

    def paths(self) -> list[str]:
        """Return the paths that were asked for."""
        return [path for path, _, _ in self.asked]


@contextlib.contextmanager
def serving() -> Iterator[Fake]:
    """Yield a server that runs while the block does."""
    fake = Fake()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16  # head and body in one piece: no waiting for acknowledgements

        def do_GET(self) -> None:
            at = urlsplit(self.path)
            query = {key: values[-1] for key, values in parse_qs(at.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            fake.asked.append((at.path, query, headers))
            route = fake.routes.get(at.path)
            status, more, body = route(query, headers) if route else said({}, 404)
            with contextlib.suppress(OSError):
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                if "Content-Length" not in more:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                if more.get("Connection") == "close":
                    self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def cluster(fake: Fake, **resources: list[dict[str, Any]]) -> None:
    """Let *fake* serve core/v1 with *resources*, by aggregated discovery."""
    kinds = {"pods": "Pod", "secrets": "Secret", "services": "Service", "nodes": "Node"}
    fake.on("/version", said({"gitVersion": "v1.36.3", "major": "1", "minor": "36"}))
    served = [
        {
            "resource": plural,
            "responseKind": {"kind": kinds[plural]},
            "scope": "Cluster" if plural == "nodes" else "Namespaced",
            "verbs": ["list"],
        }
        for plural in resources
    ]
    group = {"metadata": {}, "versions": [{"version": "v1", "resources": served}]}
    fake.on("/api", said({"kind": "APIGroupDiscoveryList", "items": [group]}))
    fake.on("/apis", said({"kind": "APIGroupDiscoveryList", "items": []}))
    for plural, items in resources.items():
        fake.on(f"/api/v1/{plural}", said({"kind": f"{kinds[plural]}List", "items": items}))


def named(name: str, space: str = "a") -> dict[str, Any]:
    """Return an object."""
    return {"metadata": {"name": name, "namespace": space, "uid": f"{space}-{name}"}}
