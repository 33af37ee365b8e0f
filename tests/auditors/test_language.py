"""Language: scripts exactly, languages on a sample, abstention, bounds by hand."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import hypergeom

import audit
from audit.auditor import audit_with
from audit.auditors.language import Language
from audit.extract.screen import SCRIPTS
from audit.language import identify
from audit.language.identify import LEAST_LETTERS, add_languages, language
from audit.language.locales import language_of, scripts_of
from audit.measure import Measure, Slice, Status, Undefined
from audit.reading import Selection, bind
from audit.signals import Signals
from audit.sources import open_any
from audit.testing import check_auditor
from tests.signals_of import signals

LATIN, CYRILLIC, KANA, HAN = (SCRIPTS.index(name) for name in ("Latin", "Cyrillic", "Kana", "Han"))
SENTENCES = {
    "en-US": "The parcel has been on its way for three days and should arrive by the end of this week.",
    "de-DE": "Das Paket ist seit drei Tagen unterwegs und sollte bis zum Ende dieser Woche ankommen.",
    "fr-FR": "Le colis est en route depuis trois jours et devrait arriver avant la fin de cette semaine.",
    "ru-RU": "Посылка в пути уже три дня и должна прийти до конца этой недели, если ничего не случится.",
    "ja-JP": "荷物は三日前に発送されており、今週末までにはお手元に届く予定ですので、もうしばらくお待ちください。",
}


def planted() -> Signals:
    """Sixty comparisons, German; b of rows 1-3 Cyrillic, one of them short; a of row 4 identified as English."""
    n = 60
    german = [None if i in (10, 11) else "de" for i in range(n)]
    return signals(
        {
            "locale": ["de-DE"] * n,
            "prompt_script": [LATIN] * n,
            "a_script": [LATIN] * n,
            "b_script": [CYRILLIC] * 3 + [LATIN] * (n - 3),
            "prompt_code_points": [80] * n,
            "a_letters": [80] * n,
            "b_letters": [80, 80, 20] + [80] * (n - 3),
            "language_sampled": [1] * n,
            "prompt_language": ["de"] * n,
            "a_language": [*german[:3], "en", *german[4:]],
            "b_language": german,
            "label": [1] * n,
        }
    )


def measured(given: Signals) -> dict[str, Measure]:
    outcome = audit_with(Language(), given)
    assert outcome.status is Status.MEASURED, outcome.error
    return {m.name: m for m in outcome.measures if m.slice == Slice()}


def test_by_hand() -> None:
    """Scripts: rows 1 and 2 of sixty (the third is too short); languages: one of 58 told, of a lot of 60."""
    found = measured(planted())
    assert found["language.script_mismatch_share"].number == 2 / 60
    assert found["language.script_sides_share"].number == 2 / 59  # the short text's comparison is not told
    assert found["language.script_prompt_share"].number == 2 / 60
    mismatch = found["language.mismatch_share"]
    assert (mismatch.number, mismatch.n) == (1 / 58, 58)
    assert mismatch.interval is not None
    faulty = [d for d in range(1, 61) if hypergeom.cdf(1, 60, d, 58) > 0.05 and hypergeom.sf(0, 60, d, 58) > 0.05]
    assert (mismatch.interval.low, mismatch.interval.high) == (min(faulty) / 60, max(faulty) / 60)
    assert mismatch.evidence is not None
    assert [ref.row for ref in mismatch.evidence.rows] == [4]
    assert found["language.sides_differ_share"].number == 1 / 58
    assert found["language.prompt_differs_share"].number == 1 / 58


def test_laws() -> None:
    """It obeys every auditor's laws."""
    check_auditor(Language(), planted)


def test_what_is_not_there() -> None:
    """No text, no locale, no identifier, short texts, no row: undefined, and it says what would unlock it."""
    assert not measured(signals({"label": [1]}))["language.script_sides_share"].is_defined
    short = {"a_script": [LATIN], "b_script": [LATIN], "a_letters": [49], "b_letters": [49]}
    found = measured(signals(short))
    assert not any(measure.is_defined for measure in found.values())
    value = found["language.mismatch_share"].value
    assert isinstance(value, Undefined)
    assert "dpo-audit[language]" in str(value.unlock)
    assert not measured(signals({name: [] for name in short} | {"locale": []}))[
        "language.script_sides_share"
    ].is_defined


