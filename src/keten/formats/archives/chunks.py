"""A stream of chunks, read as if it were one: looked ahead, taken, passed over, without copies."""

from collections import deque
from collections.abc import Iterator


class Chunks:
    """Bytes that come in pieces of any size. What was passed over is let go."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source
        self._ahead: deque[bytes] = deque()
        self.data = b""
        self.at = 0
        self.before = 0

    @property
    def offset(self) -> int:
        """Return how many bytes were taken or passed over."""
        return self.before + self.at

    def peek(self, count: int) -> bytes:
        """Return the next *count* bytes, fewer at the end, and stay where we are."""
        part = self.data[self.at : self.at + count]
        if len(part) == count:
            return part
        parts, lack, number = [part], count - len(part), 0
        while lack > 0:
            if number == len(self._ahead) and not self._pull():
                break
            parts.append(self._ahead[number][:lack])
            lack -= len(parts[-1])
            number += 1
        return b"".join(parts)

    def take(self, count: int) -> bytes:
        """Return the next *count* bytes, fewer at the end, and pass over them."""
        at = self.at
        part = self.data[at : at + count]
        if len(part) == count:
            self.at = at + count
            return part
        return b"".join(self.parts(count))

    def parts(self, count: int) -> Iterator[bytes]:
        """Yield the next *count* bytes, fewer at the end, in pieces as they came."""
        while count > 0:
            if self.at >= len(self.data) and not self._advance():
                return
            part = self.data[self.at : self.at + count]
            self.at += len(part)
            count -= len(part)
            yield part

    def skip(self, count: int) -> bool:
        """Pass over *count* bytes; return whether there were as many."""
        at = self.at + count
        while at > (size := len(self.data)):
            at -= size
            self.at = size
            if not self._advance():
                return False
        self.at = at
        return True

    def _pull(self) -> bool:
        for chunk in self._source:
            if chunk:
                self._ahead.append(chunk)
                return True
        return False

    def _advance(self) -> bool:
        """Go to the next chunk; return whether there is one."""
        if not self._ahead and not self._pull():
            return False
        self.before += len(self.data)
        self.data = self._ahead.popleft()
        self.at = 0
        return True
