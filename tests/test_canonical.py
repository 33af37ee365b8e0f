"""Canonical JSON: the vectors of RFC 8785 and the laws behind them."""

from __future__ import annotations

import json
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import canonical_json, digest, number

RFC_8785_APPENDIX_B = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@pytest.mark.parametrize(("bits", "expected"), RFC_8785_APPENDIX_B)
def test_number_vectors(bits: str, expected: str) -> None:
    """Every finite sample of RFC 8785 appendix B is written as it says."""
    assert number(struct.unpack(">d", bytes.fromhex(bits))[0]) == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_come_back(value: float) -> None:
    """Whatever finite double is written is read back as itself."""
    assert float(number(value)) == value


def test_whole_floats_equal_integers() -> None:
    """1.0 and 1 are one number in JSON, so they have one form."""
    assert canonical_json([1.0, -2.0, 1e20]) == b"[1,-2,100000000000000000000]"
    assert digest({"limit": 0.80}) == digest({"limit": 0.8})


def test_keys_sort_by_utf16() -> None:
    """Keys sort by UTF-16 units: U+1F600 (lead surrogate D83D) before U+FB33, unlike by code point (section 3.2.3)."""
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    written = json.loads(canonical_json(dict.fromkeys(keys, 0)))
    assert list(written) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_strings_escape_only_what_must_be() -> None:
    """The sample string of section 3.2.2.2: short escapes, lower-case hex for other controls, all else literal."""
    text = "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/\u007f"
    assert canonical_json(text).decode() == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f"'


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**53, -(2**53), "\ud800", {1: 2}, b"x", object(), {"a": {3}}])
def test_what_json_lacks_is_refused(value: object) -> None:
    """NaN, infinities, wide integers, lone surrogates, other keys and other types raise, never pass silently."""
    with pytest.raises(ValueError):  # noqa: PT011 - UnicodeEncodeError is one of them and has another text
        canonical_json(value)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**53) + 1, 2**53 - 1)
        | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abé\n", max_size=3), inner, max_size=4),
        max_leaves=12,
    )
)
def test_documents_come_back(value: object) -> None:
    """A document is read back equal, whatever the order of its keys, and writing it again gives the same bytes."""
    once = canonical_json(value)
    assert json.loads(once) == value
    assert canonical_json(json.loads(once)) == once
