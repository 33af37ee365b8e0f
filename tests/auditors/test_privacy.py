"""Privacy, language and encoding on files: what is planted is found, clean files pass, and no value gets out."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

import audit
from audit.auditor import Auditor, audit_with
from audit.auditors.encoding import Encoding
from audit.auditors.language import Language
from audit.auditors.privacy import Privacy
from audit.extract.marks import Mark, Script
from audit.extract.private import Private
from audit.measure import Undefined
from audit.testing import check_auditor
from tests.extract.test_private import VALID
from tests.signals_of import signals

LONG = "These are words enough to tell the script, written for number"
RUSSIAN = "\u044d\u0442\u043e \u0440\u0443\u0441\u0441\u043a\u0438\u0439 \u043e\u0442\u0432\u0435\u0442 "


def rows(n: int = 100) -> list[dict[str, Any]]:
    return [
        {
            "prompt": f"Question number {i}, asked with care and in enough words to tell its script?",
            "chosen": f"{LONG} {i} and chosen.", "rejected": f"{LONG} {i} and left.", "locale": "en-GB",
        }
        for i in range(n)
    ]  # fmt: skip


def told(tmp_path: Path, own: list[dict[str, Any]], **more: Any) -> dict[str, dict[str, Any]]:
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in own))
    document = audit.run(tmp_path / "pairs.jsonl", duplicates=False, **more).document
    found = {m["name"]: m for m in document["measures"] if m["slice"] is None}
    return found | {rule["id"]: rule for rule in document["rules"]}


def random_signals(n: int = 80) -> Any:
    rng = np.random.default_rng(0)
    own: dict[str, Any] = {"label": rng.integers(0, 4, n), "phones_read": [1] * n}
    own["locale"] = rng.choice(["en-US", "ru", "zz"], n).tolist()
    for side in ("prompt", "a", "b"):
        own[f"{side}_marks"] = np.where(rng.random(n) < 0.3, rng.integers(0, 512, n), 0)
        own[f"{side}_private"] = np.where(rng.random(n) < 0.3, rng.integers(0, 512, n), 0)
        own[f"{side}_script"] = rng.integers(0, 13, n)
        own[f"{side}_letters"] = rng.integers(0, 200, n)
        own[f"{side}_code_fences"] = rng.integers(0, 2, n)
    return signals(own)


@pytest.mark.parametrize("auditor", [Privacy(), Language(), Encoding()], ids=lambda one: one.code)
def test_laws(auditor: Auditor) -> None:
    """The contract's laws."""
    check_auditor(auditor, random_signals)


@pytest.mark.parametrize("auditor", [Privacy(), Language(), Encoding()], ids=lambda one: one.code)
@pytest.mark.parametrize("own", [{"label": []}, {"label": [1]}, {"label": [3], "a_marks": [None], "b_marks": [None]}])
def test_little_or_nothing(auditor: Auditor, own: dict[str, Any]) -> None:
    """Empty, one row without text, a tie with null texts: undefined with what would unlock it."""
    outcome = audit_with(auditor, signals(own))
    assert outcome.error is None
    for measure in outcome.measures:
        assert measure.is_defined or (isinstance(measure.value, Undefined) and measure.value.unlock)


def test_clean_files_pass(tmp_path: Path) -> None:
    """Nothing is found in a hundred plain pairs, and all rules that can be judged pass."""
    found = told(tmp_path, rows())
    for rule in ("PRV-001", "PRV-002", "ENC-001", "LNG-001"):
        assert found[rule]["verdict"] == "pass", rule
    assert found["LNG-002"]["verdict"] == "not_assessable"
    assert found["language.detected_mismatch_share"]["value"] is None


@pytest.mark.parametrize("kind", VALID, ids=lambda kind: kind.name)
def test_planted_values_fire(tmp_path: Path, kind: Private) -> None:
    """Two rows of a hundred: .02 of the comparisons, in the preferred response alone."""
    own = rows()
    for at in (3, 50):
        own[at]["chosen"] += f" Reach me at {VALID[kind]} today."
    found = told(tmp_path, own)
    is_secret = kind in (Private.KEY, Private.JWT, Private.PEM)
    assert found["privacy.secret_rows"]["value"] == (2 if is_secret else 0)
    assert found["privacy.personal_share"]["value"] == (0 if is_secret or kind is Private.IP else 0.02)
    assert found["privacy.learnt_share"]["value"] == (0 if kind is Private.IP else 0.02)
    if not is_secret:
        assert found[f"privacy.{kind.name.lower()}_share"]["value"] == 0.02
    assert found["PRV-001"]["verdict"] == ("fail" if is_secret else "pass")
    assert found["PRV-002"]["verdict"] == ("pass" if is_secret or kind is Private.IP else "fail")


