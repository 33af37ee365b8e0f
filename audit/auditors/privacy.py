"""PRV: secrets and personal data that are somebody's, and which side of the pair teaches them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from audit.auditor import Spec
from audit.extract.private import VALIDATED, Private
from audit.measure import ALL, Kind, Measure, Slice, Undefined
from audit.schema import A, B
from audit.signals import Bools, Ints, Signals
from audit.slices import slices

SECRETS: Final = "privacy.secret_rows"
VALIDATED_SHARE: Final = "privacy.validated_share"
CHOSEN_ONLY: Final = "privacy.chosen_only_rows"
KINDS: Final = {
    "email": (Private.EMAIL, "comparisons with an e-mail address"),
    "phone": (Private.PHONE, "comparisons with a telephone number"),
    "card": (Private.CARD, "comparisons with a payment card number"),
    "iban": (Private.IBAN, "comparisons with a bank account number"),
    "ssn": (Private.SSN, "comparisons with a US social security number"),
    "address": (Private.ADDRESS, "comparisons with a public IPv4 address"),
    "likely_secret": (Private.LIKELY_SECRET, "comparisons with a random value that is called a secret"),
}
SIDES: Final = ("prompt", "a", "b")
NO_TEXT: Final = Undefined("no text is recorded", "response_a")
NO_PHONES: Final = Undefined("telephone numbers are not assessed", "the extra privacy: pip install dpo-audit[privacy]")
NO_LABEL: Final = Undefined("no comparison prefers a side", "label")


@dataclass(frozen=True)
class Privacy:
    """Privacy: keys that open something, and data of persons.

    What it measures:
        Comparisons that hold a secret (`privacy.secret_rows`): a key or token of an issuer's format whose check
        holds. The share of comparisons with validated personal data (`privacy.validated_share`), by kind: e-mail
        addresses (`privacy.email_rows`), telephone numbers (`privacy.phone_rows`), payment cards
        (`privacy.card_rows`), bank accounts (`privacy.iban_rows`), US social security numbers (`privacy.ssn_rows`).
        Either of these in the preferred response alone, where neither prompt nor the other response has it
        (`privacy.chosen_only_rows`). Reported beside them: public IPv4 addresses (`privacy.address_rows`) and
        random-looking values that the text calls a password or key (`privacy.likely_secret_rows`).

    Why it matters:
        What stands in preferred responses is what the policy learns to say. A key that leaked into training data is a
        key that leaked; personal data in it are processed, whoever meant to.

    How:
        Cards: issuer range, length, grouping and the Luhn check digit; without grouping only near a word such as card.
        Accounts: the country's length and ISO 7064 MOD 97-10. E-mail: syntax, without reserved domains, mailboxes of a
        function and placeholders. Telephone: international form, valid by the numbering plans of the library
        `phonenumbers`. Social security: form and ranges that are issued. Secrets: formats of AWS, GitHub, GitLab,
        Slack, Stripe, Google, OpenAI, Anthropic, Hugging Face, SendGrid, npm, PyPI, PEM private keys and JSON web
        tokens, with checksum, decoding or entropy. Numbers and keys that documentation prints are left out.

    Reads:
        Nothing is required. It uses `prompt_private`, `a_private`, `b_private`, `phones_read` and `label`; slices come
        from `locale`, `scenario`, `policy`, `split` and `slice.*`.

    Measures and units:
        `privacy.secret_rows`, `privacy.email_rows`, `privacy.phone_rows`, `privacy.card_rows`, `privacy.iban_rows`,
        `privacy.ssn_rows`, `privacy.address_rows`, `privacy.likely_secret_rows`, `privacy.chosen_only_rows`: count,
        census. `privacy.validated_share`: share of comparisons, census, also per slice.

    Limits:
        Names, postal addresses and national telephone formats are not searched: what finds them is wrong too often to
        judge by. Validated is not the same as real: a made-up address may be somebody's. No value leaves the data:
        evidence has kind, place and sixteen bits of a hash, and texts shown have the value masked.

    References:
        ISO/IEC 7812-1 (Luhn). ISO 13616 and ISO 7064 (IBAN). RFC 2142, RFC 2606, RFC 5321 (mailboxes). Social Security
        Administration, randomisation of 2011. GitHub 2021, "Behind GitHub's new authentication token formats".
        Carlini et al. 2021, arXiv 2012.07805 (models recite personal data of their training data).
    """

    code: ClassVar[str] = "PRV"
    name: ClassVar[str] = "privacy"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = (*(f"{side}_private" for side in SIDES), "phones_read", "label")
    measures: ClassVar[tuple[Spec, ...]] = (
        Spec(SECRETS, "count", Kind.CENSUS, "comparisons with a secret"),
        Spec(VALIDATED_SHARE, "share", Kind.CENSUS, "comparisons with validated personal data"),
        *(Spec(f"privacy.{kind}_rows", "count", Kind.CENSUS, meaning) for kind, (_, meaning) in KINDS.items()),
        Spec(CHOSEN_ONLY, "count", Kind.CENSUS, "comparisons with either in the preferred response alone"),
    )

    def measure(self, signals: Signals) -> Iterator[Measure]:
        """Yield the counts by kind and the shares, whole and per slice."""
        if not any(signals.has(f"{side}_private") for side in SIDES):
            for spec in self.measures:
                yield Measure(spec.name, NO_TEXT, spec.unit, spec.kind, 0)
            return
        bits = {side: _bits(signals, side) for side in SIDES}
        whole = bits["prompt"] | bits["a"] | bits["b"]
        yield _count(SECRETS, _with(whole, Private.SECRET), signals)
        for kind, (bit, _) in KINDS.items():
            if kind == "phone" and not signals.has("phones_read"):
                yield Measure("privacy.phone_rows", NO_PHONES, "count", Kind.CENSUS, 0)
            else:
                yield _count(f"privacy.{kind}_rows", _with(whole, bit), signals)
        validated = _with(whole, VALIDATED)
        yield _share(validated, signals, phones=signals.has("phones_read"))
        for part, inside in slices(signals):
            yield _share(validated, signals, part, inside, phones=signals.has("phones_read"))
        yield _chosen_only(bits, signals)


def _bits(signals: Signals, side: str) -> Ints:
    name = f"{side}_private"
    return signals.ints(name) if signals.has(name) else np.zeros(signals.comparisons, np.int64)


def _with(bits: Ints, kinds: int) -> Bools:
    return np.asarray((bits & int(kinds)) != 0)


def _count(name: str, hits: Bools, signals: Signals) -> Measure:
    evidence = signals.evidence(hits)
    return Measure(name, evidence.total, "count", Kind.CENSUS, len(hits), evidence=evidence, method="exact count")


def _share(
    hits: Bools, signals: Signals, part: Slice = ALL, inside: Bools | None = None, *, phones: bool = True
) -> Measure:
    chosen = hits if inside is None else hits & inside
    n = len(hits) if inside is None else int(inside.sum())
    value = int(chosen.sum()) / n if n else Undefined("nothing to divide by", "rows")
    method = "exact share; n: comparisons" + ("" if phones else "; telephone numbers are not assessed")
    evidence = signals.evidence(chosen)
    return Measure(VALIDATED_SHARE, value, "share", Kind.CENSUS, n, slice=part, evidence=evidence, method=method)


def _chosen_only(bits: dict[str, Ints], signals: Signals) -> Measure:
    label = signals.ints("label") if signals.has("label") else np.zeros(signals.comparisons, np.int64)
    if not np.isin(label, (A, B)).any():
        return Measure(CHOSEN_ONLY, NO_LABEL, "count", Kind.CENSUS, 0)
    serious = VALIDATED | Private.SECRET
    a, b, prompt = (_with(bits[side], serious) for side in ("a", "b", "prompt"))
    return _count(CHOSEN_ONLY, ~prompt & np.where(label == A, a & ~b, (label == B) & b & ~a), signals)
