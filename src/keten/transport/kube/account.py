"""How a cluster is reached, and as whom: what a kubeconfig or a pod's service account says."""

from pathlib import Path
from typing import Any

from msgspec import Struct, field


class Variable(Struct, frozen=True):
    """A name and a value for the environment of a program."""

    name: str = ""
    value: str = ""


class Exec(Struct, frozen=True, rename="camel"):
    """A credential plugin: the program that a kubeconfig asks for a token or certificate.

    Source: client.authentication.k8s.io v1 and v1beta1. *folder* is the kubeconfig's, from
    which a relative *command* with a slash is taken.
    """

    command: str = ""
    api_version: str = ""
    args: tuple[str, ...] | None = None
    env: tuple[Variable, ...] | None = None
    install_hint: str = ""
    provide_cluster_info: bool = False
    interactive_mode: str = ""
    folder: Path = Path()


class Server(Struct, frozen=True):
    """Where the API server is: *url* with any path, and what its certificate is checked with.

    *authority* is PEM; None: the system's authorities. *name*: whom the certificate must
    name, "" for the host of the URL. *proxy* is "" for the environment's. *config* is what the
    cluster's entry has for credential plugins (its extension client.authentication.k8s.io/exec).
    """

    url: str
    authority: bytes | None = None
    name: str = ""
    insecure: bool = False
    proxy: str = ""
    compressed: bool = True
    config: Any = None


class Identity(Struct, frozen=True):
    """Who asks. Secrets are never printed: see ``__repr__``.

    *certificate* and *key* are PEM. *token_file* is read again and again, and holds over
    *token*. *headers* impersonate (``Impersonate-User`` and its like).
    """

    token: str = ""
    token_file: Path | None = None
    username: str = ""
    password: str = ""
    certificate: bytes = b""
    key: bytes = b""
    plugin: Exec | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def shows(self) -> bool:
        """Return whether anything is shown of who asks."""
        known = (self.token, self.token_file, self.username, self.password, self.certificate)
        return any(known) or self.plugin is not None

    def __repr__(self) -> str:
        ways = [name for name in self.__struct_fields__ if getattr(self, name)]
        return f"Identity({', '.join(ways)})"


class Account(Struct, frozen=True):
    """A *server* and an *identity*; *context* is how the user named the two.

    *notes* are what is to be told of how the cluster is reached (an unchecked certificate).
    *namespace* is the context's own; *only* are those that the user named: no others are asked.
    """

    server: Server
    identity: Identity
    context: str = ""
    namespace: str = ""
    notes: tuple[str, ...] = field(default=())
    only: tuple[str, ...] = ()
