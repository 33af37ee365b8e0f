"""Our canonical JSON against the reference library: byte for byte the same, and the same refusals."""

from __future__ import annotations

import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.canonical import LARGEST_INTEGER, canonical_json

texts = st.text(st.characters(exclude_categories=[]), max_size=12)
numbers = st.integers(-LARGEST_INTEGER * 2, LARGEST_INTEGER * 2) | st.floats()
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=600, deadline=None)
@given(values)
def test_both_write_the_same_bytes_or_refuse(value: object) -> None:
    """Documents of every kind of value, lone surrogates, NaN, infinities and large integers among them."""
    try:
        expected: bytes | None = rfc8785.dumps(value)  # type: ignore[arg-type]
    except (rfc8785.CanonicalizationError, ValueError):
        expected = None
    try:
        got: bytes | None = canonical_json(value)
    except ValueError:
        got = None

    assert got == expected


@settings(max_examples=2000, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_are_written_alike(value: float) -> None:
    """The rule that libraries get wrong: shortest digits, in the layout of ECMAScript."""
    assert canonical_json(value) == rfc8785.dumps(value)
