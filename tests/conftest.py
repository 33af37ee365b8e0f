"""What every test may ask for: goldens, and the option that rewrites them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile(
    "without deadline", deadline=None
)  # a deadline is a bound on wall time: a busy machine fails it
settings.load_profile("without deadline")

Golden = Callable[[Path, bytes], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update-goldens`: write what the tests get as the new expectation; review the diff."""
    parser.addoption("--update-goldens", action="store_true", help="rewrite golden outputs instead of comparing")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Return a function that compares bytes with a golden file, or rewrites it under --update-goldens."""

    def compare(path: Path, got: bytes) -> None:
        if request.config.getoption("--update-goldens"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(got)
        assert path.is_file(), f"{path} is missing: run pytest --update-goldens and review it"
        assert got == path.read_bytes(), f"{path} differs: run pytest --update-goldens and review the diff"

    return compare
