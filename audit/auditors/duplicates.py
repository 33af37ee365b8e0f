"""DUP: what stands more than once, and what stands on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from audit.auditor import Spec
from audit.duplicates.copies import (
    Sides,
    beyond_first,
    both_ways,
    comparison_weights,
    dense,
    effective_size,
    exact_sides,
    near_sides,
    on_cycles,
    response_counts,
    sizes,
    won_and_lost,
)
from audit.measure import ALL, Kind, Measure, Slice, Undefined
from audit.signals import Bools, Ints, Signals
from audit.slices import slices

TEXT_COLUMN: Final = "a_bytes"
NOT_SEARCHED: Final = Undefined("near duplicates were not looked for", "a run with near-duplicate search")
NO_LABEL: Final = Undefined("no label is recorded", "label")
NO_ROWS: Final = Undefined("no comparison was read", "rows")
SIZES: Final = {"002": 2, "003": 3, "004": 4, "005 to 009": 5, "010 to 099": 10, "100 or more": 100}
"""Sizes of clusters that are told apart, by the least; names sort as they count."""


def _count(name: str, meaning: str) -> Spec:
    return Spec(f"duplicates.{name}", "count", Kind.CENSUS, meaning)


def _part(name: str, meaning: str) -> Spec:
    return Spec(f"duplicates.{name}", "share", Kind.CENSUS, meaning)


@dataclass(frozen=True)
class Duplicates:
    """Duplicates: comparisons that say nothing new, and comparisons that take back what others say.

    What it measures:
        Comparisons beyond the first of the same prompt and the same two responses in either order
        (`duplicates.exact_pairs`, `duplicates.exact_pair_fraction`), those of them that stand in the same order with
        the same label (`duplicates.exact_rows`), comparisons whose prompt was there before
        (`duplicates.repeated_prompts`), response texts that were there before (`duplicates.repeated_responses`) and
        the number of times that the most frequent one stands there (`duplicates.top_response`). Contradictions:
        comparisons of a pair that is labelled both ways (`duplicates.contradictions`,
        `duplicates.contradiction_fraction`), texts that are preferred in one comparison and not in another under the
        same prompt (`duplicates.both_sides`), and comparisons on a preference cycle inside a prompt
        (`duplicates.cyclic`). Near duplicates: comparisons beyond the first whose prompt and both responses are nearly
        the same (`duplicates.near_pairs`), comparisons whose prompt has a near duplicate with another text
        (`duplicates.near_prompts`), comparisons of a near-duplicate pair that is labelled both ways
        (`duplicates.near_contradictions`), comparisons for which the search was cut (`duplicates.cut_rows`), the
        largest group of near-duplicate comparisons (`duplicates.largest_cluster`), how many groups of pairs and of
        prompts there are, by size (`duplicates.clusters`, `duplicates.prompt_clusters`), the least similarity inside a
        cluster of texts (`duplicates.least_similarity`), and the effective number of comparisons over their number
        (`duplicates.effective_fraction`).

    Why it matters:
        A repeated pair counts twice in the loss and is learned by heart; a pair that is labelled both ways pulls in
        both directions; a file of which half repeats the other half is worth half of what is paid for it.

    How:
        Texts are the same when their normal forms are (Unicode NFKC, case folded, white space collapsed, zero-width
        characters removed). Near duplicates have a Jaccard similarity of at least `threshold` of their sets of
        five-word runs (five-character runs under twenty words). Candidates share one of 25 bands of 5 of 128 MinHash
        slots, which finds a pair at 0.8 with a chance of 0.9999; each is then verified on its exact sets, so that no
        pair is a chance match. Where more than 512 texts share a band, each is compared with the nearest 512 before it.
        Clusters join verified pairs, prompts with prompts and responses with responses.
        `duplicates.effective_fraction` is Kish's (sum W)^2 / sum W^2 over near-duplicate pairs, W the sum of weights of
        its comparisons, over the same with every comparison on its own. Cycles are strongly connected components of the
        graph from preferred to other text inside a prompt.

    Reads:
        `a_bytes` (text of side a) and the keys `a_key`, `b_key`, `prompt_key`, `pair_key`, `ordered_key`.
        `near_prompt`, `near_a`, `near_b`, `near_least`, `near_cut` are added by the search for near duplicates; `label`
        unlocks contradictions; `weight` weighs the effective size.

    Measures and units:
        `duplicates.exact_pairs`, `duplicates.exact_rows`, `duplicates.repeated_prompts`,
        `duplicates.repeated_responses`, `duplicates.top_response`, `duplicates.contradictions`,
        `duplicates.both_sides`, `duplicates.cyclic`, `duplicates.near_pairs`, `duplicates.near_prompts`,
        `duplicates.near_contradictions`, `duplicates.cut_rows`, `duplicates.largest_cluster`: count, census;
        `duplicates.clusters`, `duplicates.prompt_clusters` also by size.
        `duplicates.exact_pair_fraction`, `duplicates.contradiction_fraction`, `duplicates.effective_fraction`: share,
        census, the first two also per slice. `duplicates.least_similarity`: Jaccard similarity, census.

    Limits:
        Paraphrases are not found. A text of nineteen words is cut into characters and one of twenty into words, so the
        two are never near. Chains can join texts that are less similar than the threshold: see
        `duplicates.least_similarity`. A text preferred here and not there is no fault by itself: rankings have such.

    References:
        Broder 1997, Compression and Complexity of Sequences (MinHash); Lee et al. 2022, arXiv 2107.06499 (what
        duplicates do to training); Kish 1965, Survey Sampling (effective size); Azar et al. 2023, arXiv 2310.12036
        (deterministic labels overfit).
    """

    threshold: float = 0.8

    code: ClassVar[str] = "DUP"
    name: ClassVar[str] = "duplicates"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = (TEXT_COLUMN, "a_key", "b_key", "prompt_key", "pair_key", "ordered_key")
    uses: ClassVar[tuple[str, ...]] = ("label", "weight")
    measures: ClassVar[tuple[Spec, ...]] = (
        _count("exact_pairs", "comparisons beyond the first of the same prompt and responses"),
        _part("exact_pair_fraction", "these over comparisons"),
        _count("exact_rows", "comparisons beyond the first that are the same in order and label too"),
        _count("repeated_prompts", "comparisons beyond the first of a prompt"),
        _count("repeated_responses", "response texts beyond the first of a text"),
        _count("top_response", "times that the most frequent response text stands there"),
        _count("contradictions", "comparisons of pairs that are labelled both ways"),
        _part("contradiction_fraction", "these over comparisons that prefer a side"),
        _count("both_sides", "texts preferred in one comparison and not in another of the same prompt"),
        _count("cyclic", "comparisons on a preference cycle inside a prompt"),
        _count("near_pairs", "comparisons beyond the first of a near-duplicate pair"),
        _count("near_prompts", "comparisons whose prompt has a near duplicate with another text"),
        _count("near_contradictions", "comparisons of near-duplicate pairs that are labelled both ways"),
        _count("cut_rows", "comparisons with a text that shares a part with too many to be compared with all"),
        _count("largest_cluster", "comparisons of the most frequent near-duplicate pair"),
        _count("clusters", "near-duplicate pairs that stand there more than once, whole and by how often"),
        _count("prompt_clusters", "prompts that stand there more than once, nearly or exactly, whole and by how often"),
        Spec("duplicates.least_similarity", "Jaccard similarity", Kind.CENSUS, "least similarity inside a cluster"),
        _part("effective_fraction", "effective comparisons, near duplicates counted as one, over comparisons"),
    )

    def measure(self, signals: Signals) -> Iterable[Measure]:
        """Yield exact duplicates, contradictions, near duplicates, effective size."""
        sides = exact_sides(signals)
        taken_back = both_ways(sides)
        yield from _exact(signals, sides)
        yield from _contradictions(signals, sides, taken_back)
        if signals.has("near_prompt", "near_a", "near_b", "near_least"):
            yield from _near(signals, taken_back)
        else:
            for spec in self.measures:
                if spec.name in NEAR:
                    yield Measure(spec.name, NOT_SEARCHED, spec.unit, spec.kind, 0)


def _exact(signals: Signals, sides: Sides) -> Iterator[Measure]:
    pair = sides.pair
    again = sizes(pair) > 1
    yield _counted(signals, "exact_pairs", beyond_first(pair), again)
    for part, inside in _parts(signals):
        own = pair[inside]
        yield _fraction("exact_pair_fraction", beyond_first(own), len(own), part, "comparisons")
    rows = dense(signals.groups("ordered_key"), sides.label)
    yield _counted(signals, "exact_rows", beyond_first(rows), sizes(rows) > 1)
    yield _counted(signals, "repeated_prompts", beyond_first(sides.prompt), sizes(sides.prompt) > 1)
    counts = response_counts(signals, sides)
    texts = int(counts.sum())
    yield _counted(signals, "repeated_responses", texts - len(counts), None, texts, "response texts")
    top = int(counts.max(initial=0))
    yield _counted(signals, "top_response", top, _stands_in(sides) if top > 1 else None, texts, "response texts")


def _stands_in(sides: Sides) -> Bools:
    """Comparisons that hold a most frequent response text."""
    counts = np.bincount(np.concatenate([sides.a, sides.b]))
    top = counts == counts.max()
    return np.asarray(top[sides.a] | top[sides.b])


def _contradictions(signals: Signals, sides: Sides, taken_back: Bools) -> Iterator[Measure]:
    if not signals.has("label"):
        for name in ("contradictions", "contradiction_fraction", "both_sides", "cyclic"):
            yield Measure(f"duplicates.{name}", NO_LABEL, UNITS[f"duplicates.{name}"], Kind.CENSUS, 0)
        return
    decisive = sides.decisive
    units = int(decisive.sum())
    what = "comparisons that prefer a side"
    yield _counted(signals, "contradictions", int(taken_back.sum()), taken_back, units, what)
    for part, inside in _parts(signals):
        hits, own = int((taken_back & inside).sum()), int((decisive & inside).sum())
        yield _fraction("contradiction_fraction", hits, own, part, what)
    texts, rows = won_and_lost(sides)
    yield _counted(signals, "both_sides", texts, rows, units, what)
    cyclic = on_cycles(sides)
    yield _counted(signals, "cyclic", int(cyclic.sum()), cyclic, units, what)


def _near(signals: Signals, taken_back: Bools) -> Iterator[Measure]:
    sides, total = near_sides(signals), signals.comparisons
    pair = sides.pair
    size = sizes(pair)
    yield _counted(signals, "near_pairs", beyond_first(pair), size > 1)
    exact = signals.groups("prompt_key")
    others = np.bincount(dense(sides.prompt))[dense(sides.prompt)] > sizes(exact) if total else np.zeros(0, np.bool_)
    yield _counted(signals, "near_prompts", int(others.sum()), others)
    if signals.has("label"):
        mixed = both_ways(sides) & ~taken_back
        yield _counted(signals, "near_contradictions", int(mixed.sum()), mixed, int(sides.decisive.sum()))
    else:
        yield Measure("duplicates.near_contradictions", NO_LABEL, "count", Kind.CENSUS, 0)
    largest = int(size.max(initial=0))
    yield _counted(signals, "largest_cluster", largest, size == largest if largest > 1 else None)
    yield from _clusters("clusters", pair, "pairs, near duplicates as one")
    yield from _clusters("prompt_clusters", sides.prompt, "prompts, near duplicates as one")
    cut = signals.ints("near_cut") > 0 if signals.has("near_cut") else np.zeros(total, np.bool_)
    yield _counted(signals, "cut_rows", int(cut.sum()), cut)
    least = signals.floats("near_least")
    method = "exact Jaccard similarity; clusters of more than 64 texts: of the pairs with two of them"
    value = float(least.min()) if total else NO_ROWS
    yield Measure("duplicates.least_similarity", value, "Jaccard similarity", Kind.CENSUS, total, method=method)
    weights = comparison_weights(signals)
    effective, alone = effective_size(pair, weights), effective_size(np.arange(total), weights)
    share = effective / alone if alone else NO_ROWS
    name, method = "duplicates.effective_fraction", "Kish on near-duplicate pairs over Kish on rows; n: comparisons"
    yield Measure(name, share, "share", Kind.CENSUS, total, n_effective=effective, method=method)


def _clusters(name: str, members: Ints, what: str) -> Iterator[Measure]:
    """Yield how many groups have more than one member, and how many have each size."""
    counts = np.unique(members, return_counts=True)[1]
    found, _ = np.histogram(counts, [*SIZES.values(), np.inf])
    method = f"exact count; n: {what}"
    name, n = f"duplicates.{name}", len(counts)
    yield Measure(name, int(found.sum()), "count", Kind.CENSUS, n, method=method)
    for told, number in zip(SIZES, found.tolist(), strict=True):
        part = Slice("comparisons in the cluster", told)
        yield Measure(name, number, "count", Kind.CENSUS, n, slice=part, method=method)


def _parts(signals: Signals) -> Iterator[tuple[Slice, Bools]]:
    yield ALL, np.ones(signals.comparisons, np.bool_)
    yield from slices(signals)


def _counted(
    signals: Signals, name: str, value: int, rows: Bools | None, n: int | None = None, what: str = "comparisons"
) -> Measure:
    evidence = None if rows is None else signals.evidence(rows)
    units = signals.comparisons if n is None else n
    method = f"exact count; n: {what}"
    return Measure(f"duplicates.{name}", value, "count", Kind.CENSUS, units, evidence=evidence, method=method)


def _fraction(name: str, hits: int, n: int, part: Slice, what: str) -> Measure:
    value = hits / n if n else NO_ROWS
    method = f"exact share; n: {what}"
    return Measure(f"duplicates.{name}", value, "share", Kind.CENSUS, n, slice=part, method=method)


NEAR: Final = frozenset(
    f"duplicates.{name}"
    for name in (
        "near_pairs",
        "near_prompts",
        "near_contradictions",
        "cut_rows",
        "largest_cluster",
        "clusters",
        "prompt_clusters",
        "least_similarity",
        "effective_fraction",
    )
)
UNITS: Final = {spec.name: spec.unit for spec in Duplicates.measures}
