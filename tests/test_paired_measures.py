"""Odds ratios as measures: the exponential of a coefficient, undefined where the data do not bound it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from audit.measure import Undefined
from audit.paired_measures import MOST_LOG_ODDS, odds_ratio
from audit.stats.logit import logit


def test_odds_ratio_is_the_exponential_of_the_coefficient() -> None:
    """30 wins of 40 where x is 1: odds 3, whatever the clusters are."""
    won = np.repeat([1.0, 0.0], [30, 10])
    fit = logit(np.ones((40, 1)), won, np.arange(40), intercept=False)
    measure = odds_ratio("x.odds", fit, unit="odds ratio", what="test")
    assert measure.number == pytest.approx(3.0)
    assert measure.interval is not None
    line = fit.interval(measure.interval.level)
    assert (measure.interval.low, measure.interval.high) == (math.exp(line.low), math.exp(line.high))


def test_odds_ratio_that_the_data_do_not_bound_is_undefined() -> None:
    """The same fit told at a value where its upper bound has no finite exponential: a reason, no overflow."""
    won = np.repeat([1.0, 0.0], [30, 10])
    fit = logit(np.ones((40, 1)), won, np.arange(40), intercept=False)
    measure = odds_ratio("x.odds", fit, unit="odds ratio", what="test", at_value=10 * MOST_LOG_ODDS)
    assert isinstance(measure.value, Undefined)
    assert "hardly bound" in measure.value.reason
