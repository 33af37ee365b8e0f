"""The public laws: every built-in auditor obeys them, and each law catches an auditor that breaks it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

from audit.auditor import Auditor, Spec
from audit.auditors import BUILT_IN
from audit.auditors.balance import Balance
from audit.extract.kernels import FEATURES
from audit.measure import Kind, Measure, Undefined
from audit.signals import Signals
from audit.testing import LawBroken, check_auditor, check_page
from tests.signals_of import signals

OF_PAIRS = ("a_bytes", "b_bytes", "prompt_key", "a_key", "b_key", "locale", "defects", "row")
SIDED = {"balance.side_a_rate", "balance.label_count"}


def rich(n: int = 240) -> Signals:
    """Two files of comparisons with text, models, slices, scores, and two judgments each in recorded order."""
    random = np.random.default_rng(11)
    names = np.array(["alpha", "beta", "gamma"])
    first, step = random.integers(0, 3, n), random.integers(1, 3, n)
    label = random.choice([1, 2, 3], n, p=[0.5, 0.4, 0.1])
    comparisons: dict[str, Any] = {
        "file": random.integers(0, 2, n).tolist(),
        "row": random.permutation(np.arange(1, n + 1)).tolist(),
        "prompt_key": [f"p{i}" for i in random.integers(0, n // 2, n)],
        "a_key": [f"a{i}" for i in range(n)],
        "b_key": [f"b{i}" for i in range(n)],
        "label": label.tolist(),
        "a_is_first": random.integers(0, 2, n).tolist(),
        "model_a": names[first].tolist(),
        "model_b": names[(first + step) % 3].tolist(),
        "locale": random.choice(["da", "de"], n).tolist(),
        "defects": random.choice([0, 0, 0, 2, 8, 16, 32, 64, 1024], n).tolist(),
        "score_a": random.normal(size=n).round(2).tolist(),
        "score_b": random.normal(size=n).round(2).tolist(),
    }
    for side in "ab":
        for name in FEATURES:
            comparisons[f"{side}_{name}"] = random.poisson(40 if name in {"bytes", "code_points"} else 2, n).tolist()
    votes = 2 * n
    at = np.repeat(np.arange(n), 2)
    judgments = {
        "judgment.comparison": at.tolist(),
        "judgment.label": np.where(random.random(votes) < 0.8, label[at], random.integers(1, 6, votes)).tolist(),
        "judgment.shown_first": random.integers(1, 3, votes).tolist(),
        "judgment.annotator": [f"r{i}" for i in random.integers(0, 8, votes)],
    }
    files = ("first.jsonl", "second.jsonl")
    return signals(comparisons, judgments, {"wrong_type": 3}, n + 3, files)


AUDITORS = [*BUILT_IN, Balance(targets={"locale": {"da": 0.5, "de": 0.5}})]


@pytest.mark.parametrize("auditor", AUDITORS, ids=lambda a: a.name)
def test_built_in_auditors_obey_the_laws(auditor: Auditor):
    """Order, empty files, exchanged sides and names, doubled rows, and the page."""
    check_auditor(auditor, rich, sided=SIDED)


@pytest.mark.parametrize("auditor", BUILT_IN, ids=lambda a: a.name)
def test_pair_files_obey_the_laws(auditor: Auditor):
    """The same on chosen and rejected without judgments."""

    def pairs() -> Signals:
        own = {name: rich().load(name).to_pylist() for name in OF_PAIRS}
        both = {f"{s}_{f}": rich().load(f"{s}_{f}").to_pylist() for s in "ab" for f in FEATURES}
        return signals({**own, **both, "label": [1] * rich().comparisons})

    check_auditor(auditor, pairs, sided=SIDED)


def test_codes_are_unique():
    """No two auditors share a code, a name or a measure."""
    for names in (
        [a.code for a in BUILT_IN],
        [a.name for a in BUILT_IN],
        [spec.name for a in BUILT_IN for spec in a.measures],
    ):
        assert len(names) == len(set(names))


@dataclass(frozen=True)
class Bad:
    """A page with every heading.

    What it measures:
        `bad.value_rate`.
    Why it matters:
        It breaks laws on purpose.
    How:
        As `fault` says.
    Reads:
        `label`.
    Measures and units:
        Share.
    Limits:
        None.

    References:
        None.
    """

    fault: str = ""
    code: ClassVar[str] = "BAD"
    name: ClassVar[str] = "bad"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = ()
    measures: ClassVar[tuple[Spec, ...]] = (Spec("bad.value_rate", "share", Kind.CENSUS, "something"),)

    def measure(self, signals: Signals) -> Iterable[Measure]:
        """Yield what the fault makes of it."""
        if not signals.has("label"):
            value = 0.5 if self.fault == "empty" else Undefined("no label")
            yield Measure("bad.value_rate", value, "share", Kind.CENSUS, 0)
            return
        label = signals.ints("label")
        number = {
            "none": 1.0,
            "empty": 1.0,
            "order": float(signals.ints("row")[0]),
            "side": float((label == 1).mean()),
            "name": float(signals.codes("model_a")[1][0] == "alpha"),
            "double": float(len(label)),
        }[self.fault]
        yield Measure("bad.value_rate", number, "share", Kind.CENSUS, 1)


@pytest.mark.parametrize(
    ("fault", "law"),
    [
        ("order", "order of rows"),
        ("empty", "empty file"),
        ("side", "sides exchanged"),
        ("name", "names exchanged"),
        ("double", "every row twice"),
        ("unknown", "measuring"),
    ],
)
def test_broken_laws_are_caught(fault, law):
    """An auditor that looks at the first row, at names, or at counts does not pass."""
    with pytest.raises(LawBroken, match=law):
        check_auditor(Bad(fault), rich)


def test_an_auditor_without_a_fault_passes():
    """The same auditor, put right, obeys every law."""
    check_auditor(Bad("none"), rich)


def test_page_without_a_heading_is_caught():
    """A missing heading and an undocumented measure are named."""

    class Silent(Bad):
        """Nothing."""

    with pytest.raises(LawBroken, match=r"References, `bad\.value_rate`"):
        check_page(Silent())
