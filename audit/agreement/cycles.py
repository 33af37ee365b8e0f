"""Preferences that go round: A over B, B over C, C over A, in the votes and in the labels that are shipped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from audit.agreement.panel import Panel
from audit.agreement.votes import FIRST, SECOND
from audit.measure import Evidence, Interval, Kind, Measure, Undefined
from audit.schema import A, B
from audit.signals import Bools, Floats, Ints, Signals, key_groups, key_matrix
from audit.stats import bootstrap
from audit.stats.clusters import NO_SPREAD, cluster_mean, t_quantile
from audit.stats.ratios import ratio
from audit.stats.tournaments import Triads, bradley_terry, kendall_zeta, noise_matched, triads

MOST_WEDGES = 2_000_000
"""Pairs of comparisons that are looked at for triads, and a tenth of it in each draw of the null."""
FEWEST_EDGES = 3
NO_TRIADS = Undefined(
    "no three responses to one prompt were all compared", "comparisons of three responses to a prompt"
)


@dataclass(frozen=True, slots=True)
class Graph:
    """Compared responses of prompts that have enough comparisons for a cycle; edges sorted by lower response."""

    low: Ints
    high: Ints
    prompt: Ints
    wins: Floats
    """Decisive votes for the lower-numbered response."""
    votes: Floats


def cycle_measures(panel: Panel, draws: int) -> Iterator[Measure]:
    """Yield the rate of cyclic triads, its excess over noise, consistence, and the rows of cyclic labels.

    Args:
        panel: the votes.
        draws: of the null.
    """
    nodes = _nodes(panel.signals)
    graph = None if nodes is None else _graph(panel, *nodes)
    found = None if graph is None else triads(graph.low, graph.high, MOST_WEDGES)
    if graph is None or found is None or not len(found):
        for name, unit in (("cyclic_triad_rate", "share"), ("cycle_excess", "ratio"), ("kendall_zeta", "coefficient")):
            yield Measure(f"agreement.{name}", NO_TRIADS, unit, Kind.PROCESS, 0)
    else:
        yield from _triad_measures(graph, found, panel.level, draws)
    yield cyclic_labels(panel.signals)


def _nodes(signals: Signals) -> tuple[Ints, Ints, Ints] | None:
    """Return prompt and the numbers of both responses of each comparison, -1 where unknown; None without keys."""
    if not signals.has("prompt_key", "a_key", "b_key"):
        return None
    prompt = signals.groups("prompt_key")
    crowded = np.bincount(prompt)[prompt] >= FEWEST_EDGES
    rows = np.flatnonzero(crowded)
    a, b = np.full(len(prompt), -1, dtype=np.int64), np.full(len(prompt), -1, dtype=np.int64)
    if len(rows):
        keys = np.vstack([key_matrix(signals.load(name))[rows] for name in ("a_key", "b_key")])
        texts = key_groups(keys, np.zeros(len(keys), dtype=np.bool_))
        width = int(texts.max()) + 1
        both = np.concatenate([prompt[rows], prompt[rows]]) * width + texts
        numbers = np.unique(both, return_inverse=True)[1].reshape(-1)
        a[rows], b[rows] = numbers[: len(rows)], numbers[len(rows) :]
    return prompt, a, b


def _graph(panel: Panel, prompt: Ints, a: Ints, b: Ints) -> Graph | None:
    """Return the graph of items with a decisive vote, one edge an item."""
    counts = panel.decisive.counts
    votes = panel.every
    start = np.flatnonzero(np.concatenate([[True], votes.item[1:] != votes.item[:-1]]))
    row = votes.comparison[start]  # any comparison of the item: all have its responses
    used = np.flatnonzero((counts[:, :2].sum(axis=1) > 0) & (a[row] >= 0) & (a[row] != b[row]))
    if len(used) < FEWEST_EDGES:
        return None
    row = row[used]
    a_first = panel.signals.ints("a_is_first")[row] > 0 if panel.signals.has("a_is_first") else np.ones(len(row), bool)
    first, second = np.where(a_first, a[row], b[row]), np.where(a_first, b[row], a[row])
    low, high = np.minimum(first, second), np.maximum(first, second)
    decided = counts[used][:, [FIRST, SECOND]].astype(np.float64)
    wins = np.where(first == low, decided[:, 0], decided[:, 1])
    order = np.lexsort((high, low))
    return Graph(low[order], high[order], prompt[row][order], wins[order], decided.sum(axis=1)[order])


def _triad_measures(graph: Graph, found: Triads, level: float, draws: int) -> Iterator[Measure]:
    direction = np.sign(2 * graph.wins - graph.votes).astype(np.int64)
    prompt = graph.prompt[found.low_middle]
    is_cycle, is_decided = found.states(direction)
    name, n = "agreement.cyclic_triad_rate", int(is_decided.sum())
    if not n:
        none = Undefined("no three comparisons of three responses are all decided", "an odd number of votes")
        yield Measure(name, none, "share", Kind.PROCESS, 0)
        yield Measure("agreement.cycle_excess", none, "ratio", Kind.PROCESS, 0)
    else:
        told = ratio(is_cycle.astype(np.float64), is_decided.astype(np.float64), prompt)
        interval = Interval(0.0, 1.0, level, "one prompt: nothing can be said of others")
        if told.error is not None:
            half = told.error * t_quantile(level, told.clusters - 1)
            low, high = max(0.0, told.value - half), min(1.0, told.value + half)
            method = f"t, jackknife by prompt, {told.clusters} prompts"
            interval = Interval(low, high, level, method, told.error, told.clusters - 1.0)
        method = f"cyclic among decided triads of majorities, 0.25 by chance; n: triads; {interval.method}"
        yield Measure(name, told.value, "share", Kind.PROCESS, n, interval, method=method)
        yield _excess(graph, found, told.value, n, level, draws)
    yield _consistence(graph, prompt, is_cycle, is_decided, level)


def _excess(graph: Graph, found: Triads, observed: float, n: int, level: float, draws: int) -> Measure:
    """Observed rate of cycles over what votes by fitted Bradley-Terry strengths, as many an item, would give."""
    name = "agreement.cycle_excess"
    part = found
    if len(found) > MOST_WEDGES // 10:
        some = MOST_WEDGES // 10
        part = Triads(found.low_middle[:some], found.middle_high[:some], found.low_high[:some])
    fitted = bradley_terry(graph.low, graph.high, graph.wins, graph.votes)
    chance = noise_matched(fitted, graph.wins, graph.votes)
    random = np.random.default_rng(bootstrap.seed_of("agreement", "cycles"))
    rates = np.empty(draws)
    for i in range(draws):
        wins = random.binomial(graph.votes.astype(np.int64), chance)
        cycles, decided = part.states(np.sign(2 * wins - graph.votes.astype(np.int64)))
        rates[i] = cycles.sum() / max(int(decided.sum()), 1)
    expected = float(rates.mean())
    if expected == 0.0:
        none = Undefined("votes by Bradley-Terry strengths would give no cycle", "more triads")
        return Measure(name, none, "ratio", Kind.PROCESS, n)
    tail = (1 - level) / 2
    low, high = (float(v) for v in np.quantile(rates, [tail, 1 - tail]))
    p = (1 + int((rates >= observed).sum())) / (1 + draws)
    ends = Interval(
        observed / high if high > 0 else observed / expected,
        observed / low if low > 0 else observed / max(float(rates[rates > 0].min()), 1e-12),
        level,
        f"quantiles of {draws} draws of the null",
    )
    method = (
        f"observed over expected by Bradley-Terry ({expected:.3g}); p = {p:.3g} that noise gives as many; n: triads"
    )
    return Measure(name, observed / expected, "ratio", Kind.PROCESS, n, ends, method=method)


def _consistence(graph: Graph, prompt: Ints, is_cycle: Bools, is_decided: Bools, level: float) -> Measure:
    """Kendall's zeta, mean over prompts whose responses were all compared with each other and decided."""
    name = "agreement.kendall_zeta"
    prompts, number = np.unique(graph.prompt, return_inverse=True)
    edges = np.bincount(number.reshape(-1))
    ends = np.concatenate([np.column_stack([graph.prompt, graph.low]), np.column_stack([graph.prompt, graph.high])])
    players = np.bincount(np.searchsorted(prompts, np.unique(ends, axis=0)[:, 0]), minlength=len(prompts))
    at = np.searchsorted(prompts, prompt)
    decided = np.bincount(at, weights=is_decided, minlength=len(prompts))
    cycles = np.bincount(at, weights=is_cycle, minlength=len(prompts)).astype(np.int64)
    threes = players * (players - 1) * (players - 2) / 6
    whole = (players >= 3) & (2 * edges == players * (players - 1)) & (decided == threes)
    if not whole.any():
        none = Undefined("no prompt's responses were all compared and decided", "complete comparisons of a prompt")
        return Measure(name, none, "coefficient", Kind.PROCESS, 0)
    values = kendall_zeta(cycles[whole], players[whole])
    told = cluster_mean(values, np.arange(len(values)))
    interval = None
    if told.cv3l is not None and told.cv3l > NO_SPREAD:
        half = told.cv3l * t_quantile(level, told.clusters - 1)
        interval = Interval(
            told.mean - half, min(1.0, told.mean + half), level, "t over prompts", told.cv3l, told.clusters - 1.0
        )
    method = "mean of complete tournaments; n: prompts"
    return Measure(name, told.mean, "coefficient", Kind.PROCESS, len(values), interval, method=method)


