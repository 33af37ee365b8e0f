"""docs/figures.md: every published figure is reproduced, and the page holds what the command gives."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def figures() -> ModuleType:
    spec = importlib.util.spec_from_file_location("figures", ROOT / "benchmarks" / "figures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["figures"] = module
    spec.loader.exec_module(module)
    return module


def test_constants_of_textbooks(figures: ModuleType) -> None:
    """To the last digit printed."""
    for source, what, published, ours, _, _, within in figures.constants():
        assert ours == pytest.approx(published, abs=within), (source, what)


@pytest.mark.slow
def test_public_files_and_the_page(figures: ModuleType) -> None:
    """Each figure within what its note explains; the page is what the command prints."""
    if not figures.DATA.is_dir():
        pytest.skip("the public files are not here")
    for source, what, published, ours, _, _, within in figures.rows():
        assert ours == pytest.approx(published, abs=within), (source, what)
    assert (ROOT / "docs" / "figures.md").read_text(encoding="utf-8") == figures.table()
