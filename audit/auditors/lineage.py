"""LIN: what is recorded of a row's history, and whether it holds together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from audit.auditor import Spec
from audit.lineage.conservation import Tallies, tallies
from audit.lineage.dependencies import dependencies
from audit.lineage.fields import FIELDS, Record, named, record
from audit.lineage.reviewers import own_family, unclassed, unmarked
from audit.lineage.splits import leaks, misfiled, same_files, trained_held_out
from audit.lineage.unpinned import unpinned
from audit.measure import ALL, Evidence, Kind, Measure, Slice, Undefined
from audit.signals import Bools, Signals
from audit.slices import column_slices, slices

NOTHING: Final = Undefined("no comparison was read", "rows")
MAPPED: Final = ("split", "locale")
"""Columns whose slices show where a field is missing."""
MOST_MAPPED: Final = 12
"""Fields that are told by slice: those with most gaps."""


def _spec(name: str, unit: str, meaning: str) -> Spec:
    return Spec(f"lineage.{name}", unit, Kind.CENSUS, meaning)


@dataclass(frozen=True)
class Lineage:
    """Lineage: whether each row says where it comes from, and whether what it says holds together.

    What it measures:
        How complete the record is (`lineage.complete_share` of each field, `lineage.least_complete_share` of the
        required fields, `lineage.placeholders`); whether checkpoints are fixed (`lineage.unpinned_rows`); whether what
        one value must decide, it does (`lineage.dependency_violation_share`); whether labels follow from the votes
        (`lineage.label_contradicts_votes`, `lineage.unjudged_labels`) and splits are clean (`lineage.split_leaks`,
        `lineage.held_out_in_runs`), together `lineage.broken_rows`; who judged (`lineage.unclassed_judgments`,
        `lineage.unmarked_model_judgments`, together `lineage.unmarked_judgments`; `lineage.model_judgment_share`,
        `lineage.own_family_share`); and faults across files (`lineage.identical_files`, `lineage.shared_ids`,
        `lineage.misfiled_rows`, together `lineage.provenance_faults`).

    Why it matters:
        A label whose reviewer, rubric or model nobody can name cannot be repaired, audited again or defended; a model
        called "latest" is another one next month; an evaluation row among the training rows makes every later number
        too good.

    How:
        All exact counts. A value is missing when it is null, blank or a placeholder such as n/a, unknown, - or latest
        (`audit.extract.presence`); a strength is asked only of judgments that chose a side. A checkpoint is pinned by
        a digest, a date or a release number in its version, the reference model and a model judge by a digest or a
        date in their name. A dependency's violation is g3, the least share of units to remove until it holds: model
        to version, annotator to class, comparison id to prompt, file to dataset version. A label contradicts its votes
        when another answer has more, among everyone and among the `adjudicators`. A split leaks where one prompt or
        conversation is in several splits; rows that are in none (excluded, unused) do not count. Two files are
        identical when they hold the same comparisons with the same labels in any order. A row is misfiled when its
        split or locale is not the one that its file's path names.

    Reads:
        Nothing is required. It uses `policy`, `locale`, `scenario`, `model_a`, `model_b`, `model_version_a`,
        `model_version_b`, `generation_state_a`, `generation_state_b`, `evidence_state`, `reference_model`,
        `dataset_version`, `split`, `weight`, `runs`, `label`, `prompt_key`, `conversation_key`, `comparison_key`,
        `ordered_key`, `judgment.annotator`, `judgment.reviewer_class`, `judgment.rubric`, `judgment.shown_first`,
        `judgment.strength`, `judgment.confidence`, `judgment.critique_state` and `judgment.judged_at`.

    Measures and units:
        `lineage.complete_share` (per field; the 12 fields with most gaps also in each split and locale of at least 30
        comparisons), `lineage.least_complete_share` (whole and per slice),
        `lineage.dependency_violation_share` (the worst, and per dependency), `lineage.model_judgment_share` (whole
        and per slice), `lineage.own_family_share`: share, census. `lineage.placeholders` (whole and per field),
        `lineage.unpinned_rows`, `lineage.label_contradicts_votes`, `lineage.unjudged_labels`, `lineage.split_leaks`,
        `lineage.held_out_in_runs`, `lineage.broken_rows`, `lineage.unclassed_judgments`,
        `lineage.unmarked_model_judgments`, `lineage.unmarked_judgments`, `lineage.identical_files` (files beyond the
        first of each kind), `lineage.shared_ids`, `lineage.misfiled_rows`, `lineage.provenance_faults`: count, census.

    Limits:
        It sees what is recorded, not whether it is true: an invented annotator is complete. That a nameless reviewer is
        a model is told from known names and sizes only. Rubrics and policies are compared by name, as their texts are
        not kept. Prompts that differ by a word are for the duplicates auditor.

    References:
        Kivinen and Mannila 1995, Theoretical Computer Science 149 (g3). Longpre et al. 2023, arXiv 2310.16787 (data
        provenance). Panickssery et al. 2024, arXiv 2404.13076 (models prefer their own text).
    """

    required: tuple[str, ...] = (
        *("prompt", "policy", "locale", "model", "model_version", "generation", "label", "annotator"),
        *("reviewer_class", "rubric", "order_shown", "reference_model", "dataset_version", "split"),
    )
    """Fields that every row must have; one that no row records makes completeness undefined."""
    adjudicators: tuple[str, ...] = ("expert",)
    """Reviewer classes whose majority may overrule the others'."""

    code: ClassVar[str] = "LIN"
    name: ClassVar[str] = "lineage"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = tuple(sorted({column for field in FIELDS for column in field.columns}))
    measures: ClassVar[tuple[Spec, ...]] = (
        _spec("complete_share", "share", "values that are there"),
        _spec("least_complete_share", "share", "values that are there, of the required field that has fewest"),
        _spec("placeholders", "count", "values such as n/a, unknown, - or latest"),
        _spec("unpinned_rows", "count", "comparisons with a model, reference model or model judge that may change"),
        _spec("dependency_violation_share", "share", "units to remove until a dependency holds"),
        _spec("label_contradicts_votes", "count", "shipped labels with fewer votes than another answer"),
        _spec("unjudged_labels", "count", "shipped labels without a vote, where others have votes"),
        _spec("split_leaks", "count", "comparisons whose prompt or conversation is in several splits"),
        _spec("held_out_in_runs", "count", "held-out comparisons that a training run lists"),
        _spec("broken_rows", "count", "comparisons with any of the four faults before"),
        _spec("unclassed_judgments", "count", "judgments without a reviewer class"),
        _spec("unmarked_model_judgments", "count", "judgments of another class by an annotator named like a model"),
        _spec("unmarked_judgments", "count", "judgments with either of the two faults before"),
        _spec("model_judgment_share", "share", "judgments by models"),
        _spec("own_family_share", "share", "judgments by models of which a candidate is of the judge's own family"),
        _spec("identical_files", "count", "files that repeat another file's comparisons and labels"),
        _spec("shared_ids", "count", "comparisons whose id names another prompt elsewhere"),
        _spec("misfiled_rows", "count", "comparisons whose split or locale contradicts the path of their file"),
        _spec("provenance_faults", "count", "the three faults before, added up"),
    )

    def measure(self, signals: Signals) -> Iterable[Measure]:
        """Yield completeness, pins, dependencies, conservation, reviewers, splits and provenance."""
        records = {field.name: record(signals, field) for field in FIELDS}
        kept = [found for found in records.values() if found is not None]
        yield from _completeness(signals, kept)
        yield from _completeness_in(signals, kept)
        yield from self._least(signals, records)
        yield _count("unpinned_rows", signals, unpinned(signals), "model_version_a")
        yield from _dependencies(signals)
        yield from self._conservation(signals)
        yield from _reviewers(signals)
        yield from _provenance(signals)

    def _least(self, signals: Signals, records: dict[str, Record | None]) -> Iterator[Measure]:
        name = "lineage.least_complete_share"
        absent = [field for field in named(self.required) if records[field.name] is None]
        if absent or not signals.comparisons:
            wanted = ", ".join(field.name for field in absent)
            why = Undefined(f"not recorded in any row: {wanted}", absent[0].columns[0]) if absent else NOTHING
            yield Measure(name, why, "share", Kind.CENSUS, 0)
            return
        found = [own for field in self.required if (own := records[field]) is not None]
        gaps = np.logical_or.reduce([own.rows(signals.comparisons) for own in found])
        gappy = [own for own in found if own.gaps]
        whole = [(own.field.name, own.units, own.gaps) for own in found]
        yield _least_of(whole, signals.comparisons, ALL, signals.evidence(gaps))
        for part, inside in slices(signals):
            yield _least_of([(own.field.name, *own.within(inside)) for own in gappy], int(inside.sum()), part)

    def _conservation(self, signals: Signals) -> Iterator[Measure]:
        votes = tallies(signals, self.adjudicators)
        contradicted, unjudged = _unfounded(signals, votes)
        leaking, trained = leaks(signals), trained_held_out(signals)
        yield _count("label_contradicts_votes", signals, contradicted, "judgment.label")
        yield _count("unjudged_labels", signals, unjudged, "judgment.label")
        yield _count("split_leaks", signals, leaking, "split")
        yield _count("held_out_in_runs", signals, trained, "runs")
        known = [rows for rows in (contradicted, unjudged, leaking, trained) if rows is not None]
        broken = np.logical_or.reduce(known) if known else None
        is_whole = contradicted is not None and leaking is not None
        unlock = "split" if contradicted is not None else "judgment.label" if signals.has("label") else "label"
        yield _count("broken_rows", signals, broken if is_whole or (known and np.any(broken)) else None, unlock)


