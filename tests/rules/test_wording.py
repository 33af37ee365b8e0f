"""What findings say: one plain sentence for each way a decision can go."""

from __future__ import annotations

import pytest

from audit.measure import Interval, Kind, Measure
from audit.rules import judge
from audit.rules.pack import Operator, Rule
from audit.rules.wording import amount, limit_words

from .building import census, counted, decision, pack, rule, t_measure

BETWEEN = "are sharp enough, but lie between what passes"
WITHIN = rule(operator=Operator.WITHIN, center=0.5, limit=0.03, fail_limit=0.05)


def exact(low: float, high: float) -> Measure:
    """A measure with these bounds and no standard error."""
    return Measure("test.rate", (low + high) / 2, "share", Kind.PROCESS, 1000, Interval(low, high, 0.90, "exact"))


@pytest.mark.parametrize(
    ("by", "measure", "expected"),
    [
        (rule(), exact(0.01, 0.02), "bounds 1% to 2%, all of it at most 5%"),
        (rule(), exact(0.2, 0.3), "bounds 20% to 30%, all of it above 10%"),
        (rule(), exact(0.01, 0.2), "bounds 1% to 20% cross a limit (at most 5% passes, above 10% fails)"),
        (rule(), exact(0.06, 0.09), f"bounds 6% to 9% {BETWEEN} (at most 5%) and what fails (above 10%)"),
        (WITHIN, exact(0.48, 0.52), "bounds 48% to 52%, all of it between 47% and 53%"),
        (WITHIN, exact(0.40, 0.42), "bounds 40% to 42%, all of it below 45%"),
        (WITHIN, exact(0.58, 0.62), "bounds 58% to 62%, all of it above 55%"),
        (census(), counted(0), "0, where at most 0 is asked"),
        (census(), counted(1234), "1,234, where at most 0 is asked and above 0 fails"),
        (
            rule(decision=decision(pass_n=2000)),
            exact(0.01, 0.02),
            "bounds 1% to 2% are at most 5% but rest on 1,000 independent units; a pass needs 2,000",
        ),
        (rule(decision=decision(min_n=1001)), exact(0.01, 0.02), "1,000 units; nothing is said below 1,001"),
        (
            rule(decision=decision(confidence=0.99)),
            exact(0.01, 0.02),
            "no interval at 99 % confidence, and an estimate alone decides nothing",
        ),
    ],
)
def test_each_decision_has_its_sentence(by: Rule, measure: Measure, expected: str) -> None:
    """The message names bounds, the limit that decided, and what is missing where something is."""
    assert judge(pack(by), [measure]).findings[0].message == expected


def test_few_clusters_are_named() -> None:
    """An interval with 8 degrees of freedom rests on nine clusters."""
    by = rule(decision=decision(min_df=9))

    assert "rest on 9 clusters, too few to trust" in judge(pack(by), [t_measure(0.01, 0.001, df=8)]).findings[0].message


def test_an_undecided_bound_says_how_many_would_do() -> None:
    """SE 0.02 at n = 1,000 needs 1,000 (3.2897 x 0.02 / 0.03)^2 = 4,810 for a margin of 0.03."""
    finding = judge(pack(WITHIN), [t_measure(0.5, 0.02, n=1000)]).findings[0]

    assert finding.needed_n == 4810
    assert finding.message.endswith("; about 4,810 would be needed to pass if the property is good")


def test_numbers_and_limits_are_spoken() -> None:
    """Counts in full, rates with four digits, limits by operator."""
    assert [amount(v) for v in (0, 12345, 0.123456, 1e-7, -2.0)] == ["0", "12,345", "0.1235", "1e-07", "-2"]
    assert [amount(v, "share") for v in (0.0, 0.5, 0.12345678, 1.0)] == ["0%", "50%", "12.35%", "100%"]
    assert limit_words(Operator.LE, 0.65) == "≤ 0.65"
    assert limit_words(Operator.WITHIN, 0.03, 0.5) == "0.5 ± 0.03"
    assert limit_words(Operator.BETWEEN, (0.15, 0.85)) == "0.15 to 0.85"
