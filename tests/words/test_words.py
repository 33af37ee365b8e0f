"""The bag of words: against scikit-learn, planted and clean files, determinism, and a public figure."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

import audit
from audit.measure import Measure, Undefined
from audit.words.model import L2, bag, coefficients
from audit.words.search import words_and_pairs

DATA = Path(os.environ.get("AUDIT_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
NOUNS = [f"{a}{b}" for a in ("stone", "river", "paper", "cloud", "light", "glass") for b in ("mill", "yard", "way", "")]


def sentences(n: int, words: int, seed: int) -> list[str]:
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(NOUNS, words)) for _ in range(n)]


def bag_of(texts: list[str]) -> np.ndarray:
    found = bag(words_and_pairs(pa.array(texts, pa.large_string()), np.arange(len(texts))))
    return np.asarray(found.toarray())


def test_bag_equals_scikit_learn() -> None:
    """Presence of words and word pairs in three texts or more, 1 + log(texts / texts with it), rows of length one."""
    texts = sentences(60, 8, 0)
    mine = bag_of(texts)
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=3, binary=True, smooth_idf=False)
    other = vectorizer.fit_transform(texts).toarray()
    assert mine.shape == other.shape
    assert np.allclose(mine @ mine.T, other @ other.T), "the columns stand in another order, the products do not"


def test_coefficients_equal_scikit_learn() -> None:
    """The minimum of the penalised loss, to the decimals that scores have."""
    x = bag(words_and_pairs(pa.array(sentences(200, 8, 1), pa.large_string()), np.arange(200)))
    sign = np.where(np.random.default_rng(2).random(200) < 0.5, 1.0, -1.0)
    expected = LogisticRegression(C=1 / L2, fit_intercept=False, tol=1e-10, max_iter=10_000).fit(x, sign).coef_[0]
    assert np.allclose(x @ coefficients(x, sign), x @ expected, atol=1e-3)


def write(path: Path, n: int, *, tell: float, seed: int = 0) -> Path:
    """Pairs of random words; a share `tell` of the chosen answers begins with a word that no rejected one has."""
    random = np.random.default_rng(seed)
    answers = sentences(2 * n, 12, seed + 1)
    chosen = [f"indeed {text}" if random.random() < tell else text for text in answers[:n]]
    rows = [
        {"prompt": f"question {i}", "chosen": c, "rejected": r}
        for i, (c, r) in enumerate(zip(chosen, answers[n:], strict=True))
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def measured(path: Path, **more: object) -> dict[str, Measure]:
    result = audit.run(path, rules="structural", words=True, **more)  # type: ignore[arg-type]
    return {m.name: m for m in result.measures if not m.slice.by and m.name.startswith("style.words")}


def test_a_word_of_the_chosen_tells(tmp_path: Path) -> None:
    """Half of the chosen answers have a word of their own: pairs are told in 3 of 4 or better, singles too."""
    found = measured(write(tmp_path / "told.jsonl", 600, tell=0.5))
    for name in ("style.words_auc", "style.words_response_only_auc"):
        interval = found[name].interval
        assert interval is not None
        assert interval.low > 0.65
        assert found[name].n == 600


def test_words_that_say_nothing_stay_near_one_half(tmp_path: Path) -> None:
    """Random words: over 40 files the AUC has mean one half (error 0.03 / sqrt(40) = 0.005 at least, allowed 0.02).

    The interval leaves out the chance of the fitted models, so that it misses one half more often than it says: of 40
    intervals at 0.90 at least 26 hold it.
    """
    found = [
        measured(write(tmp_path / "noise.jsonl", 300, tell=0.0, seed=10 * seed))["style.words_auc"]
        for seed in range(40)
    ]
    assert np.mean([m.number for m in found]) == pytest.approx(0.5, abs=0.02)
    assert sum(m.interval is not None and m.interval.low <= 0.5 <= m.interval.high for m in found) >= 26


def test_workers_and_the_order_of_rows_change_nothing(tmp_path: Path) -> None:
    """One worker or three, rows as they stand or reversed: the same numbers."""
    path = write(tmp_path / "one.jsonl", 400, tell=0.3)
    back = tmp_path / "back.jsonl"
    back.write_text("".join(reversed(path.read_text().splitlines(keepends=True))))
    one = measured(path, workers=1)
    for other in (measured(path, workers=3), measured(back)):
        for name, mine in one.items():
            assert mine.number == pytest.approx(other[name].number, abs=1e-12)


def test_off_and_too_few_are_told(tmp_path: Path) -> None:
    """Not asked for, or fewer than 200 labels: undefined, with what would unlock it."""
    path = write(tmp_path / "few.jsonl", 120, tell=0.5)
    assert not measured(path)["style.words_auc"].is_defined
    off = audit.run(path, rules="structural")
    [value] = [m.value for m in off.measures if m.name == "style.words_auc"]
    assert isinstance(value, Undefined)
    assert value.unlock == "--words"


def test_harmless_test_split() -> None:
    """Words and word pairs of HH-RLHF's harmless test split: an AUC of about 0.67, above style's 0.65."""
    path = DATA / "hh_harmless_base_test.jsonl.gz"
    if not path.exists():
        pytest.skip("the public files are not here")
    found = measured(path)
    assert found["style.words_auc"].number == pytest.approx(0.672, abs=0.02)
    assert 0.7 < found["style.words_ratio"].number < 1.0
