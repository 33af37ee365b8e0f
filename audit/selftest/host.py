"""A clean host: preference data without a fault, made anew from a seed, or a sample of somebody's own."""

from __future__ import annotations

import functools
import json
import math
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from audit.read.block import Block
from audit.reading import Reading

Row = dict[str, Any]
"""A comparison in the canonical form, with its judgments."""

COMPARISONS: Final = 3_300
"""What the position rules need to pass: 3,007 effective units and some more."""
PROTECTED: Final = 200
ANNOTATORS: Final = 40
MODELS: Final = ("alder-7b", "birch-7b", "cedar-13b", "dogwood-13b")
LOCALES: Final = (("en-GB", 0.5), ("de-DE", 0.3), ("fr-FR", 0.2))
START: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
SKILL: Final = 2.2
"""Log odds of the right answer per unit of difference in quality, which is normal with standard deviation 2."""
_ONSETS: Final = ("b", "br", "d", "f", "g", "k", "kl", "l", "m", "n", "p", "pr", "r", "s", "st", "t", "tr", "v")
_NUCLEI: Final = ("a", "e", "i", "o", "u", "ai", "ou")
_CODAS: Final = ("", "", "n", "r", "s", "t", "l")


def make_host(seed: int, comparisons: int = COMPARISONS) -> list[Row]:
    """Return comparisons whose labels follow quality alone: not order, length, style, model or who judged.

    Words are invented, so that no auditor of languages or templates finds more than chance. Each comparison has three
    judgments in random order; ties are few; strength and confidence rise with the difference in quality.
    """
    rng = random.Random(f"host {seed}")
    words = _words(rng)
    return [_row(rng, words, i, comparisons) for i in range(comparisons)]


@functools.cache
def make_protected() -> tuple[Row, ...]:
    """Return the comparisons of a protected set that no host holds."""
    return tuple(make_host(-1, PROTECTED))


def own_host(readings: Sequence[Reading], most: int = COMPARISONS) -> list[Row]:
    """Return the first comparisons of somebody's files in the canonical form; at most `most`."""
    rows: list[Row] = []
    for reading in readings:
        for chunk in reading.container.chunks(reading.fields):
            block: Block = reading.container.parse(chunk, reading.fields)
            rows += reading.convert(block).batch.to_pylist()
            if len(rows) >= most:
                return rows[:most]
    return rows


def _words(rng: random.Random) -> list[str]:
    made: set[str] = set()
    while len(made) < 3_000:
        made.add(
            "".join(
                rng.choice(_ONSETS) + rng.choice(_NUCLEI) + rng.choice(_CODAS) for _ in range(rng.choice((1, 2, 2, 3)))
            )
        )
    return sorted(made)


def sentence(rng: random.Random, words: Sequence[str], size: int) -> str:
    """Return one sentence of so many words, common ones more often than rare ones."""
    chosen = [words[int(len(words) * rng.random() ** 2)] for _ in range(size)]
    return " ".join(chosen).capitalize() + "."


def _text(rng: random.Random, words: Sequence[str], low: int, high: int) -> str:
    return " ".join(sentence(rng, words, rng.randint(6, 16)) for _ in range(rng.randint(low, high)))


def _row(rng: random.Random, words: Sequence[str], number: int, of: int) -> Row:
    model_a, model_b = rng.sample(MODELS, 2)
    gap = rng.gauss(0, 2)
    judgments = [_judgment(rng, words, gap, who, number, of) for who in rng.sample(range(ANNOTATORS), 3)]
    locale = rng.choices([name for name, _ in LOCALES], [share for _, share in LOCALES])[0]
    row: Row = {
        "row": number + 1,
        "comparison_id": f"st-{number:05d}", "conversation_id": f"talk-{number:05d}",
        "prompt": _text(rng, words, 1, 3)[:-1] + "?",
        "response_a": _text(rng, words, 2, 7), "response_b": _text(rng, words, 2, 7),
        "evidence": _text(rng, words, 1, 2),
        "policy": "answers@4", "locale": locale, "scenario": [rng.choice(("facts", "advice", "writing"))],
        "model_a": model_a, "model_b": model_b, "generation_a": _generation(rng), "generation_b": _generation(rng),
        "model_version_a": _version(model_a), "model_version_b": _version(model_b),
        "judgments": judgments, "reference_model": f"base-7b@{_version('base')}", "dataset_version": "1.0.0",
        "split": "train", "weight": 1.0, "runs": ["run-1"],
    }  # fmt: skip
    right = "a" if gap > 0 else "b"
    if number % 10 == 0:
        row["gold_label"] = right
    if number % 10 == 0 and abs(gap) < 1.5:  # gold items are clear
        for judgment in judgments:
            judgment["label"] = right
    elif len({judgment["label"] for judgment in judgments}) == 3 or [j["label"] for j in judgments].count("tie") > 1:
        judgments[0]["label"] = judgments[1]["label"] = right  # a pair comes of a valid comparison only
    row["label"] = majority(row)
    return row


def majority(row: Row) -> str:
    """Return the answer of most judgments; of several the first in the order a, b, tie."""
    answers = [judgment["label"] for judgment in row["judgments"]]
    return max(("a", "b", "tie"), key=lambda answer: (answers.count(answer), answer == "a", answer == "b"))


def _generation(rng: random.Random) -> str:
    return json.dumps({"temperature": 0.7, "max_tokens": 512, "seed": rng.randrange(10**6)})


def _version(model: str) -> str:
    return f"sha256:{random.Random(model).getrandbits(64):016x}"


def _judgment(rng: random.Random, words: Sequence[str], gap: float, who: int, number: int, of: int) -> Row:
    chance = 1 / (1 + math.exp(-SKILL * gap))
    label = "tie" if rng.random() < 0.04 * math.exp(-abs(gap)) else "a" if rng.random() < chance else "b"
    judged_at = START + timedelta(minutes=30 * number * 3_300 / of + rng.randint(0, 5 * 24 * 60))
    return {
        "annotator": f"person-{who:02d}", "reviewer_class": "expert" if who < ANNOTATORS // 4 else "crowd",
        "label": label,
        "shown_first": rng.choice("ab"), "strength": 0.0 if label == "tie" else float(min(3, 1 + int(abs(gap)))),
        "confidence": round(min(0.99, max(0.34, chance if label == "a" else 1 - chance)), 3),
        "critique": sentence(rng, words, rng.randint(6, 14)), "rubric": "quality@2", "judged_at": judged_at.isoformat(),
        "duration_s": round(rng.uniform(60, 180), 1),
    }  # fmt: skip
