"""The C scanner accepts only what the strict parser reads, with the same texts; everything else it leaves to it."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.read.block import Block, Chunk
from audit.read.containers import scanner
from audit.read.containers.jsonl import JsonLines, parse_lines
from audit.read.containers.lines import MAX_LINE_BYTES, Lines
from audit.read.source import local_source

pytestmark = pytest.mark.skipif(not scanner.HAS_SCANNER, reason="the C extension is not installed")

FIELDS = ["prompt", "chosen"]


def both(data: bytes, fields: list[str], most: int = MAX_LINE_BYTES) -> tuple[Block | None, Block]:
    """Return the scanner's block and the parser's, of the same chunk somewhere in a file."""
    chunk = Chunk(3, 1_001, 70_007, Lines(data, is_cut=not data.endswith(b"\n")))
    return scanner.scanned_block("f", chunk, fields, most), parse_lines("f", chunk, most)


def check_agreement(data: bytes, fields: list[str], most: int = MAX_LINE_BYTES) -> bool:
    """Compare the two blocks; True when the scanner gave one."""
    scanned, parsed = both(data, fields, most)
    if scanned is None:
        return False
    assert scanned.table is not None
    scanned.table.validate(full=True)
    for column in scanned.table.columns:
        assert column.buffers()[2].size == sum(len(text.encode()) for text in column.to_pylist())
    assert scanned.table.schema.names == fields
    assert scanned.as_records() == [{field: record[field] for field in fields} for record in parsed.as_records()]
    assert (list(scanned.rows), list(scanned.offsets or ())) == (list(parsed.rows), list(parsed.offsets or ()))
    assert (scanned.read, list(scanned.rejects)) == (parsed.read, list(parsed.rejects))
    return True


TEXT = st.text(max_size=20) | st.text(st.sampled_from(list('a"\\/\n\t\x00\x1f é中😀:{}[],')), max_size=20)
EXTRA = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, width=16) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
PLAIN = st.tuples(
    st.fixed_dictionaries({"prompt": TEXT, "chosen": TEXT}, optional={"extra": EXTRA, "more": EXTRA}),
    st.booleans(),
    st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]),
    st.randoms(use_true_random=False),
).map(lambda made: spelled(*made))
ODD = [
    b"", b" \t\r", b"{}", b"[]", b"null", b'{"prompt":"a"}', b'{"prompt":null,"chosen":"b"}',
    b'{"prompt":1,"chosen":"b"}', b'{"prompt":["a"],"chosen":"b"}', b'{"prompt":"a","chosen":"b","chosen":"c"}',
    b'{"prompt":"a","chosen":"b","x":{"k":1,"k":2}}', b'{"\\u0070rompt":"a","chosen":"b"}',
    b'{"prompt":"\\ud83d","chosen":"b"}', b'{"prompt":"\\ud83d\\ude00","chosen":"\\u0000\\/"}',
    b'{"prompt":"\xff","chosen":"b"}',
    b'{"prompt":"\xed\xa0\x80","chosen":"b"}', b'{"prompt":"\xf4\x90\x80\x80","chosen":""}',
    b'{"prompt":"a","chosen":"b","n":1e999}', b'{"prompt":"a","chosen":"b","n":1e99}',
    b'{"prompt":"a","chosen":"b","n":-0.0}',
    b'{"prompt":"a","chosen":"b","n":01}', b'{"prompt":"a","chosen":"b","n":NaN}', b'{"prompt":"a","chosen":"b",}',
    b'{"prompt":"a","chosen":"b"}}', b'{"prompt":"a","chosen":"b"} {}', b'{"prompt":"a" "chosen":"b"}',
    b'{"prompt":"a","chosen":"b","d":' + b"[" * 40 + b"]" * 40 + b"}", b'{"prompt":"a\tb","chosen":"b"}',
    b'{"prompt":"a","chosen":"b","d":' + b"[" * 300 + b"]" * 300 + b"}", b'{"chosen":"b","prompt":"\x01"}',
    b'{"prompt":"a","chosen":"b","n":' + b"1" * 60 + b"}", b'\xef\xbb\xbf{"prompt":"a","chosen":"b"}', b'{"prompt":"a',
    b'{"prompt":"a","chosen":"b",' + b",".join(b'"k%d":%d' % (n, n) for n in range(70)) + b"}",
]  # fmt: skip


def spelled(record: dict[str, Any], is_ascii: bool, separators: tuple[str, str], order: random.Random) -> bytes:
    names = list(record)
    order.shuffle(names)
    shuffled = {name: record[name] for name in names}
    return json.dumps(shuffled, ensure_ascii=is_ascii, separators=separators).encode()


@given(st.lists(PLAIN, min_size=1, max_size=6), st.booleans())
def test_plain_rows_are_read_by_the_scanner(lines: list[bytes], is_ended: bool) -> None:
    """Rows with a text under each field, however spelled and whatever else they hold, give the same table."""
    data = b"\n".join(lines) + (b"\n" if is_ended else b"")
    is_scanned = check_agreement(data, FIELDS)
    record_is_rare = any(b"\\" in line or b"e" in line for line in lines)  # escaped keys, exponents: left to the parser
    assert is_scanned or record_is_rare


@given(
    st.lists(PLAIN | st.sampled_from(ODD), min_size=1, max_size=8), st.booleans(), st.sampled_from([60, MAX_LINE_BYTES])
)
@settings(max_examples=300)
def test_odd_rows_get_the_parsers_verdict(lines: list[bytes], is_ended: bool, most: int) -> None:
    """Mixed with odd and broken rows, the scanner agrees with the parser or leaves the chunk to it."""
    check_agreement(b"\n".join(lines) + (b"\n" if is_ended else b""), FIELDS, most)


@pytest.mark.parametrize("odd", ODD)
def test_each_odd_row_beside_plain_ones(odd: bytes) -> None:
    """Twenty plain rows, the odd one and one plain row: it is rejected in place, or the chunk is left to the parser."""
    plain = b'{"prompt":"a","chosen":"b"}\n'
    is_scanned = check_agreement(plain * 20 + odd + b"\n" + plain, FIELDS)
    _, parsed = both(odd, FIELDS)
    record = (parsed.records or [{}])[0]
    if parsed.rejects or not parsed.read:
        assert is_scanned  # set aside or blank: the rest stays a table
    elif not all(isinstance(record.get(field), str) for field in FIELDS):
        assert not is_scanned


@given(st.binary(max_size=200), st.lists(st.sampled_from(["a", "", "é", "prompt"]), min_size=1, unique=True))
def test_any_bytes_agree(data: bytes, fields: list[str]) -> None:
    """No bytes make the two readings differ."""
    check_agreement(data, fields)


def mutated(line: bytes, rng: random.Random) -> bytes:
    """Return a line with a few bytes changed, dropped, doubled or swapped for JSON's own signs."""
    data = bytearray(line)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(data))
        change = rng.randrange(4)
        if change == 0:
            data[at] = rng.choice(b'"\\{}[],: \t0eE+-.unft\x00\x7f\x80\xc3\xe2\xed\xf0\xff')
        elif change == 1 and len(data) > 1:
            del data[at]
        elif change == 2:
            data[at:at] = data[at : at + rng.randint(1, 6)]
        else:
            data[at] ^= 1 << rng.randrange(8)
    return bytes(data).replace(b"\n", b" ")