def _completeness(signals: Signals, records: list[Record]) -> Iterator[Measure]:
    total = sum(found.placeholders for found in records)
    placeholders, complete = "lineage.placeholders", "lineage.complete_share"
    n = sum(found.units for found in records)
    yield Measure(placeholders, total, "count", Kind.CENSUS, n, method="exact count; n: values of all fields")
    for found in records:
        part, method = Slice("field", found.field.name), f"exact; n: values of {found.field.of}"
        if found.units:
            share = 1 - found.gaps / found.units
            rows = signals.evidence(found.rows(signals.comparisons)) if found.gaps else None
            yield Measure(complete, share, "share", Kind.CENSUS, found.units, slice=part, evidence=rows, method=method)
        yield Measure(placeholders, found.placeholders, "count", Kind.CENSUS, found.units, slice=part, method=method)
    if not any(found.units for found in records):
        yield Measure(complete, NOTHING, "share", Kind.CENSUS, 0)


def _completeness_in(signals: Signals, records: list[Record]) -> Iterator[Measure]:
    """Yield how complete the fields with most gaps are in each split and locale."""
    gappy = sorted((own for own in records if own.gaps), key=lambda own: (own.gaps / -own.units, own.field.name))
    parts = [pair for name in MAPPED if signals.has(name) for pair in column_slices(signals, name, least=30)]
    for own in gappy[:MOST_MAPPED]:
        for part, inside in parts:
            units, gaps = own.within(inside)
            if units:
                where = Slice("field and slice", f"{own.field.name} | {part}")
                method = f"exact; n: values of {own.field.of}"
                share = 1 - gaps / units
                yield Measure("lineage.complete_share", share, "share", Kind.CENSUS, units, slice=where, method=method)


