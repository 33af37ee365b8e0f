"""Mappings: paths, overrides, strict checks, TOML there and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import MappingError
from audit.read.mapping import (
    FIELD_NAMES,
    FieldMapping,
    apply_overrides,
    check_against,
    load_mapping,
    parse_mapping,
    source_fields,
)
from audit.read.mapping_toml import mapping_toml
from audit.read.paths import dig, format_path, parse_paths

SEGMENTS = st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=4)


@given(SEGMENTS)
def test_paths_round_trip(segments: list[str]) -> None:
    """Whatever the segments hold, the written path is read back as the same one."""
    assert parse_paths(format_path(segments)) == (tuple(segments),)


def test_joined_paths() -> None:
    """` + ` joins paths; a plus inside quotes is part of a name."""
    assert parse_paths('a.0 + "b + c".d') == (("a", "0"), ("b + c", "d"))


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a b", "a +b", "a + ", 'a"b', '"a', "a\nb", ".".join("a" * 20)])
def test_malformed_paths(text: str) -> None:
    """What is no path is told with its place."""
    with pytest.raises(MappingError, match="cannot be read"):
        parse_paths(text)


def test_digging() -> None:
    """Objects by key, lists by index from either end, null where a step is missing."""
    value = {"a": [{"b": 1}, {"b": 2}], "0": "zero"}
    assert dig(value, ("a", "-1", "b")) == 2
    assert dig(value, ("0",)) == "zero"
    assert [dig(value, path) for path in (("a", "2"), ("a", "x"), ("a", "0", "b", "c"), ("z",))] == [None] * 4


def test_overrides() -> None:
    """One-off entries set, replace, alias and drop; slices have a prefix."""
    mapping = FieldMapping("pairs", {"prompt": "p", "weight": "w"})
    got = apply_overrides(mapping, ["chosen=answer_a", " rejected = b.0 ", "slice.team=meta.team", "weight="])
    assert got.fields == {"prompt": "p", "response_a": "answer_a", "response_b": "b.0"}
    assert got.slices == {"team": "meta.team"}
    assert mapping.fields == {"prompt": "p", "weight": "w"}
    assert source_fields(got) == ["answer_a", "b", "meta", "p"]


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("chosen", "no NAME=path form"),
        ("=x", "no NAME=path form"),
        ("choosen=x", "unknown field"),
        ("prompt=a..b", "fields.prompt"),
    ],
)
def test_bad_overrides(entry: str, told: str) -> None:
    """A malformed entry is refused with what was got."""
    with pytest.raises(MappingError, match=told):
        apply_overrides(FieldMapping("pairs"), [entry])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("layout = 3", "names no layout"),
        ("[fields]\nprompt = 'p'", "names no layout"),
        ("layout = 'pairs'\nfield = 1", "unknown key"),
        ("layout = 'pairs'\n[fields]\nrespones_a = 'x'", "did you mean 'response_a'"),
        ("layout = 'pairs'\n[fields]\nprompt = 3", "a source path is not text"),
        ("layout = 'pairs'\n[fields]\njudgment = 'x'", "judgment is no field by itself"),
        ("layout = 'pairs'\nfields = 1", "a mapping section is not a table"),
        ("layout = 'pairs'\n[values.label]\n1 = 'first'", "a, b, tie, both_bad, escalate, invalid"),
        ("layout = 'pairs'\n[values.judgment.shown_first]\n1 = 'tie'", "got: 'tie'"),
        ("layout = 'pairs'\n[values]\nlabel = 'x'", "a value table is not a table"),
        ("layout = 'pairs'\n[values.lable]\n1 = 'a'", "did you mean 'label'"),
        ("layout = 'pairs'\n[slices]\n'a b' = 'x'", "a slice's name is not usable"),
        ("layout = 'pairs'\n[options]\nx = {a = 1}", "an option has a wrong type"),
        ("layout =", "not valid TOML"),
    ],
)
def test_strict_checks(text: str, told: str) -> None:
    """Whatever is unknown or of a wrong type is refused by name, with the nearest known names."""
    with pytest.raises(MappingError) as caught:
        parse_mapping(text)
    assert told in str(caught.value)


TEXTS = st.text(max_size=8)
MAPPINGS = st.builds(
    FieldMapping,
    layout=st.text(min_size=1, max_size=8),
    fields=st.dictionaries(st.sampled_from(FIELD_NAMES), SEGMENTS.map(format_path), max_size=6),
    values=st.dictionaries(
        st.sampled_from(("label", "judgment.label", "locale")),
        st.dictionaries(TEXTS, st.just("a"), min_size=1, max_size=3),
    ),
    slices=st.dictionaries(
        st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,9}", fullmatch=True), SEGMENTS.map(format_path)
    ),
    options=st.dictionaries(
        st.text(min_size=1, max_size=5), st.booleans() | st.integers(-9, 9) | TEXTS | st.lists(TEXTS).map(tuple)
    ),
)


@given(MAPPINGS, st.lists(TEXTS, max_size=2))
def test_toml_round_trip(mapping: FieldMapping, header: list[str]) -> None:
    """Any mapping is written so that it is read back equal, whatever remarks stand beside it."""
    remarks = dict.fromkeys((*mapping.fields, *(f"slice.{name}" for name in mapping.slices)), "\x1b[31m\nx = 1")
    text = mapping_toml(mapping, header, remarks)
    assert parse_mapping(text) == mapping
    assert text == mapping_toml(mapping, header, remarks)


def test_a_mapping_by_hand(tmp_path: Path) -> None:
    """`chosen` stands for response_a, judgment fields need no quotes; a faulty file is named."""
    path = tmp_path / "mapping.toml"
    path.write_text(
        "layout = 'pairs'\n[fields]\nchosen = 'x'\njudgment.annotator = 'who'\n[values.judgment.label]\n1 = 'a'\n"
    )
    assert load_mapping(path) == FieldMapping(
        "pairs", {"response_a": "x", "judgment.annotator": "who"}, {"judgment.label": {"1": "a"}}
    )
    path.write_text("layout = 'pairs'\nextra = 1\n")
    with pytest.raises(MappingError, match=r"mapping\.toml"):
        load_mapping(path)
    with pytest.raises(MappingError, match="cannot be read"):
        load_mapping(tmp_path / "absent.toml")


def test_fields_that_are_not_there() -> None:
    """A mapped text field that no sampled row has is told with the nearest names."""
    mapping = FieldMapping("pairs", {"response_a": "answr_a", "weight": "nowhere"})
    with pytest.raises(MappingError, match="'answer_a'") as caught:
        check_against(mapping, ["answer_a", "answer_b"])
    assert "fields.response_a" in str(caught.value)
    check_against(FieldMapping("pairs", {"response_a": "answer_a.text"}), ["answer_a"])
    check_against(mapping, [])


def test_a_mapping_that_lacks_a_side(read) -> None:
    """A layout that needs a field says so, and how to add it."""
    with pytest.raises(MappingError, match="--map response_b=FIELD"):
        read([{"prompt": "p", "chosen": "c"}], FieldMapping("pairs_implicit_prompt", {"response_a": "chosen"}))
