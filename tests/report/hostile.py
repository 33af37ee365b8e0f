"""Texts that attack the reader of a report, and a document with one of them in every text field."""

from __future__ import annotations

import copy
from typing import Any

from .sample_document import sample_document, sample_evidence

HOSTILE = (
    "a%0A::error::b%25",
    "\n::stop-commands::x\n::add-mask::y",
    "] [link](javascript:1) @everyone ![i](http://evil.example/i.png) | a | b |",
    "</script><script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "\"><svg onload=window.pwned=1>'",
    "<!--<script>",
    "]]><b>bold</b>&lt;script&gt;",
    "\x1b[2J\x1b[31mred\x1b]0;title\x07\x1b]8;;http://evil.example\x1b\\link",
    "\x9b31m C1 \x90q\x9c",
    "\u202egnp.exe\u202c \u2066isolate\u2069 \u200f",
    "nul \x00 backspace \x08\x08\x08 return\rOVERWRITTEN",
    "line\nbreak\ttab \u2028 separator \u2029",
    "lone \ud83d surrogate \udc80",
    '=HYPERLINK("http://evil.example","click")',
    "[bold red]markup[/bold red] :smile: [link=http://evil.example]x[/link]",
    "${placeholder} $name {{template}} {% raw %} %s {0}",
    "::set-output name=x::y\n::error::z",
    "javascript:window.pwned=1",
    "\U000e0041\U000e0042 tag characters",
    "z" + "\u0301" * 40,
)
_ENUMS = ("verdict", "level", "severity", "status", "kind", "schema", "operator", "sha256", "label", "state")


def hostile_document(text: str) -> dict[str, Any]:
    """Return the sample document with `text` put into every free text field."""
    return _spoil(sample_document(), text)  # type: ignore[no-any-return]


def hostile_evidence(text: str) -> list[dict[str, Any]]:
    """Return sample evidence rows with `text` in every text field."""
    rows = copy.deepcopy(sample_evidence(4))
    return _spoil(rows, text)  # type: ignore[no-any-return]


def _spoil(value: Any, text: str, key: str = "") -> Any:
    if isinstance(value, str):
        return value if key in _ENUMS else f"{value}{text}"
    if isinstance(value, dict):
        keys_are_data = key in ("rejects", "mapping", "parameters")
        return {(f"{k}{text}" if keys_are_data else k): _spoil(item, text, k) for k, item in value.items()}
    if isinstance(value, list):
        return [_spoil(item, text, key) for item in value]
    return value
