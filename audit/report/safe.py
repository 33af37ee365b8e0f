"""Text of strangers made harmless to look at: nothing in it may move the cursor, turn the reading order or hide.

Control and bidirectional characters become visible tokens such as <U+202E>; everything readable in any script stays.
Only presentation is cleaned: `result.json` and `evidence.parquet` keep the text as it was.
"""

from __future__ import annotations

import re
from typing import Final

_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and newline, DEL, C1
    "\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_BREAKS: Final = re.compile("[\n\t]")


def visible(text: str) -> str:
    """Return the text with each control, bidirectional, invisible or unencodable character as a token <U+XXXX>.

    Newlines and tabs stay; so do the joiners that emoji and Indic scripts are written with.
    """
    return _HIDDEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)


def one_line(text: str, most: int | None = None) -> str:
    """Return `visible` text on one line, newlines and tabs as tokens too, cut to `most` characters with "..."."""
    line = _BREAKS.sub(lambda found: f"<U+{ord(found[0]):04X}>", visible(text))
    return line if most is None or len(line) <= most else line[: max(most - 3, 0)] + "..."


def sentence(text: str) -> str:
    """Return a clause as a sentence: first letter large, a full stop at the end."""
    closed = text if text.endswith((".", "!", "?")) or not text else f"{text}."
    return closed[:1].upper() + closed[1:]


def encodable(text: str) -> str:
    r"""Return the text with each lone surrogate as the six characters \udXXX, so that it has a UTF-8 form."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
