"""BAL: who and what the labels cover, and who wins."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from audit.auditor import Spec
from audit.balance.answers import Answers, is_pair_form, judged, prompt_clusters, shipped
from audit.balance.coverage import Targets, slice_sizes, target_measures
from audit.errors import UsageError
from audit.measure import ALL, Kind, Measure, Slice, Undefined
from audit.position.presentations import Models, models
from audit.schema import LABELS, SLICE_PREFIX, TIE, A
from audit.shares import share_measure
from audit.signals import Bools, Ints, Signals
from audit.slices import slice_columns, slices
from audit.stats.clusters import cluster_mean
from audit.stats.power import smallest_margin
from audit.stats.proportions import LEVEL

MOST: Final = 50
"""Models, and pairs of models, that are reported one by one: the most frequent."""
LABELS_MISSING: Final = Undefined("no label is recorded", "label")
PAIR_FORM: Final = Undefined("a file of chosen and rejected has no other label and no side", "judgment.label")
MODELS_MISSING: Final = Undefined("models are not recorded", "model_a")
TEXT_MISSING: Final = Undefined("no text is recorded", "response_a")


def _spec(name: str, unit: str, kind: Kind, meaning: str) -> Spec:
    return Spec(f"balance.{name}", unit, kind, meaning)


@dataclass(frozen=True)
class Balance:
    """Balance: how the comparisons spread over slices, labels and models, and what each slice can support.

    What it measures:
        The size of each slice (`balance.slice_count`), of the smallest (`balance.smallest_slice`), and the smallest
        margin that each could certify (`balance.supports`); the labels (`balance.label_count`, `balance.tie_rate`,
        `balance.side_a_rate`); the models (`balance.model_win_share`, `balance.top_model_win_share`,
        `balance.model_entropy`); refusals (`balance.refusal_chosen_rate`, `balance.both_refuse`); and the distance
        from a declared target (`balance.target_distance`, `balance.cell_excess`).

    Why it matters:
        A locale with forty comparisons supports no claim about that locale; a model that always wins teaches its
        manner rather than what is preferred; refusals that always win teach refusing.

    How:
        Counts are exact. Win shares are over decisive judgments (or shipped labels where there are no judgments)
        between two different models, the top share and refusals over shipped labels first; intervals are clustered
        by prompt and by annotator. Entropy is -sum p log2 p over the models of all sides. A slice supports
        3.29 * 0.5 / sqrt(n_eff), the margin around one half that two one-sided tests at 0.05 certify with power 0.9,
        n_eff = (sum n_g)^2 / sum n_g^2 over prompts, as if a prompt's comparisons told one thing. The target distance
        is sum |p - q| / 2 less its expectation if q were true at the effective number of units.

    Reads:
        Nothing is required. It uses `label`, `judgment.label`, `judgment.comparison`, `judgment.annotator`,
        `prompt_key`, `model_a`, `model_b`, `a_refusal`, `b_refusal`, `locale`, `scenario`, `policy`, `split` and
        `slice.*`.

    Measures and units:
        `balance.slice_count` (whole and per slice), `balance.smallest_slice`, `balance.label_count` (whole; per
        shipped label; per judgment's label), `balance.both_refuse`: count, census. `balance.top_model_win_share`,
        `balance.supports` (whole and per slice): share, census. `balance.model_entropy`: bits, census.
        `balance.tie_rate`, `balance.side_a_rate`, `balance.refusal_chosen_rate` (whole and per slice),
        `balance.model_win_share` (per model, per pair of models), `balance.target_distance` (the column that is
        farthest, and per column), `balance.cell_excess` (observed less target, per value): share, process.

    Limits:
        In a file of chosen and rejected the side's name is the label, so side and tie rates are undefined there. A
        refusal is what the extractor's phrases find at the start of a short answer. Comparisons within one model
        have no winning model. Interval ends of `balance.cell_excess` hold one value at a time.

    References:
        Schuirmann 1987, J. Pharmacokinetics and Biopharmaceutics 15 (two one-sided tests). Kish 1965, Survey Sampling
        (effective numbers). Diaconis and Zabell 1991, Statistical Science 6 (mean deviation). Rao and Scott 1984,
        Annals of Statistics 12 (design effects of tables).
    """

    targets: Targets | Mapping[str, Mapping[str, float]] = ()
    """Declared shares by value, by column ("locale", "slice.topic"); kept as sorted pairs, so that it hashes."""
    level: float = LEVEL
    """Two-sided level of intervals."""
    least_units: int = 30
    """Decisive units below which a pair of models has no win share of its own."""

    code: ClassVar[str] = "BAL"
    name: ClassVar[str] = "balance"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = (
        "label",
        "judgment.label",
        "model_a",
        "model_b",
        "a_refusal",
        "b_refusal",
        "locale",
    )
    measures: ClassVar[tuple[Spec, ...]] = (
        _spec("slice_count", "count", Kind.CENSUS, "comparisons"),
        _spec("smallest_slice", "count", Kind.CENSUS, "comparisons of the smallest slice"),
        _spec("supports", "share", Kind.CENSUS, "smallest margin around one half that so many prompts certify"),
        _spec("label_count", "count", Kind.CENSUS, "labels"),
        _spec("tie_rate", "share", Kind.PROCESS, "ties among answers"),
        _spec("side_a_rate", "share", Kind.PROCESS, "decisive answers for side a"),
        _spec("model_win_share", "share", Kind.PROCESS, "decisive answers that a model wins against others"),
        _spec("top_model_win_share", "share", Kind.CENSUS, "decisive comparisons won by the model that wins most"),
        _spec("model_entropy", "bits", Kind.CENSUS, "entropy of the models over all sides"),
        _spec("refusal_chosen_rate", "share", Kind.PROCESS, "how often a refusal wins against an answer"),
        _spec("both_refuse", "count", Kind.CENSUS, "comparisons of two refusals"),
        _spec("target_distance", "share", Kind.PROCESS, "distance from the declared target beyond chance"),
        _spec("cell_excess", "share", Kind.PROCESS, "observed less declared share of a value"),
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "targets", _declared(self.targets))
        for column, shares in _declared(self.targets):
            total = math.fsum(share for _, share in shares)
            if any(not 0 <= share <= 1 for _, share in shares) or abs(total - 1) > 1e-6:
                raise UsageError(
                    "a coverage target is not a distribution",
                    where=f"target of {column!r}",
                    got=f"shares that sum to {total:g}",
                    expected="shares between 0 and 1 that sum to 1",
                )

    def measure(self, signals: Signals) -> Iterable[Measure]:
        """Yield counts of slices and labels, win shares of models and refusals, and distances from targets."""
        prompts = prompt_clusters(signals)
        order = np.argsort(prompts, kind="stable")
        yield from _slices(signals, prompts[order], order)
        judgments, labels = judged(signals, prompts), shipped(signals, prompts, order)
        yield from _label_counts(labels, judgments)
        votes = labels if judgments is None else judgments
        decided = labels if labels is not None and len(labels.decisive()) else votes
        yield from self._sides(signals, votes)
        yield from self._models(models(signals), votes, decided)
        yield from self._refusals(signals, decided)
        yield from target_measures(signals, prompts, _declared(self.targets), self.level)

    def _sides(self, signals: Signals, votes: Answers | None) -> Iterator[Measure]:
        """Tie rate and side rate, which only votes have."""
        names = ("balance.tie_rate", "balance.side_a_rate")
        if votes is None or is_pair_form(votes):
            for name in names:
                yield Measure(name, LABELS_MISSING if votes is None else PAIR_FORM, "share", Kind.PROCESS, 0)
            return
        for part, inside in ((ALL, None), *slices(signals)):
            some = votes if inside is None else votes.take(inside[votes.comparison])
            answered, decisive = some.answered(), some.decisive()
            yield self._share(names[0], answered.label == TIE, answered, f"answered {votes.what}", part)
            yield self._share(names[1], decisive.label == A, decisive, f"decisive {votes.what}", part)

    def _share(self, name: str, hits: Bools, of: Answers, what: str, part: Slice) -> Measure:
        return share_measure(name, hits, of.clusters, what, part=part, level=self.level, unlock=what)

    def _models(self, named: Models | None, votes: Answers | None, decided: Answers | None) -> Iterator[Measure]:
        """Win shares of models and pairs of models, the top model's share, and the entropy of the models."""
        if named is None or votes is None or decided is None:
            none = MODELS_MISSING if named is None else LABELS_MISSING
            yield Measure("balance.model_win_share", none, "share", Kind.PROCESS, 0)
            yield Measure("balance.top_model_win_share", none, "share", Kind.CENSUS, 0)
        else:
            yield from self._win_shares(named, votes.decisive())
            yield _top_share(named, decided.decisive())
        yield _entropy(named)

    def _win_shares(self, named: Models, votes: Answers) -> Iterator[Measure]:
        pair, first_is_a, differ = named.pairs(votes.comparison)
        votes, pair, first_is_a = votes.take(differ), pair[differ], first_is_a[differ]
        name, what = "balance.model_win_share", f"decisive {votes.what} between different models"
        if not len(votes):
            yield Measure(name, Undefined(f"no {what}", "comparisons of two models"), "share", Kind.PROCESS, 0)
            return
        winner = np.where(votes.label == A, named.a[votes.comparison], named.b[votes.comparison])
        first, second = np.divmod(pair, len(named.names))
        counts = np.bincount(np.concatenate([first, second]), minlength=len(named.names))
        for model in _most_frequent(counts, 1):
            mine = np.flatnonzero((first == model) | (second == model))
            part = Slice("model", named.names[model])
            yield self._share(name, winner[mine] == model, votes.take(mine), f"{what}, one of them the model", part)
        order = np.argsort(pair, kind="stable")
        numbers, starts, sizes = np.unique(pair[order], return_index=True, return_counts=True)
        for one in _most_frequent(sizes.astype(np.int64), self.least_units):
            mine = order[starts[one] : starts[one] + sizes[one]]
            part = Slice("model pair", named.pair_name(int(numbers[one])))
            yield self._share(name, winner[mine] == first[mine], votes.take(mine), f"{what}, won by the first", part)

    def _refusals(self, signals: Signals, decided: Answers | None) -> Iterator[Measure]:
        """How often a refusal wins against an answer, and comparisons of two refusals."""
        rate, both = "balance.refusal_chosen_rate", "balance.both_refuse"
        if not signals.has("a_refusal", "b_refusal"):
            yield Measure(rate, TEXT_MISSING, "share", Kind.PROCESS, 0)
            yield Measure(both, TEXT_MISSING, "count", Kind.CENSUS, 0)
            return
        a, b = signals.ints("a_refusal") > 0, signals.ints("b_refusal") > 0
        rows = signals.evidence(a & b)
        method = "exact count; n: comparisons"
        yield Measure(both, rows.total, "count", Kind.CENSUS, signals.comparisons, evidence=rows, method=method)
        if decided is None:
            yield Measure(rate, LABELS_MISSING, "share", Kind.PROCESS, 0)
            return
        decisive = decided.decisive()
        telling = decisive.take((a != b)[decisive.comparison])
        hits = a[telling.comparison] == (telling.label == A)
        what = f"decisive {decided.what} of which one side refuses"
        yield self._share(rate, hits, telling, what, ALL)
        for part, inside in slices(signals):
            mine = inside[telling.comparison]
            yield self._share(rate, hits[mine], telling.take(mine), what, part)


def _declared(targets: Targets | Mapping[str, Mapping[str, float]]) -> Targets:
    """Return targets as sorted pairs of pairs."""
    pairs = targets.items() if isinstance(targets, Mapping) else targets
    return tuple(sorted((column, tuple(sorted(dict(shares).items()))) for column, shares in pairs))


def _slices(signals: Signals, ranked: Ints, order: Ints) -> Iterator[Measure]:
    """Sizes of the whole and of every reported slice, what they support, and the smallest of all slices.

    `ranked` are the prompts of the comparisons in `order`, which sorts them.
    """
    for part, inside in ((ALL, None), *slices(signals, least=1)):
        members = ranked if inside is None else ranked[inside[order]]
        yield Measure(
            "balance.slice_count", len(members), "count", Kind.CENSUS, len(members), slice=part, method="exact count"
        )
        yield _supports(members, part)
    columns = slice_columns(signals)
    sizes = [
        (count, column.removeprefix(SLICE_PREFIX), value)
        for column in columns
        for value, count in slice_sizes(signals, column)
    ]
    if not sizes:
        none = Undefined("no column that makes slices is recorded", "locale")
        yield Measure("balance.smallest_slice", none, "count", Kind.CENSUS, 0)
        return
    count, column, value = min(sizes)
    method = f"exact count of {column}={value}; n: slices of {', '.join(columns)}"
    yield Measure("balance.smallest_slice", count, "count", Kind.CENSUS, len(sizes), method=method)


def _supports(members: Ints, part: Slice) -> Measure:
    """The margin that the prompts of a slice would certify, whatever the measure: 3.29 standard errors at one half."""
    name = "balance.supports"
    if not len(members):
        return Measure(name, Undefined("no comparison", "comparisons"), "share", Kind.CENSUS, 0, slice=part)
    effective = cluster_mean(np.ones(len(members)), members).effective_clusters
    margin = min(1.0, smallest_margin(0.5 / math.sqrt(effective)))
    method = "3.29 * 0.5 / sqrt(effective prompts); n: comparisons"
    return Measure(name, margin, "share", Kind.CENSUS, len(members), n_effective=effective, slice=part, method=method)


def _label_counts(labels: Answers | None, judgments: Answers | None) -> Iterator[Measure]:
    """How many labels there are, and of each kind: shipped ones and judgments' apart."""
    name, method = "balance.label_count", "exact count; n: comparisons and judgments with a label"
    found = [(by, answers) for by, answers in (("label", labels), ("judgment", judgments)) if answers]
    if not found:
        yield Measure(name, LABELS_MISSING, "count", Kind.CENSUS, 0)
        return
    total = sum(len(answers) for _, answers in found)
    yield Measure(name, total, "count", Kind.CENSUS, total, method=method)
    for by, answers in found:
        counts = np.bincount(answers.label, minlength=len(LABELS))
        for code in np.flatnonzero(counts):
            part = Slice(by, LABELS[code])
            yield Measure(name, int(counts[code]), "count", Kind.CENSUS, len(answers), slice=part, method=method)


def _top_share(named: Models, labels: Answers) -> Measure:
    """The share of decisive comparisons between different models that the most winning model wins."""
    name, what = "balance.top_model_win_share", f"decisive {labels.what} between different models"
    _, _, differ = named.pairs(labels.comparison)
    labels = labels.take(differ)
    if not len(labels):
        return Measure(name, Undefined(f"no {what}", "comparisons of two models"), "share", Kind.CENSUS, 0)
    winner = np.where(labels.label == A, named.a[labels.comparison], named.b[labels.comparison])
    wins = np.bincount(winner, minlength=len(named.names))
    top = int(np.argmax(wins))
    method = f"exact share won by {named.names[top]}; n: {what}"
    return Measure(name, int(wins[top]) / len(labels), "share", Kind.CENSUS, len(labels), method=method)


def _entropy(named: Models | None) -> Measure:
    """Entropy in bits of the model that wrote a side, over all recorded sides."""
    name = "balance.model_entropy"
    if named is None:
        return Measure(name, MODELS_MISSING, "bits", Kind.CENSUS, 0)
    sides = np.concatenate([named.a, named.b])
    counts = np.bincount(sides[sides >= 0], minlength=len(named.names))
    shares = np.sort(counts[counts > 0]) / counts.sum()
    value = float(-(shares * np.log2(shares)).sum()) + 0.0  # no minus zero
    n = int(counts.sum())
    return Measure(name, value, "bits", Kind.CENSUS, n, method=f"{len(shares)} models; n: sides with a model")


def _most_frequent(counts: Ints, least: int) -> list[int]:
    """Numbers of the MOST largest counts of at least `least`, ties by number, in rising order."""
    order = np.argsort(-counts, kind="stable")[:MOST]
    return sorted(int(i) for i in order if counts[i] >= max(least, 1))