@pytest.mark.parametrize("seed", range(8))
def test_mutated_rows_agree(seed: int) -> None:
    """Rows of every kind with a few bytes changed, each between plain rows, so that every verdict is compared."""
    rng = random.Random(seed)
    plain = b'{"prompt":"a","chosen":"b"}\n'
    words = ['"', "\\", "é", "中文", "😀", "\x00", "word ", "\n", "/"]
    accepted = 0
    for _ in range(600):
        record = {
            "prompt": "".join(rng.choices(words, k=rng.randint(0, 12))),
            "chosen": "".join(rng.choices(words, k=rng.randint(0, 12))),
            "score": rng.choice([1, -2.5, None, True, [1, {"k": "v"}], {"k": [], "l": "x"}]),
        }
        line = json.dumps(record, ensure_ascii=rng.random() < 0.5).encode()
        accepted += check_agreement(plain + mutated(line, rng) + b"\n" + plain, FIELDS)
    assert accepted > 300


def test_spans_do_not_outgrow_the_lines() -> None:
    """Very short lines are left to the parser, and so are rows whose fields are no texts."""
    assert both(b"\n" * 10_000, FIELDS)[0] is None
    assert both(b'{"prompt":1,"chosen":2}\n' * 1_000, FIELDS)[0] is None


@pytest.mark.parametrize("fields", [[], [f"f{n}" for n in range(17)]])
def test_too_few_or_many_fields_are_left_to_the_parser(fields: list[str]) -> None:
    """The scanner looks for 1 to 16 names."""
    assert both(b'{"prompt":"a","chosen":"b"}\n', fields)[0] is None


def test_the_container_uses_it(tmp_path: Path) -> None:
    """With fields the block is a table, without it holds whole records."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"".join(orjson.dumps({"prompt": f"p{n}", "chosen": "c", "n": n}) + b"\n" for n in range(100)))
    container = JsonLines(local_source(path, "rows"))
    chunk = next(container.chunks())
    scanned = container.parse(chunk, FIELDS)
    assert scanned.table is not None
    assert scanned.as_records() == [{"prompt": f"p{n}", "chosen": "c"} for n in range(100)]
    assert container.parse(chunk).as_records()[7] == {"prompt": "p7", "chosen": "c", "n": 7}
