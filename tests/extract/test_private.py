"""Private data: each kind is found where it holds up, its lookalikes are not, and checksums are those of stdnum."""

from __future__ import annotations

import base64
import random
import string

import pytest
import stdnum.iban
import stdnum.luhn
import stdnum.us.ssn
from hypothesis import given
from hypothesis import strategies as st

from audit.extract.marks import Mark, look
from audit.extract.private import (
    Private,
    find_private,
    github_token_holds,
    iban_holds,
    kinds_of,
    luhn,
    mark_of,
    masked,
    region_of,
)

# Values made for these tests; they pass the checks and are nobody's as far as that can be told.
HEADER = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
BODY = base64.urlsafe_b64encode(b'{"sub":"7731","role":"reader"}').decode().rstrip("=")
PEM_BODY = "\n".join("MIIEvQ7kq0Bd9xTz4hR2mLpWcYv81JfNsUoGe6ZaKtVbXiCy3DnHw5rSgPuMjQlF" for _ in range(3))
VALID = {
    Private.EMAIL: "m.okafor@stadtwerke-neuhaus.de",
    Private.PHONE: "+49 89 63648018",
    Private.CARD: "4539 1488 0343 6467",
    Private.IBAN: "DE75 5121 0800 1245 1261 99",
    Private.SSN: "536-22-8726",
    Private.IP: "81.169.145.82",
    Private.KEY: "AKIA" + "Z7QK2MWV4RTX3LPD",
    Private.JWT: f"{HEADER}.{BODY}.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg",
    Private.PEM: f"-----BEGIN PRIVATE KEY-----\n{PEM_BODY}\n-----END PRIVATE KEY-----",
}
LOOKALIKES = (
    *("user@example.com", "icon@2x.png", "you@yourdomain.com", "git@github.com", "@handle", "a@b"),
    *("4539 1488 0343 6468", "4111 1111 1111 1111", "0000 0000 0000 0000", "3.141592653589793238", "1234567890123456"),
    *("DE75 5121 0800 1245 1261 98", "DE89 3704 0044 0532 0130 00", "XX75512108001245126199"),
    *("000-22-8726", "666-22-8726", "900-22-8726", "536-00-8726", "536-22-0000", "123-45-6789", "1536-22-87261"),
    *("192.168.0.17", "10.0.0.1", "8.8.8.8", "999.1.1.1", "version 1.2.3.4.5", "127.0.0.1"),
    *("AKIAIOSFODNN7EXAMPLE", "ghp_" + "a" * 36, "sk-your-key-goes-here-000000000000000000"),
    "eyJub3Q.eyJqc29u.c2lnbmF0dXJlLW9m",
    *("+1 212 555 0123", "-----BEGIN PUBLIC KEY-----", "in 2019, 2020 and 2021", "ISBN 978-3-16-148410-0"),
)  # fmt: skip


@pytest.mark.parametrize("kind", VALID, ids=lambda kind: kind.name)
def test_each_kind_is_found_where_it_stands(kind: Private) -> None:
    """Alone, within a sentence, and twice; the span is exactly the value; the mark of the kernels is set."""
    value = VALID[kind]
    for text in (value, f"Write to ({value}), please.", f"{value} and {value}\n"):
        spans = find_private(text)
        assert spans, text
        assert {span.kind for span in spans} == {kind}
        assert all(text[span.start : span.end] == value for span in spans)
        assert look(text)[0] & Mark.CANDIDATE


@pytest.mark.parametrize("text", LOOKALIKES)
def test_lookalikes_are_left_alone(text: str) -> None:
    """Reserved names, wrong check digits, private networks, documentation's examples, numbers of other kinds."""
    assert find_private(text) == []
    assert find_private(f"see {text} there") == []


def test_checksums_are_those_of_stdnum() -> None:
    """Two thousand random numbers of each kind, and single digits changed in valid ones."""
    source = random.Random(3)
    for _ in range(2_000):
        digits = "".join(source.choices(string.digits, k=16))
        assert luhn(digits) == stdnum.luhn.is_valid(digits)
        number = "DE" + "".join(source.choices(string.digits, k=20))
        assert iban_holds(number) == stdnum.iban.is_valid(number, check_country=False)
    for iban in (
        "DE75512108001245126199",
        "GB33BUKB20201555555555",
        "NL39RABO0300065264",
        "MT31MALT01100000000000000000123",
    ):
        assert iban_holds(iban)
        assert stdnum.iban.is_valid(iban, check_country=False)
    for ssn in ("536-22-8726", "000-22-8726", "666-22-8726", "900-22-8726", "536-00-8726", "536-22-0000"):
        assert bool(find_private(ssn)) == stdnum.us.ssn.is_valid(ssn)


def test_github_tokens_by_their_checksum() -> None:
    """CRC-32 in base 62 of the thirty characters in the middle; one letter changed and it fails."""
    body = "J8qPz0LwXr5TnVbYc2KdMf7HgSe4Ua"
    rest, written = __import__("zlib").crc32(body.encode()), ""
    while rest:
        rest, digit = divmod(rest, 62)
        written = (string.digits + string.ascii_uppercase + string.ascii_lowercase)[digit] + written
    token = f"ghp_{body}{written.rjust(6, '0')}"
    assert github_token_holds(token)
    assert kinds_of(f"token={token}") is Private.KEY
    assert not github_token_holds(token.replace("J8q", "J9q"))


def test_national_numbers_need_a_region() -> None:
    """A Munich number without the country's code is one in Germany alone."""
    assert kinds_of("Tel. 089 63648018") is Private(0)
    assert kinds_of("Tel. 089 63648018", "DE") is Private.PHONE
    assert [region_of(one) for one in ("de-DE", "zh-Hant-TW", "en", None, "de_AT")] == ["DE", "TW", None, None, "AT"]


def test_masks_show_no_value() -> None:
    """Kind and four hex digits stand where the value stood; the same value has the same mark however it is written."""
    value = VALID[Private.CARD]
    told = masked(f"a {value} b {value.replace(' ', '')} c")
    assert told == f"a [CARD {mark_of(value)}] b [CARD {mark_of(value)}] c"
    assert masked("nothing here") == "nothing here"
    assert len(mark_of("x")) == 4


@given(st.text(max_size=60), st.sampled_from(sorted(VALID)), st.text(max_size=60))
def test_what_is_found_has_the_mark(before: str, kind: Private, after: str) -> None:
    """Whatever stands around: no text holds private data without being a candidate; masking leaves none of it."""
    text = f"{before} {VALID[kind]} {after}"
    if find_private(text):
        assert look(text)[0] & Mark.CANDIDATE
    assert not find_private(masked(text))


@given(st.text(alphabet="4@.- 019aZ()+/:_=\n", max_size=200))
def test_any_text_is_searched(text: str) -> None:
    """Spans lie within the text, in order, without overlaps."""
    at = 0
    for span in find_private(text):
        assert at <= span.start < span.end <= len(text)
        at = span.end


@pytest.mark.parametrize("text", ["a@" * 50_000, "1" * 200_000, "1-" * 100_000, "eyJ" * 50_000, "AB12 " * 40_000])
def test_hostile_texts_take_no_time(text: str) -> None:
    """Long runs of what begins like a value: every search is linear, or this test does not end."""
    assert isinstance(find_private(text), list)
