"""Private data: what is found and what is not, kind by kind; check digits against their definition."""

from __future__ import annotations

import base64
import json
import random
import zlib

import pyarrow as pa
import pytest

from audit.extract import private
from audit.extract.private import Private, find_private, has_luhn, has_mod_97, masked, private_bits, without_private
from audit.extract.screen import SCREENED, screen
from audit.extract.secret import _BASE62, entropy, has_github_checksum

SOURCE = random.Random(4)


def letters(count: int) -> str:
    return "".join(SOURCE.choices(_BASE62, k=count))


def with_checksum(prefix: str) -> str:
    """A made token whose last six characters are the CRC-32 of the others in base 62."""
    body, number, digits = letters(30), 0, ""
    number = zlib.crc32(body.encode())
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return prefix + body + digits


def jwt(payload: dict[str, object]) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, payload)] + [SOURCE.randbytes(32)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def key_block(first: bytes) -> str:
    body = base64.b64encode(first + SOURCE.randbytes(300)).decode()
    return "-----BEGIN RSA " + "PRIVATE KEY-----\n" + body + "\n-----END RSA " + "PRIVATE KEY-----"


FOUND = [
    ("email", "mail anna.weber77@posteo.de today"),
    ("email", "x,<k.ito@keio.jp>."),
    ("card number", "pay with 4929 1234 5678 9015"),
    ("card number", "my Visa is 4929123456789015."),
    ("card number", "3714-496353-98407"),
    ("account number", "IBAN DE02 1203 0000 0000 2020 51 please"),
    ("account number", "FR7630006000011234567890189"),
    ("US social security number", "SSN 536-22-8145."),
    ("telephone number", "ring +49 30 901820 now"),
    ("telephone number", "+1 (202) 456-1111"),
    ("IP address", "from 93.184.216.34 at"),
    ("AWS access key", "key " + "AKIA" + "Z7QK3MWX5LRT2VNB"),
    ("GitHub token", with_checksum("ghp_")),
    ("npm token", with_checksum("npm_")),
    ("GitLab token", "glpat-" + "Kq3_x9TzBv-7LmWc2RyP"),
    ("Slack token", "xoxb-" + "294857361029-" + letters(24)),
    ("Stripe key", "sk_live_" + letters(24)),
    ("Google API key", "AIza" + letters(35)),
    ("OpenAI key", "sk-" + letters(20) + "T3BlbkFJ" + letters(20)),
    ("Anthropic key", "sk-ant-api03-" + letters(90)),
    ("SendGrid key", "SG." + letters(22) + "." + letters(43)),
    ("PyPI token", "pypi-AgEIcHlwaS5vcmc" + letters(80)),
    ("Hugging Face token", "hf_" + "qWrTzUiOpAsDfGhJkLyXcVbNmQaWsEdRfT"),
    ("private key", key_block(b"\x30\x82\x04\xa4")),
    ("JSON web token", jwt({"sub": "u-8841", "exp": 1893456000})),
    ("likely secret", 'password = "' + "t7Kq2VxN9zRb4WmJ5cYd" + '"'),
]
LEFT_OUT = [
    *(
        "you@example.com",
        "anna@firma.test",
        "info@posteo.de",
        "john.doe@gmail.com",
        "icon@2x.png",
        "a@d.co",
        "git@github.com",
    ),
    *("me @home.de", "someone@yourcompany.com", "first.last@posteo.de", "a..b@posteo.de"),
    "card 4111 1111 1111 1111",  # printed in every documentation
    "card 4929 1234 5678 9016",  # wrong check digit
    "the product is 4929123456789015",  # not grouped, and nothing says that it is a card
    "49 2912 3456 7890 15",  # not grouped as on a card
    "DE03 1203 0000 0000 2020 51",  # wrong check digits
    "XX02 1203 0000 0000 2020 51",  # no such country
    "DE89 3704 0044 0532 0130 00",  # the registry's own example
    *("000-12-3456", "666-12-3456", "912-12-3456", "536-00-8145", "536-22-0000", "078-05-1120", "123-45-6789"),
    *("+1 202 555 0123", "+999 123 456 789", "1 + 20245611110", "+1 234 567 8900 12", "call 030 901820 77"),
    *(
        "10.0.0.12",
        "192.168.1.20",
        "127.0.0.1",
        "8.8.8.8",
        "version 12.34.56.78",
        "1.2.3.4",
        "300.1.1.200",
        "1.2.3.4.5",
    ),
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_" + "a" * 36,  # no checksum
    "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "-----BEGIN RSA " + "PRIVATE KEY-----\n" + "A" * 90 + "\n-----END RSA " + "PRIVATE KEY-----",  # no key's form
    "eyJhbGciOiJIUzI1NiJ9." + "eyJub3QganNvbg.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJVadQssw5c",
    'password = "correct-horse-battery-staple"',
]


def names(text: str) -> list[str]:
    return [found.name for found in without_private(text)[1]]


@pytest.mark.parametrize(("name", "text"), FOUND, ids=[f"{name}-{i}" for i, (name, _) in enumerate(FOUND)])
def test_found(name: str, text: str) -> None:
    """One value of each kind is found, once, and masked without a trace."""
    shown, found = without_private(text)
    assert [one.name for one in found] == [name]
    value = text[found[0].start : found[0].end]
    assert len(value) > 6
    assert value not in shown
    assert f"[{name} withheld]" in shown
    assert value not in found[0].told(text)
    assert names(shown) == []


@pytest.mark.parametrize("text", LEFT_OUT)
def test_left_out(text: str) -> None:
    """What fails its check, or stands in documentation, is no finding."""
    assert names(text) == []


def test_check_digits_by_definition() -> None:
    """Of the ten last digits exactly one fits Luhn, of a hundred pairs one or two fit MOD 97-10."""
    for _ in range(50):
        digits = "".join(SOURCE.choices("0123456789", k=15))
        total = sum(sum(divmod(2 * int(d), 10)) if i % 2 == 0 else int(d) for i, d in enumerate(digits))
        fits = [last for last in range(10) if has_luhn(f"{digits}{last}")]
        assert fits == [-total % 10]
        account = "".join(SOURCE.choices("0123456789", k=18))
        fits = [check for check in range(100) if has_mod_97(f"DE{check:02d}{account}")]
        wanted = 98 - int(f"{account}131400") % 97  # D = 13, E = 14 (ISO 7064)
        assert wanted in fits
        assert {(check - wanted) % 97 for check in fits} == {0}


def test_github_checksum_of_a_published_example() -> None:
    """The revoked token that the format's description shows carries its own checksum, and no other."""
    published = "ghp_" + "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ" + "0mLq17"
    assert has_github_checksum(published)
    assert not has_github_checksum(published[:-1] + "8")


def test_entropy() -> None:
    """Four signs as often: two bits each; one sign: none."""
    assert entropy("abcd" * 5) == pytest.approx(2.0)
    assert entropy("aaaa") == 0


def test_overlaps_and_order() -> None:
    """A key within which something else fits is one finding; places are code points, in order."""
    text = "é " + with_checksum("gho_") + " and k.ito@keio.jp"
    found = without_private(text)[1]
    assert [one.name for one in found] == ["GitHub token", "email"]
    assert text[found[1].start : found[1].end] == "k.ito@keio.jp"
    assert masked(text, found) == "é [GitHub token withheld] and [email withheld]"


def test_bits_of_a_column() -> None:
    """Bits are by row; null and texts without candidates have none."""
    texts = pa.array(["k.ito@keio.jp or 536-22-8145", None, "nothing"], pa.large_string())
    bits = private_bits(texts, screen(texts)[:, SCREENED.index("candidates")])
    assert bits.tolist() == [Private.EMAIL | Private.SSN, 0, 0]


def test_telephone_numbers_need_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it no number is claimed."""
    monkeypatch.setattr(private, "HAS_PHONES", False)
    assert names("+49 30 901820") == []


@pytest.mark.parametrize(
    "unit", ["a", "a.", "a@", "1", "1 ", "-", "A1", "eyJ.", '"', "-----BEGIN PRIVATE KEY-----", "+1"]
)
def test_hostile_lengths_end(unit: str) -> None:
    """Long runs of anything are done in time that grows with their length."""
    assert isinstance(find_private(unit * (40_000 // len(unit)), 15), list)


def test_a_lone_surrogate_is_text() -> None:
    """Text of a rejected row may hold one; what is private in it is masked all the same."""
    shown, found = without_private("\ud800 k.ito@keio.jp")
    assert shown == "\ud800 [email withheld]"
    assert len(found) == 1
