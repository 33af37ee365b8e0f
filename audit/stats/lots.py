"""How many faulty units an isolated lot holds, from a simple random sample of it that people judged: exact bounds.

Units are drawn without replacement, so counts are hypergeometric; nothing is approximated by a binomial or a normal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

NORMAL_95: Final = 1.6448536269514722
"""Quantile .95 of the normal distribution: each end of a two-sided 90 % interval."""


def log_choose(n: int, k: int) -> float:
    """Return the logarithm of n over k; minus infinity where there is no such choice."""
    if not 0 <= k <= n:
        return -math.inf
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def hypergeometric_cdf(k: int, lot: int, faulty: int, sample: int) -> float:
    """Return P(X <= k), X the faulty units in a sample.

    Args:
        k: any whole number.
        lot: units in the lot.
        faulty: faulty units in the lot.
        sample: units drawn.
    """
    all_samples = log_choose(lot, sample)
    first = max(0, sample - (lot - faulty))
    terms = (
        math.exp(log_choose(faulty, i) + log_choose(lot - faulty, sample - i) - all_samples)
        for i in range(first, min(k, sample, faulty) + 1)
    )
    return min(1.0, math.fsum(terms))


def lot_bounds(found: int, sample: int, lot: int, tail: float = 0.05) -> tuple[int, int]:
    """Return the least and the largest number of faulty units in the lot that the sample does not reject.

    Args:
        found: faulty units in the sample; 0 <= found <= sample.
        sample: units judged; 0 to lot.
        lot: units in the lot.
        tail: chance of error of each bound.

    Source: Clopper and Pearson 1934 (inverted tests); Wright 1991, Exact Confidence Bounds When Sampling from Small
    Finite Universes, section 2.
    """
    least, most = found, lot - (sample - found)
    low, high = least, most
    while low < high:  # the largest D with P(X <= found | D) > tail; the probability falls with D
        middle = (low + high + 1) // 2
        low, high = (middle, high) if hypergeometric_cdf(found, lot, middle, sample) > tail else (low, middle - 1)
    upper = low
    low, high = least, most
    while low < high:  # the least D with P(X >= found | D) > tail; the probability rises with D
        middle = (low + high) // 2
        low, high = (
            (low, middle) if 1 - hypergeometric_cdf(found - 1, lot, middle, sample) > tail else (middle + 1, high)
        )
    return low, upper


def any_time_bounds(faults: Sequence[bool], lot: int, error: float = 0.1) -> tuple[int, int]:
    """Return bounds that hold at once after every unit judged, so that a reviewer may stop whenever they please.

    D is kept while P(sequence | uniform prior) < P(sequence | D) / error at every step: the ratio is a martingale
    under the true D, and exceeds 1 / error at any time with chance `error` at most (Ville).

    Args:
        faults: whether each unit was faulty, in the order drawn.
        lot: units in the lot.
        error: chance that the truth is ever outside.

    Source: Waudby-Smith and Ramdas 2020, NeurIPS, Confidence sequences for sampling without replacement, equation 4
    (prior-posterior ratio martingale), with the uniform prior.
    """
    low, high, found = 0, lot, 0
    for drawn, is_faulty in enumerate(faults, start=1):
        found += is_faulty
        least, most = _kept(found, drawn, lot, error)
        low, high = max(low, least), min(high, most)
    return low, max(low, high)


def _kept(found: int, drawn: int, lot: int, error: float) -> tuple[int, int]:
    """The interval of D that one step keeps; the likelihood rises to the mode and falls from there."""
    mixture = math.lgamma(found + 1) + math.lgamma(drawn - found + 1) - math.lgamma(drawn + 2)

    def is_kept(faulty: int) -> bool:
        chance = log_choose(lot - drawn, faulty - found) - log_choose(lot, faulty)  # of this very sequence
        return mixture - chance < -math.log(error)

    least, most = found, lot - (drawn - found)
    mode = min(max((found * (lot + 1)) // drawn, least), most)
    low, high = least, mode
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_kept(middle) else (middle + 1, high)
    first, low, high = low, mode, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if is_kept(middle) else (low, middle - 1)
    return first, low


@dataclass(frozen=True, slots=True)
class Reviewer:
    """How well hand review finds faults, as measured on units whose truth is known."""

    sensitivity: float
    """Share of faulty units that are called faulty."""
    specificity: float
    """Share of sound units that are called sound."""
    faulty: int
    """Units that `sensitivity` was measured on."""
    sound: int
    """Units that `specificity` was measured on."""

    @property
    def skill(self) -> float:
        """Youden's J: 1 for a perfect reviewer, 0 for one who guesses."""
        return self.sensitivity + self.specificity - 1


def corrected_share(found: int, sample: int, reviewer: Reviewer) -> tuple[float, float, float]:
    """Return the share of faulty units, corrected for an imperfect reviewer, with its two-sided 90 % interval.

    Args:
        found: units called faulty.
        sample: units judged; above 0.
        reviewer: with `skill` above 0.

    Source: Rogan and Gladen 1978, Am. J. Epidemiol. 107, equations 1 and 3 (delta method).
    """
    observed = found / sample
    share = (observed + reviewer.specificity - 1) / reviewer.skill
    kept = min(1.0, max(0.0, share))
    spread = (
        observed * (1 - observed) / sample
        + kept**2 * reviewer.sensitivity * (1 - reviewer.sensitivity) / reviewer.faulty
        + (1 - kept) ** 2 * reviewer.specificity * (1 - reviewer.specificity) / reviewer.sound
    )
    half = NORMAL_95 * math.sqrt(spread) / reviewer.skill
    return kept, max(0.0, share - half), min(1.0, share + half)
