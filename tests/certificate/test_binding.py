"""A certificate against rows and training: honest differences pass, every other one is named."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from audit.certificate.binding import mismatches
from audit.certificate.rows import FileDigest, RowDigests
from audit.training import TrainingSpec, load_spec

SPEC = load_spec(Path(__file__).parents[2] / "fixtures" / "training" / "training.toml")
ROWS = RowDigests(
    scheme="dpo-rows/v1",
    n=10,
    pairs=9,
    set_root="a" * 64,
    ordered_root="b" * 64,
    evidence_n=4,
    evidence_root="c" * 64,
    duplicates=1,
    columns=("label", "prompt"),
    excluded=2,
    reason_digest="sha256:" + "d" * 64,
    files=(FileDigest("x.jsonl", 100, "e" * 64, 10, "f" * 64),),
)
PREDICATE: dict[str, Any] = {**ROWS.to_json(), "training": {**SPEC.to_json(), "specDigest": SPEC.digest}}


def test_what_was_certified_holds() -> None:
    """The same rows and training have no mismatch, in any order check."""
    assert mismatches(PREDICATE, ROWS, SPEC) == []
    assert mismatches(PREDICATE, ROWS, SPEC, strict_order=True) == []


@pytest.mark.parametrize(
    "honest",
    [
        {"ordered_root": "0" * 64},
        {"files": ()},
        {"excluded": 0, "reason_digest": "sha256:" + "0" * 64},
    ],
    ids=["re-ordered", "re-sharded", "left out what was set aside"],
)
def test_honest_differences_pass(honest: dict[str, Any]) -> None:
    """Another order, other files and source rows that nobody read may differ."""
    assert mismatches(PREDICATE, replace(ROWS, **honest), SPEC) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"set_root": "0" * 64}, "rows.setRoot"),
        ({"n": 11}, "rows.n"),
        ({"pairs": 10}, "rows.pairs"),
        ({"evidence_root": "0" * 64}, "rows.evidenceRoot"),
        ({"excluded": 3}, "rows.excluded.n"),
    ],
)
def test_other_rows_are_named(change: dict[str, Any], field: str) -> None:
    """Every digest that differs is a mismatch of its own, with what was got and what was certified."""
    (found,) = mismatches(PREDICATE, replace(ROWS, **change), SPEC)
    assert found.field == field
    assert found.error().where == field
    assert str(next(iter(change.values()))) in found.got


def test_the_order_counts_where_it_is_asked_for() -> None:
    """Strict order adds the ordered root."""
    (found,) = mismatches(PREDICATE, replace(ROWS, ordered_root="0" * 64), SPEC, strict_order=True)
    assert found.field == "rows.orderedRoot"


def leaves_of(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the path of every single value of a document; lists count as one."""
    if not isinstance(value, dict):
        return [path]
    return [found for name, inner in value.items() for found in leaves_of(inner, (*path, name))]


@pytest.mark.parametrize("path", leaves_of(SPEC.to_json()), ids=".".join)
def test_every_setting_is_bound(path: tuple[str, ...]) -> None:
    """A change of any one setting is named first, before the digest of the whole."""
    values = copy.deepcopy(SPEC.to_json())
    place: Any = values
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = "changed"
    found = mismatches(PREDICATE, ROWS, TrainingSpec(values))
    assert [one.field for one in found] == ["training." + ".".join(path), "training.specDigest"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda p: p.pop("rows"), "rows"),
        (lambda p: p.update(rows=[]), "rows"),
        (lambda p: p["rows"].update(scheme="dpo-rows/v2"), "rows.scheme"),
        (lambda p: p["rows"].pop("setRoot"), "rows.setRoot"),
        (lambda p: p["rows"].update(n=10.0), "rows.n"),
        (lambda p: p["rows"].update(n="10"), "rows.n"),
        (lambda p: p["rows"].pop("excluded"), "rows.excluded.n"),
        (lambda p: p["rows"].update(excluded={"n": True}), "rows.excluded.n"),
        (lambda p: p["rows"].update(excluded={"n": "many"}), "rows.excluded.n"),
        (lambda p: p.pop("training"), "training"),
        (lambda p: p.update(training=None), "training"),
        (lambda p: p["training"].pop("beta"), "training.beta"),
        (lambda p: p["training"].update(beta=0.1), "training.beta"),
        (lambda p: p["training"].update(secret="1"), "training.secret"),
        (lambda p: p["training"].pop("specDigest"), "training.specDigest"),
    ],
)
def test_a_certificate_that_says_too_little_does_not_hold(change: Callable[[Any], object], field: str) -> None:
    """A field that is missing, of another kind or unknown to the reader is a mismatch, never a pass."""
    predicate = copy.deepcopy(PREDICATE)
    change(predicate)
    assert mismatches(predicate, ROWS, SPEC)[0].field == field


def test_without_a_specification_training_is_not_compared() -> None:
    """None means: rows only."""
    assert mismatches({**PREDICATE, "training": None}, ROWS, None) == []


def test_hostile_values_stay_short_and_printable() -> None:
    """What a foreign certificate holds is shown escaped and cut."""
    predicate = copy.deepcopy(PREDICATE)
    predicate["rows"]["setRoot"] = "\x1b[31m" + "x" * 10_000
    (found,) = mismatches(predicate, ROWS, SPEC)
    assert len(found.expected) <= 120
    assert found.expected.isprintable()


def test_every_digest_has_its_place_in_the_certificate() -> None:
    """No field of the digests is left out of the JSON."""
    written = ROWS.to_json()
    told = len(written["rows"]) + 1  # `excluded` holds two: the number and the digest of the reasons
    assert told + 1 == len(fields(RowDigests))  # and `files` stands beside `rows`
