"""Names under which vendors record the fields that are not the texts, and the search for them in a sample."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from audit.read.block import Record
from audit.read.layouts.labels import label_coding, order_coding
from audit.read.paths import dig, format_path
from audit.read.values import Misfit, describe, kind_of

_NESTS: Final = ("metadata", "meta", "context", "lineage", "judgment", "annotation", "training")
"""Objects whose fields are looked through as if they stood in the row itself."""

SIDE_STEMS: Final[Mapping[str, tuple[str, ...]]] = {
    "model": ("model", "model_name", "generator", "source_model"),
    "model_version": ("model_version", "version", "checkpoint", "checkpoint_digest", "revision"),
    "generation": ("generation", "generation_metadata", "generation_config", "sampling", "sampling_params"),
    "score": ("score", "rating", "reward"),
    "aspects": ("aspects", "fine_grained_score", "fine-grained_score", "aspect_mean"),
    "position": ("position", "slot", "shown_position", "display_position"),
}
"""Canonical column without its side -> source names without theirs."""
_SIDE_WORDS: Final = {"a": ("chosen", "response_a", "a"), "b": ("rejected", "response_b", "b")}
_VOTE_WORDS: Final = {"a": ("response_a", "response_1", "a", "1"), "b": ("response_b", "response_2", "b", "2")}

COMMON: Final[Mapping[str, tuple[str, ...]]] = {
    "comparison_id": ("comparison_id", "pair_id", "example_id", "id", "uid", "uuid", "sample_id", "prompt_id", "idx"),
    "conversation_id": ("conversation_id", "conv_id", "dialog_id", "dialogue_id", "thread_id", "session_id"),
    "evidence": ("evidence", "documents", "retrieved_documents", "passages", "contexts"),
    "policy": ("policy", "policy_id", "guideline", "guideline_id"),
    "locale": ("locale", "lang", "language_code", "language"),
    "scenario": ("scenario", "scenarios", "scenario_tags", "tags"),
    "reference_model": ("reference_model", "ref_model"),
    "dataset_version": ("dataset_version", "data_version"),
    "split": ("split", "partition", "subset_split"),
    "weight": ("weight", "sample_weight", "training_weight", "loss_weight"),
    "runs": ("runs", "run_ids", "training_runs", "downstream_runs"),
    "gold_label": ("gold_label", "gold_answer", "expected_label", "expected_answer"),
    "judgment.annotator": ("annotator", "annotator_id", "worker", "worker_id", "reviewer", "reviewer_id", "rater"),
    "judgment.reviewer_class": ("reviewer_class", "annotator_class", "reviewer_type", "annotator_type"),
    "judgment.shown_first": (
        "shown_first",
        "first_shown",
        "order_shown",
        "presentation_order",
        "response_order",
        "order",
    ),
    "judgment.strength": ("strength", "preference_strength", "preference_intensity"),
    "judgment.confidence": ("confidence", "annotator_confidence", "judge_confidence"),
    "judgment.critique": ("critique", "rationale", "justification", "explanation", "reasoning"),
    "judgment.rubric": ("rubric", "rubric_id", "rubric_version"),
    "judgment.judged_at": ("judged_at", "annotated_at", "submitted_at", "judgment_time"),
    "judgment.started_at": ("started_at", "accepted_at"),
    "judgment.duration_s": ("duration_s", "duration_seconds", "seconds", "time_spent_s"),
    "judgment.check_passed": ("check_passed", "passed_check", "attention_check_passed", "attention_passed"),
}
"""Canonical field -> source names, the likeliest first."""

SLICES: Final = (
    *("subset", "category", "domain", "source", "dataset", "task", "topic", "turn", "difficulty", "risk"),
    *("customer_risk", "issue_type", "ambiguity", "use_case", "section", "language", "probe", "batch"),
)
_BCP47: Final = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z]{4})?([-_]([A-Za-z]{2}|\d{3}))?")
MOST_STRANGERS: Final = 0.5
"""A field is taken for a column when at most this share of its sampled values do not fit; those rows are rejects."""
_MOST_SLICES: Final = 64


@dataclass
class Extras:
    """What else the rows record: proposed fields and slices, and what was left aside and why."""

    fields: dict[str, str] = field(default_factory=dict)
    slices: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def find_extras(
    records: Sequence[Record],
    taken: Iterable[str],
    *,
    is_pair: bool,
    names: Mapping[str, Sequence[str]] | None = None,
) -> Extras:
    """Return the fields beyond prompt and responses that the sample records under a known name.

    Args:
        records: the sample.
        taken: canonical fields that the layout reads itself, and source fields that are spoken for.
        is_pair: whether sides are chosen/rejected, or first/second.
        names: further names of the layout's own dialect, tried first.
    """
    found, spoken = Extras(), set(taken)
    sides = _SIDE_WORDS if is_pair else _VOTE_WORDS
    table: dict[str, tuple[str, ...]] = {**COMMON, **{n: (*p, *COMMON.get(n, ())) for n, p in (names or {}).items()}}
    paths = _paths(records)
    for canonical, candidates in table.items():
        if canonical not in spoken:
            _take(found, records, canonical, _matches(candidates, paths, spoken), spoken, is_pair=is_pair)
    for stem, words in SIDE_STEMS.items():
        pair = [_matches(_side_names(words, sides[side]), paths, spoken) for side in ("a", "b")]
        if all(pair):
            for side, matches in zip(("a", "b"), pair, strict=True):
                if f"{stem}_{side}" not in spoken:
                    _take(found, records, f"{stem}_{side}", matches, spoken, is_pair=is_pair)
    for name in SLICES:
        match = next(iter(_matches((name,), paths, {*found.fields.values()})), None)
        if match is not None and _is_slice(records, match):
            found.slices[name] = format_path(match)
    return found


def _paths(records: Sequence[Record]) -> dict[str, list[tuple[str, ...]]]:
    """Return every field of the row and of its known nests, by lower-case dotted name."""
    paths: dict[str, list[tuple[str, ...]]] = {}
    for record in records:
        for name, value in record.items():
            paths.setdefault(name.lower(), []).append((name,))
            if isinstance(value, dict):
                for inner in value:
                    path = (name, str(inner))
                    paths.setdefault(f"{name}.{inner}".lower(), []).append(path)
                    if name.lower() in _NESTS:
                        paths.setdefault(str(inner).lower(), []).append(path)
    return {name: sorted(set(found), key=len) for name, found in paths.items()}


def _matches(
    names: Iterable[str], paths: Mapping[str, list[tuple[str, ...]]], spoken: set[str]
) -> list[tuple[str, ...]]:
    return [path for name in names for path in paths.get(name, ()) if format_path(path) not in spoken]


def _side_names(words: Sequence[str], sides: Sequence[str]) -> list[str]:
    return [form for side in sides for word in words for form in (f"{side}.{word}", f"{side}_{word}", f"{word}_{side}")]


def _take(
    found: Extras,
    records: Sequence[Record],
    canonical: str,
    matches: Sequence[tuple[str, ...]],
    spoken: set[str],
    *,
    is_pair: bool,
) -> None:
    for path in matches:
        values = [value for value in (dig(record, path) for record in records) if value is not None]
        text = format_path(path)
        if not values:
            continue
        strangers = [value for value in values if not _test(canonical, is_pair=is_pair)(value)]
        if strangers and canonical == "judgment.shown_first":
            found.notes.append(
                f"{text} looks like the order shown, but {describe(strangers[0])} does not say which side came first; "
                f"to use it, map judgment.shown_first to it and translate its values under [values]"
            )
        elif strangers and canonical == "gold_label":
            found.notes.append(
                f"{text} looks like the right answers, but {describe(strangers[0])} is no label; to use it, map "
                f"gold_label to it and translate its values under [values]"
            )
        elif len(strangers) <= MOST_STRANGERS * len(values):
            found.fields[canonical] = text
            spoken.update((canonical, text))
            return


def _test(canonical: str, *, is_pair: bool) -> Callable[[Any], bool]:
    if canonical == "judgment.shown_first":
        return order_coding(None, is_pair=is_pair).knows
    if canonical == "gold_label":
        return label_coding(None, is_pair=is_pair).knows
    if canonical == "locale":
        return lambda value: isinstance(value, str) and _BCP47.fullmatch(value) is not None
    return lambda value: fits(canonical, value)


def fits(canonical: str, value: Any) -> bool:
    """True when a canonical column would take the value."""
    try:
        kind_of(canonical).coerce(value)
    except Misfit:
        return False
    return True


def _is_slice(records: Sequence[Record], path: tuple[str, ...]) -> bool:
    values = [value for value in (dig(record, path) for record in records) if value is not None]
    is_category = all(fits("slice.x", value) and not (isinstance(value, str) and len(value) > 200) for value in values)
    return bool(values) and is_category and len({str(value) for value in values}) <= _MOST_SLICES