def cyclic_labels(signals: Signals) -> Measure:
    """Return the shipped labels that lie on a cycle of at least three responses to one prompt, worst first.

    They contradict each other; the worst are those in most cycles of three.
    """
    name = "agreement.cyclic_labels"
    nodes = _nodes(signals)
    if not signals.has("label") or nodes is None:
        none = Undefined("no label is shipped, or the responses have no key", "label")
        return Measure(name, none, "count", Kind.CENSUS, 0)
    _, a, b = nodes
    label = signals.ints("label")
    decided = (label == A) | (label == B)
    rows = np.flatnonzero(decided & (a >= 0) & (a != b))
    cycles = np.zeros(signals.comparisons)
    on_cycle = np.zeros(signals.comparisons, dtype=np.bool_)
    if len(rows) >= FEWEST_EDGES:
        on_cycle[rows], cycles[rows] = _on_cycle(a[rows], b[rows], label[rows] == A)
    evidence = signals.evidence(on_cycle, cycles) if on_cycle.any() else Evidence(0, ())
    method = "exact count of labels on a cycle of three or more responses; n: labels that choose a side"
    n = int(decided.sum())
    return Measure(name, evidence.total, "count", Kind.CENSUS, n, evidence=evidence, method=method)


def _on_cycle(a: Ints, b: Ints, a_won: Bools) -> tuple[Bools, Ints]:
    """Return which labels join two responses of one strong component of three or more, and in how many triads.

    Where rows on one pair contradict each other, the majority of them counts, and none where they balance.
    """
    names, number = np.unique(np.concatenate([a, b]), return_inverse=True)
    one, two = np.split(number.reshape(-1), 2)
    low, high = np.minimum(one, two), np.maximum(one, two)
    edges, edge = np.unique(low * len(names) + high, return_inverse=True)
    edge = edge.reshape(-1)
    low, high = np.divmod(edges, len(names))
    direction = np.sign(np.bincount(edge, weights=np.where((one < two) == a_won, 1.0, -1.0))).astype(np.int64)
    winner, loser = (
        np.where(direction > 0, low, high)[direction != 0],
        np.where(direction > 0, high, low)[direction != 0],
    )
    wins, losses = np.bincount(winner, minlength=len(names)), np.bincount(loser, minlength=len(names))
    if not ((losses[winner] > 0) & (wins[loser] > 0)).any():  # every edge has an end that only wins or only loses
        return np.zeros(len(a), dtype=np.bool_), np.zeros(len(a), dtype=np.int64)
    from scipy.sparse import coo_array  # heavy, needed only here
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(winner), np.int8), (winner, loser)), shape=(len(names), len(names)))
    _, component = connected_components(links, directed=True, connection="strong")
    joined = (component[low] == component[high]) & (direction != 0)
    found = triads(low, high, MOST_WEDGES)
    is_cycle, _ = found.states(direction)
    sides = np.concatenate([found.low_middle[is_cycle], found.middle_high[is_cycle], found.low_high[is_cycle]])
    times = np.bincount(sides, minlength=len(edges))
    return joined[edge], times[edge]
