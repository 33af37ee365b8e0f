"""How texts begin and end: the kernel against its twin, and what counts as the same opening."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.extract import kernels, twin

EIGHT = "one two three four five six seven eight"


def edges(*texts: str | None) -> list[list[int]]:
    return kernels.text_edges(pa.array(texts, pa.large_string())).tolist()  # type: ignore[no-any-return]


@given(st.lists(st.one_of(st.none(), st.text(), st.text("ab \t\nÄ漢", max_size=120)), max_size=8))
def test_kernel_equals_twin(texts: list[str | None]) -> None:
    """Any text, any blanks, any script; nulls are zeros."""
    kept = [None if text is None else text.encode("utf-8", "replace").decode() for text in texts]
    assert edges(*kept) == [[0, 0] if text is None else list(twin.edges(text)) for text in kept]


def test_blanks_and_capitals_do_not_matter() -> None:
    """Eight words begin alike whatever stands between them; what follows does not matter."""
    first, other, third = edges(EIGHT + " nine.", f"  {EIGHT.upper()}\n\tand more", "zero " + EIGHT)
    assert first[0] == other[0] != third[0]
    assert edges("zero " + EIGHT)[0][1] == edges(EIGHT)[0][1] != first[1]


def test_short_texts_have_no_edges() -> None:
    """Seven words are too few; a script without spaces is cut into 16 code points, from 32 on."""
    assert edges("a b c d e f g", "", None) == [[0, 0]] * 3
    assert edges("漢" * 31) == [[0, 0]]
    one, other = edges("漢字" * 16, "漢字" * 8 + "終" * 16)
    assert one[0] == other[0] != 0
    assert one[1] != other[1]


def test_without_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """The slow way gives the same."""
    texts = (EIGHT, "漢字" * 20, "short", None)
    fast = edges(*texts)
    monkeypatch.setattr(kernels, "_NATIVE", None)
    assert edges(*texts) == fast
