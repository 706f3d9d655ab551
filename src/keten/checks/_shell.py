"""What shell text runs: its simple commands, with quotes removed and pipes followed.

Not a shell: nothing is expanded, and what would need that stays as written. Linear in the text's
length, with a ceiling on length and nesting.
"""

from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

MAX_SCRIPT = 200_000
MAX_DEPTH = 6
_KEYWORDS = frozenset(["if", "then", "elif", "else", "while", "until", "do", "!", "{", "time"])
_PREFIXES = frozenset(
    [
        "sudo",
        "doas",
        "env",
        "exec",
        "command",
        "nohup",
        "time",
        "nice",
        "stdbuf",
        "eatmydata",
        "retry",
        "timeout",
        "xargs",
    ]
)
_WITH_VALUE = {"sudo": "ughpCrtT", "doas": "uC", "env": "uS", "timeout": "ks", "nice": "n",
               "stdbuf": "ioe", "xargs": "InPLds"}  # fmt: skip


class Command(Struct, frozen=True):
    """One simple command.

    *words* without quotes, *assigns* the ``A=b`` before it, *writes* what it redirects its
    output to, *upstream* the commands piped into it, *line* in the script from 0. *parent* are
    the words of the command in whose substitution it stands.
    """

    words: tuple[str, ...]
    assigns: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    upstream: tuple[tuple[str, ...], ...] = ()
    parent: tuple[str, ...] = ()
    line: int = 0
    raw: str = ""

    @property
    def program(self) -> str:
        """Return the base name of what is run, behind ``sudo`` and its like; "" if nothing."""
        rest = behind(self.words)
        return rest[0].rpartition("/")[2] if rest else ""

    @property
    def args(self) -> tuple[str, ...]:
        """Return the program's arguments."""
        return behind(self.words)[1:]


def behind(words: tuple[str, ...]) -> tuple[str, ...]:
    """Drop ``sudo -u x``, ``env A=b`` and the like from the front."""
    at = 0
    while at < len(words):
        prefix = words[at].rpartition("/")[2]
        if prefix not in _PREFIXES:
            break
        at += 1
        while at < len(words) and (words[at].startswith("-") or "=" in words[at]):
            option = words[at]
            valued = option[1:] and option[-1] in _WITH_VALUE.get(prefix, "")
            at += 2 if valued and option.startswith("-") and option[1] != "-" else 1
        if prefix == "timeout" and at < len(words):
            at += 1
    return words[at:]


@lru_cache(maxsize=128)
def commands(script: str) -> tuple[Command, ...]:
    """Return the commands of POSIX shell text in order; what is beyond the ceiling is not read."""
    found: list[Command] = []
    _Scanner(script[:MAX_SCRIPT], found, (), 0, 0).scan()
    return tuple(found)


