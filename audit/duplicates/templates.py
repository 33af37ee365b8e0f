"""Templates: how often responses begin or end alike, and which beginnings and ends stand with one side of the label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from audit.signals import Bools, Floats, Ints
from audit.stats.multiple import benjamini_hochberg

PRIOR: Final = 500.0
"""Weight of the prior in texts: openings are taken to stand on either side as all of them together do."""
LEAST: Final = 20
"""Different texts, on one side only, that an opening needs to be tested: one text that stands in many pairs is none."""
RATE: Final = 0.05
"""Expected share of false ones among those that are called one-sided (Benjamini-Hochberg)."""


@dataclass(frozen=True)
class OneSided:
    """Which templates stand with one side, and where."""

    tested: int
    templates: Ints
    """Numbers of those that do."""
    rows: Bools
    """Comparisons that hold one of them on one side only, shape (n,)."""


def one_sided(winner: Ints, loser: Ints, winner_text: Ints, loser_text: Ints) -> OneSided:
    """Find templates that stand with the preferred side, or with the other, more than chance has it.

    Log odds with an informative Dirichlet prior: z = (log odds of y1 + a - log odds of y0 + a) / sqrt(1 / (y1 + a) +
    1 / (y0 + a)), a the template's share of all texts times PRIOR. Counted are different texts, near duplicates as one,
    in comparisons that hold the template on one side only.

    Args:
        winner: template number of the preferred side, -1 for none, shape (n,).
        loser: of the other.
        winner_text: number of the preferred text or of its near-duplicate cluster.
        loser_text: of the other.

    Source: Monroe, Colaresi and Quinn 2008, Political Analysis 16, p. 372-403, equations 16, 18 and 22.
    """
    differ = winner != loser
    most = int(max(winner.max(initial=-1), loser.max(initial=-1))) + 1
    won = _texts(winner, winner_text, differ, most)
    lost = _texts(loser, loser_text, differ, most)
    tested = np.flatnonzero(won + lost >= LEAST)
    if not len(tested):
        return OneSided(0, tested, np.zeros(len(winner), np.bool_))
    z = log_odds_z(won[tested].astype(np.float64), lost[tested].astype(np.float64), int(won.sum()), int(lost.sum()))
    from scipy.special import ndtr  # a fifth of a second, so only here

    found = tested[benjamini_hochberg(2 * ndtr(-np.abs(z)), RATE)]
    chosen = np.zeros(most + 1, np.bool_)  # the last stands for none
    chosen[found] = True
    return OneSided(len(tested), found, differ & (chosen[winner] | chosen[loser]))


def _texts(template: Ints, text: Ints, differ: Bools, most: int) -> Ints:
    """Return how many different texts hold each template, shape (most,)."""
    held = np.flatnonzero(differ & (template >= 0))
    width = int(text.max(initial=0)) + 1
    both = np.sort(template[held] * width + text[held])
    fresh = np.diff(both, prepend=-1) != 0
    return np.bincount(both[fresh] // width, minlength=most)


def log_odds_z(won: Floats, lost: Floats, all_won: int, all_lost: int) -> Floats:
    """Return the z score of each template; shape as `won`."""
    prior = PRIOR * (won + lost) / (all_won + all_lost)
    odds_won = np.log((won + prior) / (all_won + PRIOR - won - prior))
    odds_lost = np.log((lost + prior) / (all_lost + PRIOR - lost - prior))
    return np.asarray((odds_won - odds_lost) / np.sqrt(1 / (won + prior) + 1 / (lost + prior)))


def most_frequent(*sides: Ints) -> tuple[int, int, Bools]:
    """Return how many texts have the most frequent template, how many have one, and the comparisons that hold it."""
    every = np.concatenate(sides)
    counts = np.bincount(every[every >= 0])
    if not len(counts):
        return 0, 0, np.zeros(len(sides[0]), np.bool_)
    top = int(counts.argmax())
    return int(counts[top]), int(counts.sum()), np.logical_or.reduce([side == top for side in sides])
