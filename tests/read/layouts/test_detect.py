"""Detection: confidence, ambiguity, empty samples; and the inspection of what would be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import LayoutError, MappingError
from audit.inspect import inspect, visible
from audit.read.block import Block
from audit.read.detect import LEAST_CONFIDENCE, detect, readings
from audit.read.layouts.known import LAYOUTS, layout_named
from audit.read.mapping import FieldMapping, parse_mapping


@dataclass
class Rows:
    """As much of a container as an inspection asks for."""

    records: Sequence[dict[str, Any]]
    name: str = "data.jsonl"

    def sample(self, most: int = 200) -> list[dict[str, Any]]:
        return list(self.records[:most])


PAIR = {"prompt": "p", "chosen": "c", "rejected": "r"}


def test_layouts_have_distinct_names() -> None:
    """Each layout is found by its own name; an unknown one is refused with near names."""
    assert len({layout.name for layout in LAYOUTS}) == len(LAYOUTS)
    assert all(layout_named(layout.name) is layout for layout in LAYOUTS)
    with pytest.raises(MappingError, match="pairs"):
        layout_named("pair")


def test_no_rows() -> None:
    """Without a row the layout is unknown, and zero comparisons come of it; rows that turn up later are rejects."""
    found = detect([])
    assert (found.layout, found.confidence) == ("unknown", 1.0)
    empty = layout_named("unknown").convert(Block((), None, 0, (), ()), found.mapping, "f")
    assert (empty.batch.num_rows, empty.accepted) == (0, 0)
    late = layout_named("unknown").convert(Block((5,), None, 1, (), [{"a": 1}]), found.mapping, "f")
    assert [(reject.row, reject.code) for reject in late.rejects] == [(5, "unknown_layout")]


def test_rows_of_no_layout() -> None:
    """Rows that fit nothing stop with their fields and the way out."""
    with pytest.raises(LayoutError, match="no known layout") as caught:
        detect([{"text": "x", "meta": 1}])
    assert "'text', 'meta'" in str(caught.value)
    assert "--mapping" in str(caught.value)


def test_confidence_falls_with_misfits() -> None:
    """The share of the sample that fits is part of the confidence."""
    bad = {**PAIR, "chosen": 7}
    sure, mixed = detect([PAIR] * 4), detect([PAIR, PAIR, bad, bad])
    assert LEAST_CONFIDENCE < mixed.confidence < sure.confidence <= 1
    with pytest.raises(LayoutError):
        detect([bad])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=True) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["role", "content", "a", "label"]), inner)
    ),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        *(
            "prompt",
            "chosen",
            "rejected",
            "response_a",
            "response_b",
            "label",
            "judgments",
            "votes",
            "winner",
            "model_a",
        ),
        *(
            "model_b",
            "annotator1",
            "annotator2",
            "completions",
            "ratings",
            "generations",
            "fields",
            "responses",
            "order",
        ),
        *(
            "conversations",
            "input",
            "preferred_output",
            "non_preferred_output",
            "context",
            "preference",
            "weight",
            "labels",
        ),
        *(
            "history",
            "human_ref_A",
            "human_ref_B",
            "candidates",
            "judgment",
            "id",
            "locale",
            "strength",
            "overall_preference",
        ),
    ]
)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.dictionaries(NAMES, JSON, max_size=8), min_size=1, max_size=4), st.data())
def test_hostile_rows(records: list[dict[str, Any]], data: st.DataObject) -> None:
    """Whatever the rows hold, every layout answers or declines, and no row is lost by the readings it offers."""
    for found in readings(records):
        assert 0 <= found.confidence <= 1
        more = data.draw(st.lists(st.dictionaries(NAMES, JSON, max_size=8), max_size=2))
        rows = [*records, *more]
        block = Block(range(1, len(rows) + 1), None, len(rows), (), rows)
        got = layout_named(found.layout).convert(block, found.mapping, "f")
        assert got.accepted + len(got.rejects) == len(rows)
        assert len(set(got.batch["row"].to_pylist())) == got.accepted


def test_inspection() -> None:
    """Mapping with types and fill, rows as read, faults, unused fields and what is missing."""
    rows = [
        {**PAIR, "id": 1, "extra": "x"},
        {**PAIR, "chosen": "\x1b[31mred\u202e", "id": None},
        {**PAIR, "chosen": True},
    ]
    found = inspect(Rows(rows), detect(rows))
    assert (found.sampled, len(found.rows), found.unused) == (3, 2, ("extra",))
    told = {field.name: (field.path, field.types, field.filled) for field in found.fields}
    assert told["comparison_id"] == ("id", "number", 0.5)
    assert told["response_a"] == ("chosen", "text, boolean", 1.0)
    assert "locale" in found.missing
    assert "prompt" not in found.missing
    text = "\n".join(found.to_lines({"locale": ["balance"], "prompt": ["structure"]}))
    assert "layout pairs, confidence 0.77" in text, "0.5 + 0.4 * 2 / 3"
    assert "locale: leaves out balance" in text
    assert r"response_a = \x1b[31mred\u202e" in text
    assert "row 3: wrong_type: field chosen" in text
    assert "\x1b" not in text


def test_inspection_of_nested_judgments() -> None:
    """Fields of nested judgments are counted over the judgments."""
    row = {
        "response_a": "x",
        "response_b": "y",
        "votes": [{"worker": "w", "value": "a"}, {"worker": None, "value": "b"}],
    }
    found = inspect(Rows([row]), detect([row]))
    told = {field.name: field.filled for field in found.fields}
    assert (told["judgment.label"], told["judgment.annotator"]) == (1.0, 0.5)
    assert "judgment.shown_first" in found.missing


def test_mapping_from_inspection_is_the_mapping() -> None:
    """The commented mapping file is read back as exactly the mapping that was detected."""
    rows = [{**PAIR, "meta": {"domain": "law"}, "domain": "law", "shown_first": 0, "\x1b]": "a"}]
    detection = detect(rows)
    text = inspect(Rows(rows), detection).to_mapping_toml()
    assert parse_mapping(text) == detection.mapping
    assert "# Confirm: shown_first looks like the order shown" in text
    assert "Fields that could be added: comparison_id" in text
    assert "\x1b" not in text


def test_inspection_of_nothing() -> None:
    """A file without rows is inspected too."""
    lines = inspect(Rows([]), detect([])).to_lines()
    assert "layout unknown" in lines[0]


def test_inspection_of_a_mapping() -> None:
    """A mapping given by the user is inspected like a detected one."""
    mapping = FieldMapping("pairs", {"prompt": "q", "response_a": "c", "response_b": "r"})
    detection = detect([{"prompt": "x", "chosen": "y", "rejected": "z"}])
    given_by_hand = type(detection)("pairs", 1.0, ("given",), mapping)
    found = inspect(Rows([{"q": "1", "c": "2", "r": "3"}]), given_by_hand)
    assert dict(found.rows[0]) == {"prompt": "1", "response_a": "2", "response_b": "3", "label": "a"}


@pytest.mark.parametrize(
    ("value", "shown"), [("a\nb", r"a\nb"), ("\ud800", r"\ud800"), (None, "None"), ("x" * 99, "x" * 90)]
)
def test_visible(value: object, shown: str) -> None:
    """Text is one printable line, cut."""
    assert visible(value).startswith(shown)
    assert visible(value).isprintable()