def _least_of(fields: list[tuple[str, int, int]], n: int, part: Slice, rows: Evidence | None = None) -> Measure:
    """Return the smallest share of (name, units, gaps); fields without units say nothing."""
    shares = [(1 - gaps / units, name) for name, units, gaps in fields if units]
    least, name = min(shares, default=(1.0, "every required field"))
    method = f"exact share of {name}, the least complete of the required fields; n: comparisons"
    return Measure(
        "lineage.least_complete_share", least, "share", Kind.CENSUS, n, slice=part, evidence=rows, method=method
    )


def _count(name: str, signals: Signals, rows: Bools | None, unlock: str) -> Measure:
    if rows is None:
        why = Undefined(f"{unlock} is not recorded", unlock)
        return Measure(f"lineage.{name}", why, "count", Kind.CENSUS, 0)
    found = signals.evidence(rows)
    method = "exact count; n: comparisons"
    return Measure(f"lineage.{name}", found.total, "count", Kind.CENSUS, len(rows), evidence=found, method=method)


def _dependencies(signals: Signals) -> Iterator[Measure]:
    name = "lineage.dependency_violation_share"
    found = dependencies(signals)
    if not found:
        why = Undefined("no two columns of which one must decide the other are recorded", "model_version_a")
        yield Measure(name, why, "share", Kind.CENSUS, 0)
        return
    worst = max(found, key=lambda one: (one.share, one.name))
    for part, one in ((ALL, worst), *((Slice("dependency", one.name), one) for one in found)):
        method = f"g3 of {one.name}: least share of units to remove; n: units with both values"
        rows = signals.evidence(one.rows)
        yield Measure(name, one.share, "share", Kind.CENSUS, one.units, slice=part, evidence=rows, method=method)


