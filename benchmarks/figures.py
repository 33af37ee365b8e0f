"""Published figures and what the audit makes of them, in one table: `python benchmarks/figures.py > docs/figures.md`.

Reads the public files of `../shared/data` (or of AUDIT_SHARED_DATA), and the textbook tables of `fixtures/agreement`.
"""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import audit
from audit.stats import agreement

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("AUDIT_SHARED_DATA", ROOT.parent / "shared" / "data"))
HEAD = """# Figures reproduced

What others published, or counted by other means, beside what this version gives. The table is made by
`python benchmarks/figures.py`, and a test holds it to that. Where rows are set aside or copies of a pair are one item,
it is of fewer units: the note says so. LLMBar's accuracies by judge are held in `tests/auditors/test_swap.py`.

| source | figure | published | ours | n | recipe |
|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Figure:
    """A published number and the measure that should give it."""

    file: str
    what: str
    published: float
    measure: str
    part: str = "all"
    within: float = 5e-4
    note: str = ""


_SIX = "six rows of a wrong type set aside, copies of a pair are one item"
FIGURES = (
    Figure("pandalm_testset_v1", "responses that are the JSON boolean true", 6, "structure.wrong_type_rows"),
    Figure("pandalm_testset_v1", "empty responses", 54, "structure.empty_sides"),
    Figure("pandalm_testset_v1", "distinct prompts", 170, "duplicates.prompt_clusters:n"),
    Figure("pandalm_testset_v1", "alpha, nominal", 0.8642, "agreement.alpha", within=0.005, note=_SIX),
    Figure("pandalm_testset_v1", "AC1", 0.8864, "agreement.ac1", within=0.005, note=_SIX),
    Figure("pandalm_testset_v1", "unanimous", 0.8799, "agreement.unanimous_share", within=0.005, note=_SIX),
    *(
        Figure("pandalm_testset_v1", f"Cohen's kappa, annotators {a} and {b}", value, "agreement.cohen_kappa",
               f"annotator pair=annotator{a} with annotator{b}", 0.005, _SIX)
        for a, b, value in ((1, 2, 0.8520), (1, 3, 0.8789), (2, 3, 0.8617))
    ),
    Figure("mtbench_human_votes", "alpha, nominal", 0.4855, "agreement.alpha", within=0.005, note="sides by digest"),
    Figure("mtbench_human_votes", "experts with experts, both turns", (721 * 0.6297 + 707 * 0.6662) / 1428,
           "agreement.class_rate", "reviewers=expert"),
    Figure("mtbench_human_votes", "the same of decisive votes", (479 * 0.8100 + 474 * 0.8186) / 953,
           "agreement.class_decisive_rate", "reviewers=expert"),
    Figure("mtbench_gpt4_pair_votes", "first listed model wins", 1 - 0.894, "balance.side_a_rate"),
    Figure("mtbench_gpt4_pair_votes", "consistent under exchange", 1 - 380 / 2400, "swap.consistency_rate"),
    Figure("ukpconvarg_2topics", "alpha, nominal", 0.2943, "agreement.alpha", within=0.01, note="copies are one item"),
    Figure("ukpconvarg_2topics", "identical pairs", 4, "structure.identical_sides"),
    Figure("hh_harmless_base_test", "prompts that differ between the sides", 5, "structure.prompt_mismatches"),
    Figure("hh_harmless_base_test", "empty chosen responses", 4, "structure.empty_sides"),
    Figure("hh_harmless_base_test", "texts with two turns of one role in a row", 13, "structure.role_violations"),
    Figure("hh_harmless_base_test", "longer side wins", 0.4446, "verbosity.longer_wins_rate"),
    Figure("llamafactory_dpo_en_300", "longer side wins", 0.438, "verbosity.longer_wins_rate"),
    Figure("llamafactory_dpo_zh_300", "longer side wins", 0.624, "verbosity.longer_wins_rate"),
)  # fmt: skip


def rows(data: Path = DATA) -> Iterator[tuple[str, str, float, float, int, str, float]]:
    """Yield source, figure, published, ours, n, recipe and how near it should be."""
    yield from constants()
    known: dict[str, Any] = {}
    for figure in FIGURES:
        if figure.file not in known:
            path = data / f"{figure.file}.jsonl.gz"
            known[figure.file] = {(m.name, str(m.slice)): m for m in audit.run(path).measures}
        name, _, field = figure.measure.partition(":")
        found = known[figure.file][name, figure.part]
        ours = float(found.n) if field else found.number
        recipe = (
            f"`{name}`"
            + (f", {figure.part}" if figure.part != "all" else "")
            + (f"; {figure.note}" * bool(figure.note))
        )
        yield figure.file, figure.what, figure.published, ours, found.n, recipe, figure.within


def constants() -> Iterator[tuple[str, str, float, float, int, str, float]]:
    """Yield the textbook tables: Krippendorff's 4 x 12 data and Gwet's 3 x 3 abstractors."""
    observed = list(csv.DictReader(_lines("krippendorff_4x12")))
    cells = [(u, o, int(v) - 1) for u, row in enumerate(observed) for o in range(4) if (v := row[f"observer_{o + 1}"])]
    item, observer, value = np.array(cells).T
    counts = np.bincount(item * 5 + value, minlength=(item.max() + 1) * 5).reshape(-1, 5)
    values, n = np.arange(1.0, 6.0), int((counts.sum(axis=1) > 1).sum())
    source = "Krippendorff's 4 x 12 data"
    for metric, published in (("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)):
        ours = agreement.krippendorff(counts, values, metric)
        yield source, f"alpha, {metric}", published, ours, n, "`stats.agreement.krippendorff`", 5e-4
    yield from _coefficients(
        source, counts, {"fleiss_kappa": 0.76117, "brennan_prediger": 0.77273, "gwet_ac1": 0.77544}, n
    )
    conger = agreement.conger(item, observer, value, 5)
    yield source, "Conger's kappa", 0.76207, conger, n, "`stats.agreement.conger`", 5e-6
    table = list(csv.reader(_lines("abstractors_3x3")))
    cells3 = np.array([[int(x) for x in row[-3:]] for row in table[1:]])
    pairs = [(i, j) for i in range(3) for j in range(3) for _ in range(cells3[i, j])]
    counts3 = np.array([[(i == k) + (j == k) for k in range(3)] for i, j in pairs])
    source = "Gwet's 3 x 3 abstractors"
    yield source, "Cohen's kappa", 0.79641, agreement.cohen(cells3), len(pairs), "`stats.agreement.cohen`", 5e-6
    wanted = {"percent_agreement": 0.89, "fleiss_kappa": 0.79624, "gwet_ac1": 0.84933, "brennan_prediger": 0.835}
    yield from _coefficients(source, counts3, wanted, len(pairs))


def _lines(name: str) -> list[str]:
    return (ROOT / "fixtures" / "agreement" / f"{name}.csv").read_text(encoding="utf-8").splitlines()


def _coefficients(
    source: str, counts: np.ndarray, wanted: dict[str, float], n: int
) -> Iterator[tuple[str, str, float, float, int, str, float]]:
    names = ("percent_agreement", "fleiss_kappa", "brennan_prediger", "gwet_ac1", "alpha_nominal")
    found = agreement.coefficients(agreement.sums(counts, None).sum(axis=0), counts.shape[1], None)
    ours = dict(zip(names, found.tolist(), strict=True))
    for name, published in wanted.items():
        yield source, name.replace("_", " "), published, ours[name], n, "`stats.agreement.coefficients`", 5e-6


def table(data: Path = DATA) -> str:
    """Return the page."""
    lines = [
        f"| {source} | {what} | {published:.5g} | {ours:.5g} | {n:,} | {recipe} |\n"
        for source, what, published, ours, n, recipe, _ in rows(data)
    ]
    return HEAD + "".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table())
