"""HTTP within bounds: against a server of our own that cuts, lies, redirects and dawdles."""

import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from bucket_server import PATIENCE, Bucket, Handler, cut, drip, serve

from keten.errors import CeilingError, NetworkError, UsageError
from keten.transport.download import Download, Version
from keten.transport.http import Client, Rules, kin

DATA = bytes(range(256)) * 2000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Bucket]:
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "file").write_bytes(DATA)
    with serve(tmp_path / "www") as found:
        yield found


def download(most: int = 1 << 20, waits: list[float] | None = None, **rules: float) -> Download:
    told = waits if waits is not None else []
    return Download(Client(Rules(**rules)), most, wait=told.append)  # type: ignore[arg-type]


def test_the_file_comes_and_the_second_time_only_if_it_changed(
    server: Bucket, tmp_path: Path
) -> None:
    to = tmp_path / "got"
    version = download().get(f"{server.url}/file", to)

    assert to.read_bytes() == DATA
    assert version is not None
    assert download().get(f"{server.url}/file", to, version) is None
    assert server.asked[-1][1]["if-none-match"] == version.etag
    (server.folder / "file").write_bytes(b"new")
    assert download().get(f"{server.url}/file", to, version) not in (None, version)
    assert to.read_bytes() == b"new"
    assert not list(tmp_path.glob("*.part*"))


def test_what_was_cut_off_is_continued(server: Bucket, tmp_path: Path) -> None:
    turns = count()
    server.faults["/file"] = lambda h, d: next(turns) < 1 and cut(h, d, 100_000)
    waits: list[float] = []

    download(waits=waits).get(f"{server.url}/file", tmp_path / "got")

    assert (tmp_path / "got").read_bytes() == DATA
    assert len(waits) == 1
    asked = server.asked[-1][1]
    assert 0 < int(asked["range"].removeprefix("bytes=").removesuffix("-")) <= 100_000


def test_a_part_stays_for_the_next_run_and_is_dropped_when_the_file_changed(
    server: Bucket, tmp_path: Path
) -> None:
    server.faults["/file"] = lambda h, d: (
        cut(h, d, 100_000) if not h.headers.get("Range") else h.hang_up()
    )
    with pytest.raises(NetworkError):
        download().get(f"{server.url}/file", tmp_path / "got")
    assert (tmp_path / "got.part").stat().st_size > 0

    del server.faults["/file"]
    (server.folder / "file").write_bytes(DATA[::-1])
    download().get(f"{server.url}/file", tmp_path / "got")

    assert "range" in server.asked[-1][1]
    assert (tmp_path / "got").read_bytes() == DATA[::-1]


def test_lies_about_ranges(server: Bucket, tmp_path: Path) -> None:
    turns = count()

    def fault(handler: Handler, data: bytes) -> bool:
        turn = next(turns)
        if turn == 0:
            return cut(handler, data, 1000)
        if turn == 1:
            handler.answer(206, data[5:], {"Content-Range": f"bytes 5-{len(data) - 1}/*"})
            return True
        return False

    server.faults["/file"] = fault
    download().get(f"{server.url}/file", tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == DATA


@pytest.mark.parametrize("length", ["999999", "600000"])
def test_less_came_than_was_said(server: Bucket, tmp_path: Path, length: str) -> None:
    def fault(handler: Handler, data: bytes) -> bool:
        handler.answer(200, data, {"Content-Length": length})
        handler.hang_up()
        return True

    server.faults["/file"] = fault
    with pytest.raises(NetworkError, match=r"of .* bytes came|cut off"):
        download().get(f"{server.url}/file", tmp_path / "got")
    assert not (tmp_path / "got").exists()


def test_too_large_is_not_taken_whatever_was_said(server: Bucket, tmp_path: Path) -> None:
    with pytest.raises(CeilingError, match="at most 1000"):
        download(1000).get(f"{server.url}/file", tmp_path / "got")

    def endless(handler: Handler, data: bytes) -> bool:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(data)
        handler.hang_up()
        return True

    server.faults["/file"] = endless
    with pytest.raises(CeilingError, match="more than 600000"):
        download(600_000).get(f"{server.url}/file", tmp_path / "got")
    assert not (tmp_path / "got").exists()


def test_a_busy_server_is_asked_again_when_it_says(server: Bucket, tmp_path: Path) -> None:
    answers = iter([(503, {"Retry-After": "7"}), (429, {}), (502, {"Retry-After": "99999"})])

    def fault(handler: Handler, _: bytes) -> bool:
        status, headers = next(answers, (0, {}))
        if status:
            handler.answer(status, b"", headers)
        return bool(status)

    server.faults["/file"] = fault
    waits: list[float] = []
    download(waits=waits).get(f"{server.url}/file", tmp_path / "got")
    assert waits == [7.0, 2.0, 60.0]


def test_what_is_not_there_is_asked_for_once(server: Bucket, tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="404 there is no such file") as caught:
        download().get(f"{server.url}/nothing", tmp_path / "got")
    assert caught.value.status == 404
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("/loop", "more than 5 redirects"),
        ("http://evil.example/x", "redirects to what is not allowed"),
        ("https://evil.example/x", "redirects to another host"),
        ("file:///etc/passwd", "redirects to what is not allowed"),
        ("http://user:pw@127.0.0.1/", "redirects to what is not allowed"),
        ("http://[::1", "redirects to"),
    ],
)
def test_redirects(server: Bucket, location: str, said: str, tmp_path: Path) -> None:
    server.faults["/loop"] = lambda h, _: h.answer(302, b"", {"Location": location})
    with pytest.raises(NetworkError, match=said):
        download().get(f"{server.url}/loop", tmp_path / "got")


