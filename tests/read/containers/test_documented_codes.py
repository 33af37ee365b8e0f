"""The page on formats names every code that a container gives."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_code_is_on_the_page() -> None:
    """Codes stand in the source as the first text of a fault; each has its line in docs/formats.md, and no other."""
    sources = [*(ROOT / "audit/read/containers").glob("*.py"), ROOT / "audit/read/streams.py"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    calls = re.findall(r'(?:RowFault|BrokenStream)\(\s*"([a-z0-9_]+)"', text)
    others = re.findall(r'"((?:truncated|corrupt|invalid)_[a-z0-9]+)"', text)
    page = (ROOT / "docs/formats.md").read_text(encoding="utf-8").split("## Why a row is set aside")[1]
    listed = re.findall(r"`([a-z0-9_]+)`", "\n".join(line for line in page.splitlines() if line.startswith("| `")))
    assert set(listed) == {*calls, *others}
