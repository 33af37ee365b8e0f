"""`result.json` is canonical and obeys the published schema."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from audit.report.jsonfile import dump_document

from .hostile import HOSTILE, hostile_document


def test_sample_obeys_the_schema(document: dict[str, Any], validator: Draft202012Validator) -> None:
    """What is written is valid, and an unknown field at the top, in a rule or in a measure is not."""
    written = json.loads(dump_document(document))
    assert not list(validator.iter_errors(written))
    for place in (written, written["rules"][0], written["measures"][0], written["rows"]):
        place["surprise"] = 1
        assert list(validator.iter_errors(written))
        del place["surprise"]


def test_every_field_of_the_schema_is_required(validator: Draft202012Validator) -> None:
    """Strict both ways: an object that is closed requires each of its properties."""

    def walk(schema: Any) -> None:
        if isinstance(schema, dict):
            if schema.get("additionalProperties") is False:
                assert sorted(schema["required"]) == sorted(schema["properties"])
            for item in schema.values():
                walk(item)
        elif isinstance(schema, list):
            for item in schema:
                walk(item)

    walk(validator.schema)


def test_order_indent_and_newline() -> None:
    """Keys stay in declared order, two spaces, non-ASCII as itself, one newline at the end."""
    assert dump_document({"b": 1, "a": [True, None, "ü"]}).decode() == (
        '{\n  "b": 1,\n  "a": [\n    true,\n    null,\n    "ü"\n  ]\n}\n'
    )


def test_floats_keep_ten_digits() -> None:
    """1/3 is cut to ten significant digits, minus zero is zero, and integers are not touched."""
    got = json.loads(dump_document({"third": 1 / 3, "tiny": 1e-7 / 3, "zero": -0.0, "big": 2**60}))
    assert got == {"third": 0.3333333333, "tiny": 3.333333333e-08, "zero": 0.0, "big": 2**60}
    assert b"-0" not in dump_document({"zero": -0.0})


def test_noise_below_ten_digits_gives_the_same_bytes() -> None:
    """0.1 + 0.2 and 0.3 differ in the last bit of a double and are the same result."""
    assert 0.1 + 0.2 != 0.3
    assert dump_document({"x": 0.1 + 0.2}) == dump_document({"x": 0.3})


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_no_nan_gets_in(bad: float) -> None:
    """NaN and infinities are refused with the place where they stand."""
    with pytest.raises(ValueError, match=r"result\.measures\[1\]\.value"):
        dump_document({"measures": [{"value": 1.0}, {"value": bad}]})


def test_unknown_types_are_refused() -> None:
    """A set has no JSON form; the error says where it is."""
    with pytest.raises(TypeError, match=r"result\.tool is a set"):
        dump_document({"tool": {1}})


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_kept_as_text(text: str) -> None:
    """Every hostile text comes back from the bytes, a lone surrogate in its escaped spelling."""
    got = json.loads(dump_document(hostile_document(text)).decode())
    assert got["limitations"][0].endswith(text.encode("utf-8", "backslashreplace").decode())
