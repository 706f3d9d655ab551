"""All detectors in one order, and the digest that says which they are."""

import importlib
from functools import cache
from hashlib import sha256

import msgspec

from keten.model.plug import Detector

AREAS = (
    "clouds", "hosting", "forges", "registries", "talk", "money", "watch", "models", "stores",
    "devices", "services", "sites", "keys", "addresses",
)  # fmt: skip


@cache
def detectors() -> tuple[Detector, ...]:
    """Return every detector, area by area."""
    return tuple(
        detector
        for area in AREAS
        for detector in importlib.import_module(f"keten.secrets.detectors.{area}").DETECTORS
    )


@cache
def tokens() -> tuple[Detector, ...]:
    """Return the detectors of values that are known by their look."""
    return tuple(detector for detector in detectors() if not detector.names)


@cache
def named() -> tuple[Detector, ...]:
    """Return the detectors of values that are known by what they are assigned to."""
    return tuple(detector for detector in detectors() if detector.names)


def digest(gates: tuple[str, ...]) -> str:
    """Return the digest of all that the heads of tokens, and *gates*, are made from."""
    said = (gates, [(detector.id, detector.pattern, detector.heads) for detector in tokens()])
    return sha256(msgspec.json.encode(said)).hexdigest()[:32]
