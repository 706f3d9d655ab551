"""The script that a user reads and runs on a node, and that changes nothing there."""

HEAD = "keten-node-report/1"


def script() -> str:
    """Return the script: POSIX sh, with ls, sed, tr, cut, sort, cat, find and /proc."""
    from importlib.resources import files

    place = files("keten.formats.control_plane").joinpath("node_script.sh")
    return place.read_text(encoding="utf-8")
