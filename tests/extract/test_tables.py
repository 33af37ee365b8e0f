"""The data that kernels and twin share: the table of kinds, the lexicon, and which implementation is picked."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest

from audit.extract import kernels, lexicon, twin, unicode_table
from tests.extract.texts import FRAGMENTS

ROOT = Path(kernels.__file__).parent


def test_table_is_what_its_script_makes() -> None:
    """The committed table equals the script's, code point by code point, where this Python has its Unicode version."""
    if unicodedata.unidata_version != unicode_table.UNICODE_VERSION:
        pytest.skip(f"this Python has Unicode {unicodedata.unidata_version}")
    made = runpy.run_path(str(ROOT / "native" / "make_unicode_table.py"))["kinds"]()
    assert unicode_table.kind_table().decode() == made


def test_table_agrees_with_unicodedata() -> None:
    """Whatever the Unicode version: letters, digits and marks of the table are such; ASCII is as one expects."""
    table = unicode_table.kind_table().decode()
    assert len(table) == 0x110000
    categories = {"U": ("Lu", "Lt"), "n": ("Nd",), "s": ("Mc",), "l": ("L", "Nl")}
    for kind, allowed in categories.items():
        points = [point for point in range(0x110000) if table[point] == kind]
        assert points
        assert all(unicodedata.category(chr(point)).startswith(allowed) for point in points)
    letters = {chr(point) for point in range(128) if table[point] in "Ul"}
    assert letters == set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert {chr(point) for point in range(128) if table[point] == "n"} == set("0123456789")


def test_lexicon_counts_nothing_twice() -> None:
    """Within a counted group no phrase ends with another, and every phrase is written as it is matched."""
    phrases: dict[int, set[tuple[str, ...]]] = {}
    for group, words in twin.phrases():
        phrases.setdefault(group, set()).add(words)
        assert 0 < len(words) <= twin.LONGEST_PHRASE
        assert all(not set(word) & set("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for word in words)
    for group in (twin.FIRST_PERSON, twin.HEDGE, twin.REFUSAL, twin.CLOSER):
        assert not [p for p in phrases[group] if any(p[i:] in phrases[group] for i in range(1, len(p)))]
    assert len(phrases) == 4 + len(lexicon.OPENERS)


def implementation_under(**environment: str) -> str:
    """Return the implementation that a fresh interpreter picks, after it has counted something."""
    code = (
        "import pyarrow as pa; from audit.extract import kernels as k; "
        "assert k.count_features(pa.array(['a b']))[0, 3] == 2; assert k.text_keys(pa.array(['a'])).any(); "
        "assert k.combine_keys(k.text_keys(pa.array(['a']))).any(); print(k.IMPLEMENTATION)"
    )
    path = os.pathsep.join([str(ROOT.parent.parent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_environment_forces_the_twin() -> None:
    """`AUDIT_KERNELS=python` picks the twin; without it, the kernels that this process also found."""
    assert implementation_under(AUDIT_KERNELS="python") == "python"
    assert implementation_under() == kernels.IMPLEMENTATION or "AUDIT_KERNELS" in os.environ


def test_threads_share_the_kernels() -> None:
    """Many threads at once get what one thread gets."""
    arrays = [pa.array(["".join(FRAGMENTS[i : i + 40])] * 50) for i in range(40)]
    alone = [(kernels.count_features(a).tolist(), kernels.text_keys(a).tolist()) for a in arrays]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda a: (kernels.count_features(a).tolist(), kernels.text_keys(a).tolist()), arrays))
    assert together == alone
