"""Position bias injected in known doses: how often the interval sees it, and how often the margin is certified."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from audit.stats.clusters import share

FILES, N, MARGIN = 300, 3_000, 0.03
ANNOTATORS = 150
DOSES = (0.0, 0.02, 0.04, 0.06, 0.10)
REFERENCE = {
    0.0: (0.055, 0.918),
    0.02: (0.155, 0.753),
    0.04: (0.585, 0.308),
    0.06: (0.923, 0.043),
    0.10: (1.0, 0.0),
}
"""Detection and certification on crowd votes whose order was randomised anew, 400 files of 3,000 votes a dose."""


def simulated(dose: float) -> tuple[float, float]:
    """Return the shares of files where 0.5 is outside the 95 % interval, and where 0.5 +- MARGIN holds the 90 % one."""
    random = np.random.default_rng(round(1_000 * dose))
    clusters = {"prompt": np.arange(N) // 3, "annotator": np.arange(N) % ANNOTATORS}
    seen = certified = 0
    for _ in range(FILES):
        first = np.where(random.random(N) < dose, True, random.random(N) < 0.5)
        found = share(first, clusters)
        low, high = found.bounds(0.95)
        seen += not low <= 0.5 <= high
        certified += found.interval.low > 0.5 - MARGIN and found.interval.high < 0.5 + MARGIN
    return seen / FILES, certified / FILES


def expected(dose: float) -> tuple[float, float]:
    """Return the same two from the normal distribution: the rate is 0.5 + dose / 2, its error 0.5 / sqrt(N)."""
    shift, error = dose / 2, 0.5 / math.sqrt(N)
    seen = norm.sf(1.960 - shift / error) + norm.cdf(-1.960 - shift / error)
    room = MARGIN / error - 1.645
    return seen, norm.cdf(room - shift / error) - norm.cdf(-room - shift / error)


@pytest.mark.parametrize("dose", DOSES)
def test_dose_curve(dose):
    """Detection and certification follow theory within Monte-Carlo error, and the reference within both's.

    The wider of two cluster errors makes the interval a little wider than theory's: 0.06 of room for that.
    """
    for mine, theory, reference in zip(simulated(dose), expected(dose), REFERENCE[dose], strict=True):
        chance = 4 * math.sqrt(max(theory * (1 - theory), 0.005) / FILES)
        assert abs(mine - theory) < chance + 0.06
        both = 4 * math.sqrt(max(reference * (1 - reference), 0.005) * (1 / FILES + 1 / 400))
        assert abs(mine - reference) < both + 0.06


def test_certificates_at_the_limit_are_rare():
    """With the true rate at 0.53 a certificate is wrong: no more often than 5 % and four errors of 300 files."""
    assert simulated(0.06)[1] <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / FILES)
