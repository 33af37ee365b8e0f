"""The `judgments` and `label` columns, from fields of the row or from a list of judgments that the row holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa

from audit.read.block import RowFault
from audit.read.layouts.draft import Draft
from audit.read.layouts.labels import Coding, label_coding, order_coding
from audit.read.mapping import POSITIONS
from audit.read.paths import dig, parse_paths
from audit.read.values import Misfit, describe, fault, kind_of, spelling, translate
from audit.schema import JUDGMENT

_OF_THE_ROW: Final = frozenset({"shown_first", "rubric", "reviewer_class"})
"""Judgment fields that are read from the row when the single judgments of a list do not hold them."""

_CLASSES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("expert", "experts", "qualified", "human-qualified", "human_qualified", "sme"), "expert"),
    **dict.fromkeys(("crowd", "crowdworker", "worker", "turker", "human-crowd", "human_crowd", "mturk"), "crowd"),
    **dict.fromkeys(("model", "ai", "llm", "judge_model", "llm_judge", "gpt4_pair", "gpt4_single", "machine"), "model"),
    **dict.fromkeys(("human", "person", "author", "reviewer", "annotator"), "human"),
}


@dataclass
class Answers:
    """Judgments of many rows as flat columns, and the row that each belongs to (ascending)."""

    owners: list[int]
    columns: dict[str, list[Any]] = field(default_factory=dict)

    def array(self, rows: int) -> pa.Array:
        """Return the list column, one list a row."""
        n = len(self.owners)
        flat = [
            pa.array(self.columns[f.name], f.type) if f.name in self.columns else pa.nulls(n, f.type) for f in JUDGMENT
        ]
        ends = np.cumsum(np.bincount(np.asarray(self.owners, dtype=np.int64), minlength=rows))
        offsets = pa.array(np.concatenate([[0], ends]).astype(np.int32))
        return pa.ListArray.from_arrays(offsets, pa.StructArray.from_arrays(flat, fields=list(JUDGMENT)))


def add_judgments(draft: Draft, *, is_pair: bool) -> None:
    """Add `judgments`, where the mapping says anything of them.

    One judgment a row from `judgment.*` fields; or, where `judgments` names a list (or an object keyed by annotator),
    one an element, the fields' paths being relative to it. A judgment without a label of its own has the row's.
    """
    names = [name for name in draft.mapping.fields if name.startswith("judgment.")]
    if draft.has("judgments"):
        elements, owners, keys = _elements(draft)
    elif names or all(draft.has(name) for name in POSITIONS):
        elements, owners, keys = list(draft.records), list(range(len(draft.records))), None
    else:
        return
    answers = Answers(owners)
    for name in names:
        answers.columns[name.removeprefix("judgment.")] = _field(draft, name, elements, owners, is_pair=is_pair)
    if "judgment.label" not in names:
        _default_labels(draft, answers, elements, is_pair=is_pair)
    if keys is not None and "annotator" not in answers.columns:
        answers.columns["annotator"] = keys
    put_judgments(draft, answers)


def put_judgments(draft: Draft, answers: Answers) -> None:
    """Add the column of these judgments, completed by what follows from other fields of the row."""
    _complete(draft, answers)
    try:
        draft.columns["judgments"] = answers.array(len(draft.records))
    except UnicodeEncodeError:
        for values in answers.columns.values():
            draft.refuse_surrogates(values, answers.owners)
        draft.columns["judgments"] = answers.array(len(draft.records))


def _complete(draft: Draft, answers: Answers) -> None:
    """Fill in reviewer class by option, duration from times, order from positions."""
    columns = answers.columns
    if "reviewer_class" in columns:
        columns["reviewer_class"] = [reviewer_class(value) for value in columns["reviewer_class"]]
    elif "reviewer_class" in draft.mapping.options:
        columns["reviewer_class"] = [str(draft.mapping.options["reviewer_class"])] * len(answers.owners)
    started = columns.pop("started_at", None)
    if started is not None and "duration_s" not in columns:
        columns["duration_s"] = [*map(_seconds_between, started, columns.get("judged_at", [None] * len(started)))]
    if "shown_first" not in columns and all(draft.has(name) for name in POSITIONS):
        first = _first_by_position(draft)
        columns["shown_first"] = [first[row] for row in answers.owners]


def add_label(draft: Draft, *, is_pair: bool) -> None:
    """Add `label`, the shipped one: of a mapped field; `a`, the chosen side, in a pair file that records none.

    `gold_label`, the answer known to be right, comes along where it is mapped.
    """
    if draft.has("gold_label"):
        coding = label_coding(draft.mapping.values.get("gold_label"), is_pair=is_pair)
        values = draft.raw("gold_label")
        draft.columns["gold_label"] = coded(draft, "gold_label", values, range(len(draft.records)), coding)
    if draft.has("label"):
        coding = label_coding(draft.mapping.values.get("label"), is_pair=is_pair)
        draft.columns["label"] = coded(draft, "label", draft.raw("label"), range(len(draft.records)), coding)
    elif is_pair:
        draft.columns["label"] = ["a"] * len(draft.records)


def coded(
    draft: Draft,
    name: str,
    values: Sequence[Any],
    owners: Iterable[int],
    coding: Coding,
    path: str | None = None,
) -> list[str | None]:
    """Return labels or orders by their coding; a value that it does not know sets its row aside.

    A value that is what the row itself calls one of its sides (`name_a`, `name_b`) means that side.
    """
    known: dict[Any, str | None] = {}
    result: list[str | None] = []
    names = _side_names(draft)
    for row, value in zip(owners, values, strict=True):
        named = None if names is None or value is None else _named(value, names[0][row], names[1][row])
        if named is not None:
            result.append(named)
            continue
        key = (type(value), value) if isinstance(value, str | int | float) else None
        if key is not None and key in known:
            result.append(known[key])
            continue
        try:
            found = coding.read(value)
        except Misfit as misfit:
            draft.fail(row, fault(name, path or draft.mapping.fields.get(name, name), value, misfit))
            found = None
        else:
            if key is not None:
                known[key] = found
        result.append(found)
    return result


def _side_names(draft: Draft) -> tuple[list[Any], list[Any]] | None:
    return (draft.read("name_a"), draft.read("name_b")) if draft.has("name_a") and draft.has("name_b") else None


def _named(value: Any, name_a: Any, name_b: Any) -> str | None:
    """Return the side that a label, or the first entry of an order, names; None when it names none or both."""
    if isinstance(value, list):
        value = value[0] if value else None
    text = None if value is None or isinstance(value, dict) else spelling(value)
    if text is None or name_a == name_b or text not in (name_a, name_b):
        return None
    return "a" if text == name_a else "b"


def reviewer_class(value: str | None) -> str | None:
    """Return the canonical reviewer class of a spelling such as `expert_12`; an unknown one stays as it is."""
    return None if value is None else _class_of(value) or value


def is_reviewer_class(value: str) -> bool:
    """True for a spelling that names a canonical reviewer class."""
    return _class_of(value) is not None


def _class_of(value: str) -> str | None:
    text = value.strip().lower()
    return _CLASSES.get(text) or _CLASSES.get(re.sub(r"[_-]?\d+$", "", text))


def _elements(draft: Draft) -> tuple[list[Any], list[int], list[str | None] | None]:
    """Return the single judgments, their rows, and the annotators where lists are objects keyed by annotator."""
    elements: list[Any] = []
    owners: list[int] = []
    keys: list[str | None] = []
    for row, value in enumerate(draft.raw("judgments")):
        if value is None:
            continue
        if isinstance(value, dict):
            elements += value.values()
            keys += map(str, value)
        elif isinstance(value, list):
            elements += value
            keys += [None] * len(value)
        else:
            path = draft.mapping.fields["judgments"]
            draft.fail(row, fault("judgments", path, value, Misfit("a list of judgments")))
            continue
        owners += [row] * len(value)
    return elements, owners, keys if any(keys) else None


def _field(draft: Draft, name: str, elements: list[Any], owners: list[int], *, is_pair: bool) -> list[Any]:
    path, inner = draft.mapping.fields[name], name.removeprefix("judgment.")
    paths = parse_paths(path)
    values = [_value(element, paths) for element in elements]
    if inner in _OF_THE_ROW and draft.has("judgments"):
        values = [
            _value(draft.records[row], paths) if value is None else value
            for row, value in zip(owners, values, strict=True)
        ]
    table = draft.mapping.values.get(name)
    if inner == "label":
        return coded(draft, name, values, owners, label_coding(table, is_pair=is_pair))
    if inner == "shown_first":
        return coded(draft, name, values, owners, order_coding(table, is_pair=is_pair))
    kind = kind_of(name)
    result: list[Any] = []
    for row, raw in zip(owners, values, strict=True):
        value = translate(raw, table)
        if type(value) not in kind.plain and value is not None:
            try:
                value = kind.coerce(value)
            except Misfit as misfit:
                draft.fail(row, fault(name, path, raw, misfit))
                value = None
        result.append(value)
    return result


def _value(element: Any, paths: tuple[tuple[str, ...], ...]) -> Any:
    if len(paths) == 1:
        return dig(element, paths[0])
    parts = [dig(element, path) for path in paths]
    return ":".join(str(part) for part in parts if part is not None) or None


def _default_labels(draft: Draft, answers: Answers, elements: list[Any], *, is_pair: bool) -> None:
    if draft.has("judgments") and elements and not any(isinstance(element, dict) for element in elements):
        coding = label_coding(draft.mapping.values.get("judgment.label"), is_pair=is_pair)
        answers.columns["label"] = coded(draft, "judgment.label", elements, answers.owners, coding)
    elif "label" in draft.columns:
        labels = draft.columns["label"]
        answers.columns["label"] = [labels[row] for row in answers.owners]


def _first_by_position(draft: Draft) -> list[str | None]:
    a, b = draft.read("position_a"), draft.read("position_b")
    first: list[str | None] = []
    for row, (left, right) in enumerate(zip(a, b, strict=True)):
        if left is None or right is None:
            first.append(None)
            continue
        if left == right:
            path = draft.mapping.fields["position_a"]
            draft.fail(row, RowFault("same_position", f"field {path}: both sides at position {describe(left)}"))
        first.append("a" if left < right else "b")
    return first


def _seconds_between(start: str | None, end: str | None) -> float | None:
    begun, ended = _moment(start), _moment(end)
    if begun is None or ended is None or ended < begun:
        return None
    return (ended - begun).total_seconds()


def _moment(text: str | None) -> datetime | None:
    """Return a time stamp (ISO 8601, `... UTC`, or seconds since 1970) as a moment; None when it is none."""
    if text is None:
        return None
    cleaned = re.sub(r"\s*(UTC|GMT)$", "+00:00", text.strip())
    try:
        if re.fullmatch(r"\d{9,11}(\.\d+)?", cleaned):
            return datetime.fromtimestamp(float(cleaned), tz=UTC)
        moment = datetime.fromisoformat(re.sub(r"(\d\d:\d\d:\d\d)\.(\d{1,6})\d*", _six_digits, cleaned))
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _six_digits(found: re.Match[str]) -> str:
    return f"{found[1]}.{found[2]:0<6}"