def test_a_redirect_within_the_house(server: Bucket, tmp_path: Path) -> None:
    server.faults["/old"] = lambda h, _: h.answer(301, b"", {"Location": "/file"})
    download().get(f"{server.url}/old", tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == DATA


def test_a_slow_server_is_left_in_time(server: Bucket, tmp_path: Path) -> None:
    left = threading.Event()
    server.faults["/file"] = lambda h, _: drip(h, left)
    with pytest.raises(NetworkError, match="took too long"):
        download(seconds=0.5, stall=0.3).get(f"{server.url}/file", tmp_path / "got")
    assert left.wait(PATIENCE)


def test_a_server_that_stalls_in_the_body(server: Bucket, tmp_path: Path) -> None:
    left = threading.Event()

    def fault(handler: Handler, data: bytes) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        return drip(handler, left, b"x")

    server.faults["/file"] = fault
    with pytest.raises(NetworkError, match="took too long"):
        download(seconds=0.5).get(f"{server.url}/file", tmp_path / "got")
    assert left.wait(PATIENCE)


def test_compression_that_nobody_asked_for(server: Bucket, tmp_path: Path) -> None:
    server.faults["/file"] = lambda h, d: h.answer(200, d, {"Content-Encoding": "gzip"})
    with pytest.raises(NetworkError, match="not asked for"):
        download().get(f"{server.url}/file", tmp_path / "got")


@pytest.mark.parametrize(
    "url",
    ["http://mirror.example/", "ftp://x/", "https://", "https://u:p@x/", "https://x/\n", "x" * 5000,
     "https://x:99999/"],
)  # fmt: skip
def test_urls_that_are_not_spoken_to(url: str) -> None:
    with pytest.raises(UsageError):
        Client().allowed(url)


def test_through_a_proxy(server: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.faults["http://mirror.example/file"] = lambda h, _: h.answer(200, b"through")
    monkeypatch.setenv("http_proxy", server.url)
    open_ = Download(Client(Rules(insecure=True)), 1000)
    open_.get("http://mirror.example/file", tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == b"through"
    download().get(f"{server.url}/file", tmp_path / "got")
    assert server.asked[-1][0] == "/file"
    monkeypatch.setenv("http_proxy", "https://proxy.example")
    with pytest.raises(UsageError, match="over http only"):
        open_.get("http://mirror.example/file", tmp_path / "got")


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="no answer"):
        download().get("http://127.0.0.1:9/x", tmp_path / "got")


@pytest.mark.parametrize(
    ("host", "other", "family"),
    [
        ("a.example.org", "b.example.org", True),
        ("example.org", "cdn.example.org", True),
        ("example.org", "example.com", False),
        ("10.0.0.1", "11.0.0.1", False),
        ("localhost", "127.0.0.1", False),
        ("org", "example.org", False),
    ],
)
def test_families(host: str, other: str, *, family: bool) -> None:
    assert kin(host, other) is family


def test_only_a_strong_version_is_continued() -> None:
    assert Version('W/"1"', "Fri").strong == ""
    assert Version('"1"').strong == '"1"'
    assert Version("", "Fri").strong == "Fri"
