"""pip's requirements and constraints files, as ``pip install -r`` reads them.

https://pip.pypa.io/en/stable/reference/requirements-file-format/. Files that one includes are
named, not followed: each is read on its own. The ``# via`` notes of pip-compile and uv tell
who asked for a package; what a comment says is CLAIMED.
"""

from collections.abc import Iterator

from keten.errors import InputError
from keten.formats.lazy_pattern import lazy
from keten.formats.versions import requirement as pep508
from keten.formats.versions.requirement import Logical, Requirement
from keten.model.evidence import Link, Problem
from keten.model.facts import Facts, Trust
from keten.model.plug import Reader, Source
from keten.readers.packages._draft import Draft, Entry, decode

_CODING = lazy(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_HASH = lazy(r"(?:^|(?<=\s))--hash[= ]\s*([A-Za-z0-9]++):([0-9A-Fa-f]++)")
_OPTION = lazy(r"(?:^|(?<=\s))(?=--?[A-Za-z])")
_PATH = lazy(r"(?:[a-z][a-z0-9+.-]*+://|file:|\.{0,2}/|[A-Za-z]:[\\/])")
_ARCHIVE = lazy(r"\S++(?<=\.whl)\Z|\S++(?<=\.zip)\Z|\S++(?<=\.tar\.gz)\Z")
_ROLE = lazy(r"(?:^|[-_./])(?:dev|devel|development|tests?|testing|lint|docs?|ci)(?:[-_./]|$)")
_VIA = lazy(r"via\b")

_TAKES = {  # option: (settings key, whether it takes a value)
    "-i": "index", "--index-url": "index", "--pypi-url": "index",
    "--extra-index-url": "extra",
    "-f": "links", "--find-links": "links",
    "--trusted-host": "trusted",
    "-r": "include", "--requirement": "include", "-c": "include", "--constraint": "include",
    "--requirements-from-script": "include",
    "-e": "editable", "--editable": "editable",
    "--no-binary": "", "--only-binary": "", "--use-feature": "",
    "--config-setting": "", "--config-settings": "", "--global-option": "",
    "--uploaded-prior-to": "",
}  # fmt: skip
_PROSE = 5  # lines that are no requirement, and more than those that are
_FLAGS = {
    "--no-index",
    "--require-hashes",
    "--pre",
    "--prefer-binary",
    "--use-pep517",
    "--no-build-isolation",
}


class _File:
    def __init__(self, source: Source) -> None:
        self.draft = Draft(source, ecosystem="pypi", format="requirements", lock=False)
        self.development = _ROLE.search(source.path.lower()) is not None
        self.total = self.pinned = self.hashed = self.refused = 0
        self.via: dict[str, tuple[Entry, list[str]]] = {}
        self.last: tuple[Entry, list[str]] | None = None

    def read(self, text: str) -> Facts:
        for logical in pep508.logical_lines(text):
            if logical.text:
                self.last = None
                self.line(logical)
            if logical.comment and self.last is not None:
                self.note_via(logical.comment)
        return self.finish()

    def line(self, logical: Logical) -> None:
        text = logical.text
        if text.startswith("-"):
            self.options(logical)
            return
        cut = _OPTION.search(text)
        head = text[: cut.start()].strip() if cut else text
        try:
            self.requirement(head, text, logical.line)
        except InputError as error:
            self.refused += 1
            self.draft.problem(error.what, logical.line)

    def options(self, logical: Logical) -> None:
        waiting = iter(pep508.words(logical.text))
        for word in waiting:
            name, equals, value = word.partition("=")
            if name in _FLAGS:
                if name in ("--require-hashes", "--no-index"):
                    self.draft.settings[name[2:].replace("-", "_")] = True
                continue
            if name not in _TAKES and word[:2] in _TAKES and not word.startswith("--"):
                name, equals, value = word[:2], "=", word[2:].removeprefix("=")
            if name not in _TAKES:
                if name != "--hash":
                    self.draft.problem(f"pip has no option {name[:40]!r}", logical.line)
                return
            if not equals:
                value = next(waiting, "")
            self.option(_TAKES[name], value, logical)

    def option(self, key: str, value: str, logical: Logical) -> None:
        draft, line = self.draft, logical.line
        if key and not value:
            draft.problem(f"an option without its value: {logical.text[:60]!r}", line)
        elif key in ("index", "extra"):
            draft.note("indexes", {"url": value, "extra": key == "extra"}, line)
        elif key == "links":
            draft.note("find_links", value, line)
        elif key == "trusted":
            draft.note("trusted_hosts", value, line)
        elif key == "include":
            self.include(value, line)
        elif key == "editable":
            try:
                self.requirement(value, logical.text, line)
            except InputError as error:
                draft.problem(error.what, line)

    def include(self, value: str, line: int) -> None:
        draft = self.draft
        if "://" not in value:
            folder = draft.path.rpartition("/")[0]
            value = _join(folder, value)
        if value == draft.path:
            draft.problem("the file includes itself", line, advice="Remove the line.")
        else:
            draft.note("includes", value, line)

    def requirement(self, head: str, text: str, line: int) -> None:
        hashes = [f"{name.lower()}:{value.lower()}" for name, value in _HASH.findall(text)]
        bare = head.partition(" ;")[0].strip()
        if _PATH.match(bare) or bare in (".", "..") or _ARCHIVE.match(bare):
            self.address(bare, hashes, line)
            return
        found = pep508.parse(head)
        self.take(found, hashes, line)

    def address(self, url: str, hashes: list[str], line: int) -> None:
        name = pep508.name_of(url)
        source = pep508.source_of(url)[0]
        if name:
            self.take(Requirement(name, url=url), hashes, line)
        elif "://" in url:
            self.draft.note("unnamed", source, line)
        else:
            self.draft.note("paths", url.partition("#")[0], line)

    def take(self, found: Requirement, hashes: list[str], line: int) -> None:
        source, version = pep508.source_of(found.url) if found.url else ("", found.pinned)
        entry = self.draft.add(
            found.name,
            version,
            line=line,
            direct=None if version else True,
            development=self.development,
            constraint="" if version else found.constraint,
            source=source,
            hashes=hashes,
        )
        if not found.url:
            self.total += 1
            self.pinned += bool(version)
            self.hashed += bool(hashes)
        if entry is not None:
            self.last = self.via.setdefault(entry.ref, (entry, []))

    def note_via(self, comment: str) -> None:
        assert self.last is not None
        names = self.last[1]
        if _VIA.match(comment):
            comment = comment[3:].strip()
            names.append("")
        elif not names:
            self.last = None
            return
        names += [part.strip() for part in comment.split(",") if part.strip()]

    def finish(self) -> Facts:
        draft = self.draft
        if self.refused >= _PROSE and self.refused > self.total:
            return self.prose()
        known = {entry.name: entry for entry in draft.entries.values()}
        for entry, notes in self.via.values():
            asked = [note for note in notes if note]
            if not asked:
                continue
            parents = [known.get(pep508.normalise(note)) for note in asked]
            entry.direct = any(parent is None for parent in parents)
            for parent in parents:
                if parent is not None:
                    draft.require(parent, entry, Trust.CLAIMED)
        settings = draft.settings
        settings["requirements"] = self.total
        settings["pinned"] = self.pinned
        settings["with_hashes"] = self.hashed
        if self.development:
            settings["development"] = True
        base = draft.path.rpartition("/")[2]
        if base.startswith("constraints"):
            settings["constraints"] = True
        draft.lock = self.total > 0 and self.pinned == self.total
        draft.hashed = self.hashed == self.total if self.total else None
        return draft.facts()

    def prose(self) -> Facts:
        """Return what is said of a text that pip would refuse: nothing but for its proper name."""
        path = self.draft.path
        if path.rpartition("/")[2].lower() != "requirements.txt":
            return Facts()
        what = "reads as a text, not as requirements: pip would refuse it"
        about = f"{self.refused} lines are none"
        return Facts(problems=(Problem(path, what, advice=about, link=Link.DEPENDENCIES),))


def read(source: Source) -> Facts:
    """Return the requirements of one file."""
    return _File(source).read(_decode(source.data))


def _decode(data: bytes) -> str:
    """Return the text as pip decodes it: mark, coding line, UTF-8, else Latin-1."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                raise InputError(f"text that is not {encoding} though its mark says so") from error
    for raw in data.split(b"\n", 2)[:2]:
        found = _CODING.match(raw[:200])
        if found is not None:
            try:
                return data.decode(found.group(1).decode("ascii", "replace"))
            except (LookupError, ValueError):
                raise InputError("an encoding that can not be read", line=1) from None
    try:
        return decode(data)
    except InputError:
        if b"\x00" in data:
            raise
        return data.decode("latin-1")


def _join(folder: str, path: str) -> str:
    steps: list[str] = []
    for step in _steps(folder, path):
        if step == ".." and steps and steps[-1] != "..":
            steps.pop()
        else:
            steps.append(step)
    return "/".join(steps)


def _steps(folder: str, path: str) -> Iterator[str]:
    for step in f"{folder}/{path}".replace("\\", "/").split("/"):
        if step not in ("", "."):
            yield step


READER = Reader(
    title="pip requirements file",
    media_type="text/x-python-requirements",
    read=read,
    link=Link.DEPENDENCIES,
    ceiling=3 << 20,  # a line costs 20 microseconds
    names=("*requirements*.txt", "constraints*.txt", "*-constraints.txt"),
    paths=("*/requirements/*.txt", "requirements/*.txt"),
)
