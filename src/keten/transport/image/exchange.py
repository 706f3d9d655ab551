"""One question to a registry until it is answered: proof, redirects, another try.

Asked over TLS; without it only on this machine (where TLS is tried first), or where the user
says so. 429 and 5xx are tried again, as late as Retry-After says, within bounds. A redirect
(blobs lie elsewhere) is followed without our proof, and never from TLS to none.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from msgspec import Struct, structs

from keten.errors import NetworkError, UsageError
from keten.transport.http import Answer, Rules
from keten.transport.http import Client as Http
from keten.transport.image import credentials
from keten.transport.image.auth import Tokens
from keten.transport.image.failures import asked_wait, may_help, refused, unreachable

TRIES = 4
REDIRECTS = 5
BACK_OFF = 1.0
"""Seconds before the second try; doubled for each after it."""
MOST_WAIT = 60.0
"""The longest that a registry may make us wait for one try, in seconds."""
DOCUMENT_SECONDS = 120.0
BLOB_SECONDS = 3600.0
PULL, PUSH = "pull", "pull,push"
_HUB_HOST = "registry-1.docker.io"
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_CERTIFICATES = ("/etc/containers/certs.d", "/etc/docker/certs.d")
_UNAUTHORISED = 401
_FINE = range(200, 300)
_REDIRECTS = (301, 302, 303, 307, 308)
_BUSY = (408, 425, 429, 500, 502, 503, 504)


class Access(Struct, frozen=True):
    """How registries are asked.

    *ca* is a file of authorities that are trusted besides the system's, *plain_http* hosts
    (``HOST[:PORT]``) that are asked without TLS; *wait* sleeps.
    """

    ca: str = ""
    plain_http: tuple[str, ...] = ()
    wait: Callable[[float], None] = time.sleep


class Request(Struct, frozen=True):
    """A question. *scope* is what is to be done to the repository; *bulk*: a blob may be long."""

    method: str
    url: str
    repository: str
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    scope: str = PULL
    bulk: bool = False


class Exchange:
    """Asks one registry, *name* as in a reference (``docker.io``, ``example.com:5000``)."""

    def __init__(self, name: str, access: Access) -> None:
        self.name = name
        self.host = _HUB_HOST if name == credentials.HUB else name
        self._access = access
        plain = name in access.plain_http
        rules = _rules(self.host, access.ca, plain=plain)
        self._documents = Http(structs.replace(rules, seconds=DOCUMENT_SECONDS))
        self._blobs = Http(structs.replace(rules, seconds=BLOB_SECONDS))
        self._plain: bool | None = plain
        if not plain and urlsplit(f"//{self.host}").hostname in _LOCAL:
            self._plain = None  # to be found out
        self._tokens: Tokens | None = None
        self._shown = ""

    def url(self, path: str) -> str:
        """Return the URL of a path of the API."""
        if self._plain is None:
            self._plain = not self._speaks_tls()
        return f"http{'' if self._plain else 's'}://{self.host}/v2/{path}"

    @contextmanager
    def ask(self, request: Request) -> Iterator[Answer]:
        """Answer a request with a status of success; NetworkError else."""
        with ExitStack() as stack:
            yield self._answered(request, stack)

    def _answered(self, request: Request, stack: ExitStack) -> Answer:
        what = _told(request)
        tries, proven = 1, False
        while True:
            wait = BACK_OFF * 2 ** (tries - 1)
            try:
                answer = self._followed(request, stack)
            except NetworkError as error:
                hopeless = tries >= TRIES or request.method == "POST" or not may_help(error)
                if hopeless:
                    raise unreachable(error, host=self.host, what=what) from error.__cause__
            else:
                if answer.status in _FINE:
                    return answer
                ours = urlsplit(answer.url).netloc == self.host
                if answer.status == _UNAUTHORISED and ours and not proven:
                    proven = True
                    if self._prove(request, answer):
                        stack.close()
                        continue
                if answer.status not in _BUSY or tries >= TRIES:
                    raise refused(answer, host=self.host, what=what, shown=self._shown)
                wait = max(wait, asked_wait(answer))
            stack.close()
            self._access.wait(min(wait, MOST_WAIT))
            tries += 1

    def _followed(self, request: Request, stack: ExitStack) -> Answer:
        """Ask, and follow redirects of what may be repeated."""
        http = self._blobs if request.bulk else self._documents
        url = request.url
        for _ in range(REDIRECTS + 1):
            headers = dict(request.headers)
            proof = self._proofs().kept(self._scope(request))
            if proof and self._is_ours(url):
                headers["Authorization"] = proof
            try:
                answer = stack.enter_context(
                    http.ask(request.method, url, headers=headers, body=request.body, follow=False)
                )
            except UsageError as error:
                raise NetworkError(f"{self.host} leads to what is not allowed: {error}") from error
            if answer.status not in _REDIRECTS or request.method not in ("GET", "HEAD"):
                return answer
            onward = urljoin(url, answer.headers.get("location", ""))
            if urlsplit(onward).scheme != "https" and urlsplit(url).scheme == "https":
                raise NetworkError(f"{self.host} redirects to {onward[:200]}: not encrypted")
            stack.close()
            url = onward
        raise NetworkError(f"{self.host} redirects more than {REDIRECTS} times")

    def _is_ours(self, url: str) -> bool:
        at = urlsplit(url)
        return at.netloc == self.host and at.scheme == ("http" if self._plain else "https")

    def _scope(self, request: Request) -> str:
        return f"repository:{request.repository}:{request.scope}"

    def _proofs(self) -> Tokens:
        if self._tokens is None:
            self._tokens = Tokens(self._documents, host=self.host, plain=bool(self._plain))
        return self._tokens

    def _prove(self, request: Request, answer: Answer) -> bool:
        """Get what answers a challenge; False where we have nothing."""
        found = credentials.find(self.name, request.repository)
        self._shown = found.told if found else ""
        header = answer.headers.get("www-authenticate", "")
        return bool(self._proofs().answer(header, self._scope(request), found))

    def _speaks_tls(self) -> bool:
        """Find out whether a registry on this machine speaks TLS."""
        import ssl

        try:
            with self._documents.ask("GET", f"https://{self.host}/v2/", follow=False):
                return True
        except NetworkError as error:
            return isinstance(error.__cause__, ssl.SSLCertVerificationError | TimeoutError)


def _told(request: Request) -> str:
    """Return what was asked for, in the words of a user."""
    path = urlsplit(request.url).path[:300]
    _, kind, name = path.rpartition("/manifests/")
    if kind:
        return f"{request.repository}{'@' if ':' in name else ':'}{name}"
    _, kind, name = path.rpartition("/blobs/sha")
    return f"blob sha{name} of {request.repository}" if kind else f"{request.method} {path}"


def _rules(host: str, ca: str, *, plain: bool) -> Rules:
    """Return what is trusted: the user's file, and what Docker's and containers' folders hold."""
    more = [Path(ca)] if ca else []
    certificate = None
    for folder in (Path(top, host) for top in _CERTIFICATES):
        try:
            found = sorted(folder.iterdir())
        except OSError:
            continue
        more += [path for path in found if path.suffix == ".crt"]
        for path in found:
            if path.suffix == ".cert" and (key := path.with_suffix(".key")).is_file():
                certificate = path, key
    return Rules(insecure=plain, more=tuple(more), certificate=certificate)
