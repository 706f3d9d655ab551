"""Where the real data and the conformance vectors are, for tests that use them."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_AT = Path(os.environ.get("KETEN_SHARED", ROOT.parent / "shared"))
SHARED: Path | None = _AT if (_AT / "vectors").is_dir() else None

needs_shared = pytest.mark.skipif(
    SHARED is None, reason="the folder of real data (KETEN_SHARED) is not here"
)
