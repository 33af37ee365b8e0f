"""Privacy: planted values are counted, judged and never shown; clean files have none."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import audit
from audit.auditor import audit_with
from audit.auditors.privacy import Privacy
from audit.extract.private import Private
from audit.measure import Measure, Slice, Status
from audit.signals import Signals
from audit.testing import check_auditor
from tests.signals_of import signals

EMAIL, CARD, SECRET, ADDRESS = (int(kind) for kind in (Private.EMAIL, Private.CARD, Private.SECRET, Private.ADDRESS))
VALUES = {
    "email": "k.ito@keio.jp",
    "card": "4929 1234 5678 9015",
    "account": "DE02120300000000202051",
    "ssn": "536-22-8145",
    "phone": "+49 30 901820",
    "secret": "AKIA" + "Z7QK3MWX5LRT2VNB",
}


def planted() -> Signals:
    """Ten comparisons: e-mail in both sides, a card in the chosen side only, a secret in a prompt, an address in b."""
    return signals(
        {
            "prompt_private": [0, 0, SECRET, 0, 0, 0, 0, 0, 0, 0],
            "a_private": [EMAIL, CARD | EMAIL, 0, 0, 0, 0, 0, 0, 0, 0],
            "b_private": [EMAIL, 0, 0, ADDRESS, CARD, SECRET, 0, 0, 0, 0],
            "label": [1, 1, 1, 1, 1, 2, 1, 3, 2, 1],
            "phones_read": [1] * 10,
            "locale": ["de"] * 10,
        }
    )


def measured(given: Signals) -> dict[str, Measure]:
    outcome = audit_with(Privacy(), given)
    assert outcome.status is Status.MEASURED, outcome.error
    return {m.name: m for m in outcome.measures if m.slice == Slice()}


def test_counts_by_hand() -> None:
    """Validated: rows 1, 2, 5; secrets: rows 3, 6; chosen only: row 2 (a won with it) and row 6 (b won with it)."""
    found = measured(planted())
    assert found["privacy.validated_share"].number == 3 / 10
    wanted = {"secret": 2, "email": 2, "card": 2, "iban": 0, "ssn": 0, "phone": 0, "address": 1, "likely_secret": 0}
    assert {kind: found[f"privacy.{kind}_rows"].number for kind in wanted} == wanted
    chosen_only = found["privacy.chosen_only_rows"]
    assert chosen_only.number == 2
    assert chosen_only.evidence is not None
    assert sorted(ref.row for ref in chosen_only.evidence.rows) == [2, 6]


def test_laws() -> None:
    """It obeys every auditor's laws."""
    check_auditor(Privacy(), planted)


def test_what_is_not_there() -> None:
    """No text, no row, no label, no library for telephone numbers: undefined, and it says what would unlock it."""
    assert not measured(signals({"label": [1]}))["privacy.secret_rows"].is_defined
    assert not measured(signals({"a_private": []}))["privacy.validated_share"].is_defined
    found = measured(signals({"a_private": [EMAIL], "b_private": [None]}))
    assert found["privacy.validated_share"].number == 1
    for name in ("privacy.phone_rows", "privacy.chosen_only_rows"):
        assert not found[name].is_defined
    value = found["privacy.phone_rows"].value
    assert isinstance(value, audit.measure.Undefined)
    assert "dpo-audit[privacy]" in str(value.unlock)


def rows(count: int, values: dict[int, str]) -> list[dict[str, Any]]:
    made = []
    for i in range(count):
        end = f" Reach me at {values[i]} please." if i in values else ""
        made.append({"prompt": f"Question {i}?", "chosen": f"Answer {i}.{end}", "rejected": f"Other words {i}.{end}"})
    return made


def run(folder: Path, made: list[dict[str, Any]], extra: str = "", **more: Any) -> audit.AuditResult:
    folder.mkdir(exist_ok=True)
    (folder / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in made) + extra)
    return audit.run(folder / "pairs.jsonl", **more)


@pytest.mark.parametrize("kind", ["none", *VALUES])
def test_rules(tmp_path: Path, kind: str) -> None:
    """One secret fails PRV-001; personal data in two of a hundred rows fail PRV-002; a clean file passes both."""
    values = {} if kind == "none" else dict.fromkeys((3, 77), VALUES[kind])
    verdicts = {rule["id"]: rule["verdict"] for rule in run(tmp_path, rows(100, values)).document["rules"]}
    assert verdicts["PRV-001"] == ("fail" if kind == "secret" else "pass")
    assert verdicts["PRV-002"] == ("pass" if kind in ("none", "secret") else "fail")


@pytest.mark.parametrize("audience", ["internal", "external"])
def test_no_value_is_in_any_output(tmp_path: Path, audience: str) -> None:
    """Rows shown for other rules, rows set aside, every table and page: the values stand nowhere, kinds and places do.

    Row 0 has an empty rejected side, so that STR-001 shows it; row 1 repeats row 2; the last line is broken.
    """
    made = rows(120, dict(enumerate(VALUES.values())))
    made[0]["rejected"] = ""
    made[1] = made[2]
    broken = json.dumps({"prompt": "p", "chosen": " ".join(VALUES.values())})[:-1] + "\n"
    out = tmp_path / "out"
    result = run(tmp_path / "data", made, broken, out=out, audience=audience)
    assert result.rows["rejected"] == 1
    files = [path for path in out.rglob("*") if path.is_file()]
    assert {"result.json", "report.html", "evidence.parquet", "rejects.jsonl"} <= {path.name for path in files}
    for path in files:
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content = json.dumps(pq.read_table(path).to_pylist(), default=str, ensure_ascii=False).encode()
        if path.suffix == ".html":
            content += _islands(content.decode())
        shown = [kind for kind, value in VALUES.items() if value.encode() in content]
        assert not shown, f"{path.name} shows {shown}"
    evidence = pq.read_table(out / "evidence.parquet").to_pylist()
    told = [one for row in evidence for one in row["private"]]
    assert any(one.startswith("response_a: email at ") for one in told)
    assert any("AWS access key at " in one for one in told)
    texts = [row["response_a"] for row in evidence]
    assert any("[email withheld]" in text for text in texts if text) == (audience == "internal")


def _islands(page: str) -> bytes:
    """Return what is packed in a page: gzip in base64."""
    import base64
    import re

    found = b""
    for packed in re.findall(r"[A-Za-z0-9+/]{200,}={0,2}", page):
        data = base64.b64decode(packed + "=" * (-len(packed) % 4))
        found += gzip.decompress(data) if data.startswith(b"\x1f\x8b") else b""
    return found


def test_the_page_is_searched() -> None:
    """The grep above does see into the page: a plain value in a packed island would be found."""
    import base64

    page = (
        "<script>"
        + base64.b64encode(gzip.compress(b"k.ito@keio.jp" * 3 + bytes(range(256)) * 2)).decode()
        + "</script>"
    )
    assert b"k.ito@keio.jp" in _islands(page)