def test_half_as_many_letters_where_a_letter_is_a_word() -> None:
    """25 Han letters tell, 24 do not."""
    given = {
        "a_script": [HAN, HAN],
        "b_script": [0, 0],
        "a_letters": [25, 24],
        "b_letters": [0, 0],
        "locale": ["en"] * 2,
    }
    found = measured(signals(given))["language.script_mismatch_share"]
    assert (found.number, found.n) == (1.0, 1)


@pytest.mark.parametrize(
    ("tag", "code", "scripts"),
    [
        ("en-US", "en", {"Latin"}),
        ("zh_Hant_TW", "zh", {"Han"}),
        ("ja", "ja", {"Kana", "Han"}),
        ("nb-NO", "no", {"Latin"}),
        ("sr", "hr", {"Latin", "Cyrillic"}),
        ("ka-GE", "ka", {"other"}),
        ("", "", set()),
        ("EMEA", "emea", set()),
    ],
)
def test_what_a_locale_promises(tag: str, code: str, scripts: set[str]) -> None:
    """Languages that are not told apart share a code; an unknown tag promises nothing."""
    assert language_of(tag) == code
    assert {SCRIPTS[one] for one in scripts_of(tag)} == scripts


def test_abstention() -> None:
    """Null, short text, code alone, and an unsure identifier tell nothing; code beside prose is left out."""
    asked: list[str] = []

    def classify(text: str) -> tuple[str, float]:
        asked.append(text)
        return ("nn", 0.9) if "sure" in text else ("en", 0.4)

    assert language(None, classify) is None
    assert language("x" * (LEAST_LETTERS - 1), classify) is None
    assert language("```python\n" + "value = other\n" * 20 + "```", classify) is None
    assert asked == []
    assert language("y" * LEAST_LETTERS, classify) is None
    assert language("sure " * 20 + "`code` https://example.org/x", classify) == "no"
    assert "code" not in asked[-1]
    assert "https" not in asked[-1]


def rows(locale: str, count: int, other: dict[int, str]) -> list[dict[str, Any]]:
    own = SENTENCES[locale]
    return [
        {
            "prompt": f"{own} {i}?",
            "chosen": f"{other.get(i, own)} ({i})",
            "rejected": f"{own} {own} {i}",
            "locale": locale,
        }
        for i in range(count)
    ]


def run(folder: Path, made: list[dict[str, Any]], **more: Any) -> audit.AuditResult:
    (folder / "pairs.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made))
    return audit.run(folder / "pairs.jsonl", overrides=["locale=locale"], **more)


@pytest.mark.parametrize("locale", SENTENCES)
def test_rule_on_files(tmp_path: Path, locale: str) -> None:
    """Five in a hundred responses in another language fail the rule; none passes it."""
    other = SENTENCES["fr-FR" if locale != "fr-FR" else "de-DE"]
    for planted_rows, verdict in ({}, "pass"), (dict.fromkeys(range(0, 100, 20), other), "fail"):
        result = run(tmp_path, rows(locale, 100, planted_rows))
        verdicts = {rule["id"]: rule["verdict"] for rule in result.document["rules"]}
        assert verdicts["LNG-002"] == verdict
        value = {m["name"]: m["value"] for m in result.document["measures"] if not m["slice"]}[
            "language.mismatch_share"
        ]
        assert value == len(planted_rows) / 100


def test_the_sample_does_not_depend_on_workers_or_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty of eighty comparisons are looked at: the same thirty for any number of workers and order of rows."""
    monkeypatch.setattr(identify, "MOST_COMPARISONS", 30)
    made = rows("de-DE", 80, dict.fromkeys(range(0, 80, 7), SENTENCES["en-US"]))
    values = []
    for workers, order in ((1, 1), (2, 1), (1, -1)):
        document = run(tmp_path, made[::order], workers=workers).document
        [found] = [m for m in document["measures"] if m["name"] == "language.mismatch_share" and not m["slice"]]
        values.append((found["value"], found["n"], found["high"]))
    assert values[0][1] == 30
    assert values[0] == values[1] == values[2]


def test_without_the_library_or_a_locale_nothing_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The signals stay as they are."""
    (tmp_path / "pairs.jsonl").write_text(json.dumps({"prompt": "p", "chosen": "c", "rejected": "r"}) + "\n")
    readings = [bind(container, Selection()) for container in open_any(tmp_path / "pairs.jsonl")]
    given = planted()
    with ThreadPoolExecutor(1) as pool:
        assert (
            add_languages(signals({"a_letters": [80]}), readings, pool).columns == signals({"a_letters": [80]}).columns
        )
        monkeypatch.setattr(identify, "HAS_IDENTIFIER", False)
        assert add_languages(given, readings, pool) is given
