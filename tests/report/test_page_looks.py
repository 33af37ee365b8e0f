"""Pages of tables in a real browser: what axe-core finds in both themes, no request, nothing of the data runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from audit.report.block_html import page_html

from .test_blocks import HOSTILE, WHEN, page
from .test_looks import violations

pytestmark = pytest.mark.browser
Open = Callable[..., Any]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("text", ["locale = de-DE", HOSTILE])
def test_axe_finds_nothing_and_nothing_leaves(open_page: Open, theme: str, text: str) -> None:
    """On a wide and on a small screen; the only request is the file itself, and the console stays silent."""
    html = page_html(page(text), generated_at=WHEN)
    for width in (1280, 390):
        look: dict[str, Any] = {"color_scheme": theme, "viewport": {"width": width, "height": 900}}
        shown = open_page(html, **look)
        assert (len(shown.asked), shown.faults) == (1, [])
        assert violations(open_page(html, bypass_csp=True, **look)) == []