def _unfounded(signals: Signals, votes: Tallies | None) -> tuple[Bools | None, Bools | None]:
    """Return the labels that contradict their votes, and those without any; None where either is not recorded."""
    if votes is None or not signals.has("label"):
        return None, None
    label = signals.ints("label")
    shipped = label > 0
    contradicted = shipped & votes.is_judged & ~votes.supports(label)
    return np.asarray(contradicted), np.asarray(shipped & ~votes.is_judged)


def _reviewers(signals: Signals) -> Iterator[Measure]:
    nameless, hidden = unclassed(signals), unmarked(signals)
    place = signals.ints("judgment.comparison") if signals.has("judgment.comparison") else None
    either = nameless if hidden is None else hidden if nameless is None else nameless | hidden
    for name, which in (
        ("unclassed_judgments", nameless),
        ("unmarked_model_judgments", hidden),
        ("unmarked_judgments", None if nameless is None else either),
    ):
        if which is None or place is None:
            yield _count(name, signals, None, "judgment.reviewer_class")
            continue
        rows = signals.evidence(place[which])
        method = "exact count; n: judgments"
        yield Measure(
            f"lineage.{name}", int(which.sum()), "count", Kind.CENSUS, len(which), evidence=rows, method=method
        )
    yield from _model_shares(signals)


def _model_shares(signals: Signals) -> Iterator[Measure]:
    by_models, own = "lineage.model_judgment_share", own_family(signals)
    if not signals.has("judgment.reviewer_class", "judgment.comparison"):
        why = Undefined("judgment.reviewer_class is not recorded", "judgment.reviewer_class")
        yield Measure(by_models, why, "share", Kind.CENSUS, 0)
    else:
        codes, classes = signals.codes("judgment.reviewer_class")
        is_model = codes == (classes.index("model") if "model" in classes else len(classes))
        place = signals.ints("judgment.comparison")
        for part, inside in ((ALL, None), *slices(signals)):
            mine = is_model if inside is None else is_model[inside[place]]
            value = float(mine.mean()) if len(mine) else Undefined("no judgment", "judgments")
            yield Measure(
                by_models, value, "share", Kind.CENSUS, len(mine), slice=part, method="exact share; n: judgments"
            )
    if own is None or not len(own):
        why = Undefined("no judgment by a named model on named candidates", "judgment.annotator")
        yield Measure("lineage.own_family_share", why, "share", Kind.CENSUS, 0)
        return
    method = "exact share; n: judgments by models"
    yield Measure("lineage.own_family_share", float(own.mean()), "share", Kind.CENSUS, len(own), method=method)


def _provenance(signals: Signals) -> Iterator[Measure]:
    groups = same_files(signals)
    extra = sum(len(names) - 1 for names in groups)
    told = "; ".join(" = ".join(names) for names in groups[:5])
    method = f"exact count{': ' + told if told else ''}; n: files"
    yield Measure("lineage.identical_files", extra, "count", Kind.CENSUS, len(signals.files), method=method)
    shared = next((one for one in dependencies(signals) if one.name == "id -> prompt"), None)
    none = np.zeros(signals.comparisons, dtype=np.bool_)
    ids = none if shared is None else shared.rows
    wrong = misfiled(signals) if signals.comparisons else none
    yield _count("shared_ids", signals, None if shared is None else ids, "comparison_id")
    yield _count("misfiled_rows", signals, wrong, "split")
    rows = signals.evidence(ids | wrong)
    total = extra + rows.total
    method = "identical files and comparisons with a fault, added up; n: comparisons"
    yield Measure(
        "lineage.provenance_faults", total, "count", Kind.CENSUS, signals.comparisons, evidence=rows, method=method
    )