class _Scanner:
    def __init__(
        self,
        text: str,
        found: list[Command],
        parent: tuple[str, ...],
        depth: int,
        line: int,
    ) -> None:
        self.text = text
        self.found = found
        self.parent = parent
        self.depth = depth
        self.line = line
        self.first = line
        self.words: list[str] = []
        self.writes: list[str] = []
        self.word: list[str] | None = None
        self.redirect = ""
        self.upstream: list[tuple[str, ...]] = []
        self.ends: list[tuple[str, bool]] = []
        self.begin = 0

    def scan(self) -> None:
        text, at, size = self.text, 0, len(self.text)
        while at < size:
            char = text[at]
            if char == "\n":
                self._finish(at)
                self.line += 1
                at = self._bodies(at + 1)
            elif char in " \t\r":
                self._end_word()
                at += 1
            elif char == "#" and self.word is None:
                end = text.find("\n", at)
                at = size if end < 0 else end
            elif char in "|&;()":
                at = self._operator(at)
            elif char in "<>":
                at = self._redirection(at)
            else:
                at = self._part(at)
        self._finish(size)

    def _put(self, piece: str) -> None:
        if self.word is None:
            self.word = []
            if not self.words and not self.redirect:
                self.first = self.line
        self.word.append(piece)

    def _end_word(self) -> None:
        if self.word is None:
            return
        word = "".join(self.word)
        self.word = None
        if self.redirect:
            if ">" in self.redirect:
                self.writes.append(word)
            self.redirect = ""
        else:
            self.words.append(word)

    def _finish(self, at: int, *, piped: bool = False) -> None:
        self._end_word()
        words = self.words
        self.redirect = ""
        skip = 0
        while skip < len(words) and words[skip] in _KEYWORDS:
            skip += 1
        first = skip
        while skip < len(words) and _assigns(words[skip]):
            skip += 1
        if words or self.writes:
            self.found.append(
                Command(
                    tuple(words[skip:]), tuple(words[first:skip]), tuple(self.writes),
                    tuple(self.upstream), self.parent, self.first,
                    self.text[self.begin : at].strip(),
                )
            )  # fmt: skip
        self.upstream = [*self.upstream, tuple(words[skip:])][-8:] if piped else []
        self.words, self.writes, self.begin = [], [], at + 1

    def _operator(self, at: int) -> int:
        two = self.text[at : at + 2]
        if two == "|&" or (self.text[at] == "|" and two != "||"):
            self._finish(at, piped=True)
            return at + (2 if two == "|&" else 1)
        self._finish(at)
        return at + (2 if two in ("||", "&&", ";;") else 1)

    def _redirection(self, at: int) -> int:
        text = self.text
        if text[at + 1 : at + 2] == "(":
            return self._nested(at, at + 2)
        if self.word is not None and all(piece.isdigit() for piece in self.word):
            self.word = None
        self._end_word()
        if text.startswith("<<<", at):
            self.redirect = "<"
            return at + 3
        if text.startswith("<<", at):
            return self._heredoc(at + 2)
        end = at + 1
        while end < len(text) and text[end] in ">&|":
            end += 1
        self.redirect = text[at:end]
        return end

    def _heredoc(self, at: int) -> int:
        text = self.text
        dash = text.startswith("-", at)
        at += dash
        while at < len(text) and text[at] in " \t":
            at += 1
        start = at
        while at < len(text) and text[at] not in " \t\n;|&)><":
            at += 1
        self.ends.append((text[start:at].strip("'\"").replace("\\", ""), dash))
        return at

    def _bodies(self, at: int) -> int:
        """Skip the bodies of the here-documents that were opened on the line before."""
        for end, dash in self.ends:
            while at < len(self.text):
                stop = self.text.find("\n", at)
                stop = len(self.text) if stop < 0 else stop
                line = self.text[at:stop]
                at = stop + 1
                self.line += 1
                if (line.lstrip("\t") if dash else line).rstrip("\r") == end or (
                    line.strip() == end
                ):
                    break
        self.ends = []
        self.begin = min(at, len(self.text))
        return at

    def _part(self, at: int) -> int:
        """Read one piece of a word: quoted, escaped, substituted or plain."""
        text = self.text
        char = text[at]
        if char == "\\":
            if text[at + 1 : at + 2] == "\n":
                self.line += 1
            else:
                self._put(text[at + 1 : at + 2])
            return at + 2
        if char == "'":
            end = text.find("'", at + 1)
            end = len(text) if end < 0 else end
            self._put(text[at + 1 : end])
            self.line += text.count("\n", at, end)
            return end + 1
        if char == '"':
            return self._quoted(at + 1)
        if char == "`" or text.startswith("$(", at):
            return self._nested(at, at + (1 if char == "`" else 2))
        if char == "$":
            return self._dollar(at)
        end = at + 1
        while end < len(text) and text[end] not in " \t\r\n|&;()<>\\'\"`$":
            end += 1
        self._put(text[at:end])
        return end

    def _dollar(self, at: int) -> int:
        text = self.text
        close = "}}" if text.startswith("${{", at) else "}"
        if not text.startswith("${", at):
            self._put("$")
            return at + 1
        end = text.find(close, at)
        end = len(text) if end < 0 else end + len(close)
        self._put(text[at:end])
        self.line += text.count("\n", at, end)
        return end

    def _quoted(self, at: int) -> int:
        text = self.text
        self._put("")
        start = at
        while at < len(text) and text[at] != '"':
            if text[at] == "\\":
                self._put(text[start:at])
                if text[at + 1 : at + 2] != "\n":
                    self._put(text[at + 1 : at + 2])
                else:
                    self.line += 1
                at = start = at + 2
            elif text[at] == "`" or text.startswith("$(", at):
                self._put(text[start:at])
                at = start = self._nested(at, at + (1 if text[at] == "`" else 2))
            elif text.startswith("${", at):
                self._put(text[start:at])
                at = start = self._dollar(at)
            else:
                self.line += text[at] == "\n"
                at += 1
        self._put(text[start:at])
        return at + 1

    def _nested(self, at: int, inside: int) -> int:
        """Read ``$(...)``, backquotes or ``<(...)`` from *at*; its text starts at *inside*."""
        text = self.text
        tick = text[at] == "`"
        end = text.find("`", inside) if tick else _closing(text, inside)
        end = len(text) if end < 0 else end
        inner = text[inside:end]
        self._put(text[at:inside] + inner[:200] + ("`" if tick else ")"))
        if self.depth < MAX_DEPTH and not text.startswith("$((", at):
            word = "".join((self.word or [])[:4])
            parent = (*self.words[-60:], word[:200])
            _Scanner(inner, self.found, parent, self.depth + 1, self.line).scan()
        self.line += inner.count("\n")
        return end + 1


def _closing(text: str, at: int) -> int:
    depth = 1
    quote = ""
    while at < len(text):
        char = text[at]
        if char == "\\" and quote != "'":
            at += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if not depth:
                return at
        at += 1
    return -1


def _assigns(word: str) -> bool:
    name, equals, _ = word.partition("=")
    name = name.removesuffix("+")
    return bool(equals) and name.replace("_", "a").isalnum() and not name[0].isdigit()


def options(args: tuple[str, ...], valued: str) -> Iterator[str]:
    """Yield short options one by one (``-fsSL`` as ``-f``, ``-s``, ...) and long ones whole.

    *valued* are the short options that take a value, which ends a cluster.
    """
    for word in args:
        if word.startswith("--"):
            yield word
        elif word.startswith("-"):
            for char in word[1:]:
                yield f"-{char}"
                if char in valued:
                    break