def test_no_value_gets_out(tmp_path: Path) -> None:
    """Values stand in rows that several rules show; no output of any kind holds one, in whole or unpacked."""
    own = rows()
    for at, value in zip(range(0, 18, 2), VALID.values(), strict=True):
        own[at]["chosen"] = own[at]["rejected"] = f"Write to {value} now."  # STR-002 shows these rows too
        own[at + 1]["prompt"] += f" I am {value}\ufffd."
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in own))
    audit.run(tmp_path / "pairs.jsonl", out=tmp_path / "out")
    written = b""
    for path in sorted((tmp_path / "out").rglob("*")):
        if path.suffix == ".parquet":
            written += json.dumps(pq.read_table(path).to_pylist(), default=str, ensure_ascii=False).encode()
        elif path.is_file():
            content = path.read_bytes()
            written += gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    assert b"[CARD " in written
    for kind, value in VALID.items():
        for part in {value, value.replace(" ", "")}:
            assert part.encode() not in written, kind.name
            assert json.dumps(part)[1:-1].encode() not in written, kind.name


@pytest.mark.parametrize(
    ("damage", "name"),
    [
        ("\ufffd", "replacement"), ("fianc\u00c3\u00a9", "mojibake"), ("\x07", "control"), ("\u202e", "bidi"),
        ("\u200b", "invisible"),
    ],
)  # fmt: skip
def test_planted_damage_fires(tmp_path: Path, damage: str, name: str) -> None:
    """Three rows of a hundred, in the preferred response alone."""
    own = rows()
    for at in (1, 2, 3):
        own[at]["chosen"] += damage
    found = told(tmp_path, own)
    assert found[f"encoding.{name}_share"]["value"] == found["encoding.damaged_share"]["value"] == 0.03
    assert found["encoding.one_sided_share"]["value"] == 0.03
    assert found["ENC-001"]["verdict"] == "fail"


def test_a_wrong_script_fires_and_wins(tmp_path: Path) -> None:
    """Ten of a hundred preferred answers are Russian, where English was asked for and the other side has it."""
    own = rows()
    for at in range(10):
        own[at]["chosen"] = RUSSIAN * 6
    found = told(tmp_path, own)
    shares = ("language.mismatch_share", "language.prompt_mismatch_share", "language.sides_differ_share")
    assert [found[name]["value"] for name in shares] == [0.1, 0.1, 0.1]
    assert found["language.mismatch_wins_rate"]["value"] == 1
    assert found["LNG-001"]["verdict"] == "fail"


def test_short_texts_code_and_unknown_locales_are_not_judged(tmp_path: Path) -> None:
    """Fewer than fifty letters, a fenced block, or a locale of no known script: one judged row is left."""
    own = rows(4)
    own[0]["chosen"] = own[0]["rejected"] = "\u0434\u0430, \u043a\u043e\u043d\u0435\u0447\u043d\u043e"
    own[1]["chosen"] = own[1]["rejected"] = f"```\n{RUSSIAN * 6}\n```"
    own[2]["locale"] = "qq-QQ"
    found = told(tmp_path, own)
    assert (found["language.mismatch_share"]["n"], found["language.mismatch_share"]["value"]) == (1, 0)


def test_languages_are_identified_where_asked(tmp_path: Path) -> None:
    """German answers to English locales: a fifth of them, in the same script, found by identification alone."""
    german = "Das ist eine Antwort in deutscher Sprache, die niemand auf Englisch lesen kann, und zwar Nummer"
    own = rows(300)
    for at, row in enumerate(own):
        if at % 5 == 0:
            row["chosen"] = f"{german} {at}."
        if at % 7 == 0:
            row |= {"locale": "de-DE", "chosen": f"{german} {at}.", "rejected": f"{german} {at + 1}."}
    found = told(tmp_path, own, languages=True)
    wrong = sum(at % 5 == 0 and at % 7 != 0 for at in range(300)) / 300
    measure = found["language.detected_mismatch_share"]
    assert measure["n"] == 300
    assert measure["value"] == pytest.approx(wrong, abs=0.01)
    assert found["language.mismatch_share"]["value"] == 0
    assert found["LNG-002"]["verdict"] == "fail"


def test_script_codes_and_marks_fit_their_columns() -> None:
    """Signals keep them in 8 and 16 bits."""
    assert max(Script) < 2**7
    assert max(Mark) < 2**15
    assert max(Private) < 2**15
