"""A registry as the OCI distribution-spec 1.1 and Docker's registry API v2 define it.

How it is asked (TLS, proof, redirects, tries) is ``exchange``'s.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from urllib.parse import quote, urlencode, urljoin, urlsplit

import msgspec
from msgspec import Struct

from keten.errors import InputError, NetworkError
from keten.formats.oci import decode, digest, media
from keten.formats.oci.records import Descriptor, Index
from keten.transport.http import Answer
from keten.transport.image.exchange import PULL, PUSH, Access, Exchange, Request

PAGES = 100
"""The most pages of a list."""
TAGS = 100_000
"""The most tags of a repository."""
LIST_BYTES = 4 << 20
"""The longest page of a list, in bytes."""
_MISSING, _NOT_SO = 404, 405
_ACCEPT = {"Accept": ", ".join(media.ACCEPTED)}


class _Tags(Struct, frozen=True):
    tags: tuple[str, ...] | None = None


class Fetched(Struct, frozen=True):
    """A document as it came: *digest* is that of *data*; *told* what the registry called it."""

    data: bytes
    media_type: str
    digest: str
    told: str = ""


class Client:
    """Speaks to one registry, *name* as in a reference (``docker.io``, ``example.com:5000``).

    *prefix* comes before every repository (mirrors that keep several registries apart).
    """

    def __init__(self, name: str, access: Access | None = None, *, prefix: str = "") -> None:
        self.name = name
        self._exchange = Exchange(name, access or Access())
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    def head_manifest(self, repository: str, reference: str) -> Descriptor | None:
        """Return what a tag or digest points to (size -1 where untold), without its bytes.

        None where the registry does not say; NetworkError where there is no such image.
        """
        path = f"manifests/{reference}"
        try:
            with self._ask("HEAD", repository, path, headers=_ACCEPT) as answer:
                told = answer.headers.get("docker-content-digest", "")
                kind = media.plain(answer.headers.get("content-type", ""))
        except NetworkError as error:
            if error.status == _NOT_SO:  # some answer GET alone
                return None
            raise
        try:
            digest.parse(told)
        except InputError:
            return None
        known = kind in media.ACCEPTED or kind in media.SCHEMA_1
        return Descriptor(kind if known else "", told)

    def get_manifest(self, repository: str, reference: str, *, checked: bool = True) -> Fetched:
        """Return the index or manifest that a tag or digest names.

        Its digest is compared with what it was asked by and what the registry tells; InputError
        where they differ, unless not *checked*.
        """
        path = f"manifests/{reference}"
        with self._ask("GET", repository, path, headers=_ACCEPT) as answer:
            data = answer.read(decode.BYTES)
            kind = media.plain(answer.headers.get("content-type", ""))
            told = answer.headers.get("docker-content-digest", "")
        named = reference if ":" in reference else told
        algorithm = named.partition(":")[0] if named else "sha256"
        found = digest.of(data, algorithm if algorithm in digest.SIZES else "sha256")
        if checked and named and found != named:
            raise InputError(f"{self.name} gave {found} for {named}: not read")
        return Fetched(data, kind, found, told)

    def get_blob(self, repository: str, wanted: Descriptor, most: int) -> bytes:
        """Return a small blob, its digest checked; at most *most* bytes."""
        with self.blob(repository, wanted.digest) as answer:
            data = answer.read(most)
        if differing := digest.differs(data, wanted):
            raise InputError(f"{self.name} gave {differing[1]} for {differing[0]}: not read")
        return data

    def blob(self, repository: str, name: str, *, start: int = 0) -> AbstractContextManager[Answer]:
        """Answer with a blob's bytes, unchecked, from *start* where the status is 206."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        return self._ask("GET", repository, f"blobs/{name}", headers=headers, bulk=True)

    def has_blob(self, repository: str, name: str) -> bool:
        """Tell whether the repository holds a blob."""
        try:
            with self._ask("HEAD", repository, f"blobs/{name}", scope=PUSH):
                return True
        except NetworkError as error:
            if error.status == _MISSING:
                return False
            raise

    def put_blob(self, repository: str, data: bytes, media_type: str = "") -> Descriptor:
        """Upload a blob in one piece, unless it is there; return what points to it."""
        name = digest.of(data)
        made = Descriptor(media_type or "application/octet-stream", name, len(data))
        if self.has_blob(repository, name):
            return made
        with self._ask("POST", repository, "blobs/uploads/", body=b"", scope=PUSH) as answer:
            there = urljoin(answer.url, answer.headers.get("location", ""))
        url = f"{there}{'&' if urlsplit(there).query else '?'}{urlencode({'digest': name})}"
        headers = {"Content-Type": "application/octet-stream"}
        request = Request("PUT", url, self._prefix + repository, headers, data, PUSH, bulk=True)
        with self._exchange.ask(request):
            return made

    def put_manifest(self, repository: str, reference: str, data: bytes, media_type: str) -> str:
        """Upload an index or manifest by a tag or its digest; return its digest."""
        path, headers = f"manifests/{reference}", {"Content-Type": media_type}
        with self._ask("PUT", repository, path, headers=headers, body=data, scope=PUSH) as answer:
            told = answer.headers.get("docker-content-digest", "")
        found = digest.of(data)
        if told and told != found:
            raise InputError(f"{self.name} keeps {told} where {found} was uploaded")
        return found

    def referrers(
        self, repository: str, subject: str, artifact_type: str = ""
    ) -> tuple[Descriptor, ...]:
        """Return what refers to a digest (signatures, SBOMs, attestations).

        Where the registry has no referrers API, the fallback tag (``sha256-<hex>``) is read.
        """
        query = f"?{urlencode({'artifactType': artifact_type})}" if artifact_type else ""
        found: list[Descriptor] = []
        try:
            for answer in self._pages(repository, f"referrers/{subject}{query}"):
                page = decode.decode(answer.read(decode.BYTES), media.OCI_INDEX)
                found += page.manifests if isinstance(page, Index) else ()
        except NetworkError as error:
            if error.status not in (400, _MISSING, _NOT_SO):
                raise
            found = self._tagged(repository, subject)
        return tuple(one for one in found if artifact_type in ("", one.artifact_type))

    def _tagged(self, repository: str, subject: str) -> list[Descriptor]:
        try:
            got = self.get_manifest(repository, subject.replace(":", "-", 1)[:128])
        except NetworkError as error:
            if error.status == _MISSING:
                return []
            raise
        page = decode.decode(got.data, got.media_type)
        return list(page.manifests) if isinstance(page, Index) else []

    def tags(self, repository: str) -> list[str]:
        """Return the tags of a repository, as the registry orders them."""
        found: list[str] = []
        for answer in self._pages(repository, "tags/list"):
            try:
                page = msgspec.json.decode(answer.read(LIST_BYTES), type=_Tags)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise InputError(f"{self.name} gave a list of tags that is malformed") from error
            found += page.tags or ()
            if len(found) > TAGS:
                raise InputError(f"{self.name}/{repository} has more than {TAGS} tags")
        return found

    def _pages(self, repository: str, path: str) -> Iterator[Answer]:
        url = self._url(repository, path)
        for _ in range(PAGES):
            with self._exchange.ask(Request("GET", url, self._prefix + repository)) as answer:
                yield answer
                link = answer.headers.get("link", "")
            target, closed, rest = link.removeprefix("<").partition(">")
            if not closed or 'rel="next"' not in rest.replace("rel=next", 'rel="next"'):
                return
            onward = urljoin(url, target)
            if urlsplit(onward)[:2] != urlsplit(url)[:2]:
                raise InputError(f"{self.name} sends us elsewhere for the rest of a list")
            url = onward

    def _url(self, repository: str, path: str) -> str:
        return self._exchange.url(f"{quote(self._prefix + repository)}/{path}")

    def _ask(
        self,
        method: str,
        repository: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        scope: str = PULL,
        bulk: bool = False,
    ) -> AbstractContextManager[Answer]:
        url = self._url(repository, path)
        return self._exchange.ask(
            Request(method, url, self._prefix + repository, headers or {}, body, scope, bulk)
        )
