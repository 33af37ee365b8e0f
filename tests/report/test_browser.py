"""The report in a real browser: nothing of the data runs, the explorer works, nothing is asked of the network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from audit.report.html import render_html

from .hostile import HOSTILE, hostile_document, hostile_evidence
from .sample_document import sample_evidence

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=5000",
    "--dump-dom",
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]


def dom(page: str, folder: Path) -> str:
    """Open a page from disk and return the document after its scripts ran."""
    file = folder / "report.html"
    file.write_text(page, encoding="utf-8")
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={folder / 'profile'}", file.as_uri()]
    return subprocess.run(command, capture_output=True, check=True, timeout=120).stdout.decode()


def test_the_explorer_shows_rows(tmp_path: Path, document: dict[str, Any]) -> None:
    """The notice is gone, the first five of 30 rows are there, chosen beside rejected, with their texts."""
    rows = sample_evidence(30)
    got = dom(render_html(document, rows, generated_at="now"), tmp_path)
    assert 'id="explorer-notice"' not in got
    assert "Rows 1 to 5 of 30" in got
    assert got.count('class="pair"') == 5
    assert "Chosen: side a, desk-large" in got
    assert rows[4]["response_b"] in got


def test_a_page_without_rows_is_quiet(tmp_path: Path, document: dict[str, Any]) -> None:
    """No evidence: the script does nothing and breaks nothing."""
    got = dom(render_html(document, [], generated_at="now"), tmp_path)
    assert "No finding has rows to show." in got
    assert "could not be opened" not in got[: got.index("<script")]


def test_hostile_text_runs_nothing(tmp_path: Path) -> None:
    """All texts of the corpus at once in every field: no script of theirs ran, no element of theirs exists."""
    text = " ".join(HOSTILE)
    page = render_html(hostile_document(text), hostile_evidence(text), generated_at="now")
    got = dom(page, tmp_path)
    assert "Rows 1 to 4 of 4" in got
    body = got[got.index("<body>") :]
    assert body.count("<script") == 2
    assert not re.findall(r"<(?:img|iframe|b|object)[ >]", body)
    assert "&lt;img src=x onerror=window.pwned=1&gt;" in body


def test_the_policy_stops_what_would_get_through(tmp_path: Path, document: dict[str, Any]) -> None:
    """Even if a tag were injected by force: inline handlers and scripts do not run, and a fetch is refused."""
    page = render_html(document, [], generated_at="now")
    attack = (
        "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">"
        '<p id="proof" style="color: red">injected</p>'
    )
    got = dom(page.replace("</main>", attack + "</main>"), tmp_path)
    assert 'id="proof"' in got
    assert "<title>pwned" not in got


def test_the_page_without_policy_would_have_fallen(tmp_path: Path, document: dict[str, Any]) -> None:
    """The control of the test above: without the policy the same attack runs, so the test can fail."""
    page = re.sub(
        r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", render_html(document, [], generated_at="now")
    )
    got = dom(page.replace("</main>", "<script>document.title='pwned'</script></main>"), tmp_path)
    assert "<title>pwned" in got


def test_trusted_types_refuse_markup(tmp_path: Path, document: dict[str, Any]) -> None:
    """A script that is allowed by its digest still cannot turn a string into markup."""
    page = render_html(document, [], generated_at="now")
    probe = (
        "const p=document.createElement('p');p.id='probe';"
        "try{p.innerHTML='<b>x</b>';p.textContent='TOOK'}catch(e){p.textContent=JSON.stringify(e.name)}"
        "document.body.append(p)"
    )
    digest = base64.b64encode(hashlib.sha256(probe.encode()).digest()).decode()
    page = page.replace("script-src ", f"script-src &#x27;sha256-{digest}&#x27; ").replace(
        "</body>", f"<script>{probe}</script></body>"
    )
    (said,) = re.findall(r'<p id="probe">(.*?)</p>', dom(page, tmp_path))
    assert json.loads(unescape(said)) == "TypeError"
