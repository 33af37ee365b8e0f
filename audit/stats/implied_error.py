"""What disagreement implies for the error of a label that R votes decided.

Let p_i be the share of the population of annotators that prefers the first response of item i. With sides in an order
that has nothing to do with quality, p_i is symmetric about one half; it is taken to be Beta(a, a). Two votes agree with
probability E[p^2 + (1 - p)^2] = (a + 1) / (2 a + 1), so a = (1 - pa) / (2 pa - 1). The label of R votes is wrong when
it is not what the population's majority prefers.

The beta-binomial family is Skellam 1948, JRSS B 10. It is a lower bound of the true error: mistakes that annotators
share do not show as disagreement.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MOST_SPREAD: Final = 1e6
"""Beta parameter at which items no longer differ: agreement of one half."""
STEP: Final = 1e-4


def beta_parameter(agreement: float) -> float:
    """Return a of Beta(a, a) at which two decisive votes agree with this probability; 0 at 1, MOST_SPREAD at 1/2."""
    if agreement <= 0.5:
        return MOST_SPREAD
    return min(MOST_SPREAD, (1.0 - agreement) / (2.0 * agreement - 1.0))


def label_error(agreement: float, votes: int) -> float:
    """Return the chance that the majority of `votes` decisive votes is not the population's; ties of them are drawn.

    With k of R votes for the first response and p uniform under Beta(a + k, a + R - k), the minority side won when
    k > R / 2 and p < 1/2; both sides count alike:
    e(R) = 2 sum over k > R/2 of BetaBin(k; R, a, a) I_{1/2}(a + k, a + R - k) + BetaBin(R/2; R, a, a) / 2.

    Args:
        agreement: chance that two decisive votes on one item agree.
        votes: R, at least 1.
    """
    a = beta_parameter(agreement)
    if a <= 0.0:
        return 0.0
    from scipy.special import betainc  # a fifth of a second, so only here

    k = np.arange(votes // 2 + 1, votes + 1, dtype=np.float64)
    found = 2.0 * float((_chance(k, votes, a) * betainc(a + k, a + votes - k, 0.5)).sum())
    if votes % 2 == 0:
        found += 0.5 * float(_chance(np.array([votes / 2.0]), votes, a)[0])
    return min(0.5, found)


def _chance(k: Floats, votes: int, a: float) -> Floats:
    """Beta-binomial probabilities of k votes for the first response."""
    from scipy.special import betaln, gammaln  # a fifth of a second, so only here

    ways = gammaln(votes + 1) - gammaln(k + 1) - gammaln(votes - k + 1)
    return np.asarray(np.exp(ways + betaln(a + k, a + votes - k) - betaln(a, a)))


def mixed_error(agreement: float, votes: npt.NDArray[np.int64]) -> float:
    """Return the mean error of labels of which `votes[R]` rest on R votes.

    Args:
        agreement: as for `label_error`.
        votes: shape (most + 1,), labels by number of votes; votes[0] is not used.
    """
    used = np.flatnonzero(votes[1:]) + 1
    return math.fsum(float(votes[r]) * label_error(agreement, int(r)) for r in used) / float(votes[used].sum())


def slope(agreement: float, votes: npt.NDArray[np.int64]) -> float:
    """Return the derivative of `mixed_error` by the agreement, a central difference inside (1/2, 1)."""
    low, high = max(0.5, agreement - STEP), min(1.0, agreement + STEP)
    if high <= low:
        return 0.0
    return (mixed_error(high, votes) - mixed_error(low, votes)) / (high - low)
