"""Presence codes: words, blanks, placeholders and nulls."""

from __future__ import annotations

import pyarrow as pa
import pytest

from audit.extract.presence import EMPTY, PLACEHOLDER, PLACEHOLDERS, PRESENT, presence


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_presence(kind: pa.DataType) -> None:
    """Case and outer space do not matter; a long text is never compared."""
    texts = ["yes", "", "  \n", " N/A ", "Unknown", "latest", "{}", '{"seed":1}', None, "x" * 10_000]
    expected = [PRESENT, EMPTY, EMPTY, *[PLACEHOLDER] * 4, PRESENT, None, PRESENT]
    assert presence(pa.array(texts, kind)).to_pylist() == expected


def test_every_placeholder_in_a_slice() -> None:
    """Each listed placeholder is found, in a sliced array too, and an empty array is legal."""
    texts = pa.array(["there", *sorted(PLACEHOLDERS)])
    assert set(presence(texts.slice(1)).to_pylist()) == {PLACEHOLDER}
    assert len(presence(texts.slice(0, 0))) == 0
