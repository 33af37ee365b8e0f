"""What real files hold: known damage found, and how often the checks are wrong, as docs/privacy.md says."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.extract.private import find_private
from audit.extract.screen import ENCODING, SCREENED, SCRIPTS, screen
from audit.language.identify import NOT_CODE, _identifier, language
from audit.reading import Selection, bind
from audit.sources import open_any

DATA = Path(os.environ.get("AUDIT_SHARED_DATA", Path(__file__).resolve().parents[2] / ".." / "shared" / "data"))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="needs the development data; AUDIT_SHARED_DATA names it")
COLUMNS = ("prompt", "response_a", "response_b")
CANDIDATES = SCREENED.index("candidates")


def texts(name: str) -> Iterator[tuple[str, str | None]]:
    """Yield column and text of every text of a file."""
    for container in open_any(DATA / f"{name}.jsonl.gz"):
        reading = bind(container, Selection())
        for chunk in container.chunks(reading.fields):
            batch = reading.convert(container.parse(chunk, reading.fields)).batch
            for column in COLUMNS:
                if column in batch.schema.names:
                    yield from ((column, text) for text in batch[column].to_pylist())


def found(name: str) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Texts by kind of damage, values by kind of private data, texts by script."""
    import pyarrow as pa

    own = [text for _, text in texts(name) if text is not None]
    table = screen(pa.array(own, pa.large_string()))
    damage = Counter({kind: int((table[:, i] > 0).sum()) for i, kind in enumerate(ENCODING)})
    private = Counter(
        value.name
        for text, bits in zip(own, table[:, CANDIDATES].tolist(), strict=True)
        for value in find_private(text, bits)
    )
    return +damage, private, Counter(SCRIPTS[code] for code in table[:, SCREENED.index("script")].tolist())


@pytest.mark.parametrize(
    ("name", "damage", "private"),
    [
        (
            "hh_harmless_base_test",
            {"private_use": 1},
            {"email": 6, "US social security number": 1, "telephone number": 2},
        ),
        ("llamafactory_dpo_en_300", {"mojibake": 1, "controls": 1, "invisible": 1}, {}),
        ("llamafactory_dpo_zh_300", {"replacement": 6, "invisible": 1}, {}),
        ("llmbar_419_both_orders", {}, {}),
        ("pandalm_testset_v1", {}, {}),
        ("ukpconvarg_2topics", {}, {}),
    ],
)
def test_what_real_files_hold(name: str, damage: dict[str, int], private: dict[str, int]) -> None:
    """Each of these was looked at: nine values that look like somebody's, none that is something else."""
    assert found(name)[:2] == (damage, private)


def test_scripts_of_chinese_data() -> None:
    """Most texts are Han; those that are not are mostly code or another language that was asked for."""
    scripts = found("llamafactory_dpo_zh_300")[2]
    assert scripts["Han"] > 800
    assert scripts["Kana"] <= 2


def test_false_alarms_of_identification() -> None:
    """Of 2,300 English texts of fifty letters or more none is told to be another language."""
    classify, _ = _identifier()
    told: Counter[str | None] = Counter()
    for number, (_, text) in enumerate(texts("hh_harmless_base_test")):
        if number < 3_000:
            told[language(text, classify)] += 1
    assert set(told) == {"en", None}
    assert told["en"] > 2_200
    assert NOT_CODE.sub("", "`x`") == ""
