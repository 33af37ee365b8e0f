"""PRV: personal data and secrets that a policy would learn by heart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from audit.auditor import Spec
from audit.extract.private import PERSONAL, SECRET, Private
from audit.measure import Kind, Measure, Undefined
from audit.schema import A, B
from audit.shares import exact_share
from audit.signals import Signals
from audit.slices import slices

SIDES: Final = ("prompt_private", "a_private", "b_private")
PHONES: Final = "phones_read"
SHARES: Final = {
    "personal_share": PERSONAL,
    "email_share": Private.EMAIL,
    "phone_share": Private.PHONE,
    "card_share": Private.CARD,
    "iban_share": Private.IBAN,
    "ssn_share": Private.SSN,
    "ip_share": Private.IP,
}
NO_TEXT: Final = Undefined("no text is recorded", "response_a")
NO_PHONES: Final = Undefined("telephone numbers were not looked for", "pip install 'dpo-audit[privacy]'")
LEARNT: Final = "privacy.learnt_share"


def _spec(name: str, unit: str, meaning: str) -> Spec:
    return Spec(f"privacy.{name}", unit, Kind.CENSUS, meaning)


@dataclass(frozen=True)
class Privacy:
    """Privacy: valid personal data and secrets in prompts and responses.

    What it measures:
        Comparisons with a secret in a text (`privacy.secret_rows`): an access key or token of a service, a signed token
        (JWT), a private key. The share of comparisons with personal data that hold up to a check
        (`privacy.personal_share`): e-mail addresses (`privacy.email_share`), telephone numbers (`privacy.phone_share`),
        payment cards (`privacy.card_share`), bank accounts (`privacy.iban_share`), US social security numbers
        (`privacy.ssn_share`). Apart from these, public IP addresses (`privacy.ip_share`). And the share of decisive
        comparisons whose preferred response holds personal data or a secret that prompt and other response do not
        (`privacy.learnt_share`).

    Why it matters:
        What stands in the preferred response is what a policy is taught to write. Data of people without their consent
        is a liability from the day of delivery; a live key is a breach.

    How:
        Every text is looked at once for signs of private data; those that have one are searched by form, and what is
        found is checked: cards by issuer, length and check digit, accounts by country, length and check digits, numbers
        of people by the ranges that are given out, telephone numbers by the plans of their countries (national ones by
        the region of the locale), GitHub tokens by their checksum, others by published form and entropy, JWTs by a
        header that decodes. Reserved domains, test cards and examples of documentation are left out. Reports show kind,
        place and four hex digits of a digest; never the value.

    Reads:
        Nothing is required. `prompt_private`, `a_private`, `b_private` come of the texts; `phones_read` where the extra
        `privacy` is installed; `locale` helps with telephone numbers; `label` unlocks the sides.

    Measures and units:
        `privacy.secret_rows`: count, census. All others: share of comparisons, census; `privacy.personal_share` also
        per slice.

    Limits:
        Names, postal addresses, dates of birth, and numbers of other countries' people are not looked for, nor IPv6. A
        valid form is no proof that the number was given to anybody: invented addresses at real domains count.
        Passwords have no form.

    References:
        ISO/IEC 7812-1 (cards); ISO 13616-1 and ISO/IEC 7064 (accounts); RFC 2606 and 6761 (reserved domains); RFC 7519
        (JWT); RFC 7468 (PEM).
    """

    code: ClassVar[str] = "PRV"
    name: ClassVar[str] = "privacy"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = (*SIDES, PHONES, "label")
    measures: ClassVar[tuple[Spec, ...]] = (
        _spec("secret_rows", "count", "comparisons with a secret"),
        _spec("personal_share", "share", "comparisons with valid personal data"),
        _spec("email_share", "share", "comparisons with an e-mail address"),
        _spec("phone_share", "share", "comparisons with a telephone number"),
        _spec("card_share", "share", "comparisons with a payment card's number"),
        _spec("iban_share", "share", "comparisons with a bank account's number"),
        _spec("ssn_share", "share", "comparisons with a US social security number"),
        _spec("ip_share", "share", "comparisons with a public IPv4 address"),
        _spec("learnt_share", "share", "decisive comparisons with private data in the preferred response alone"),
    )

    def measure(self, signals: Signals) -> Iterable[Measure]:
        """Yield secrets, each kind of personal data, and what only the preferred response holds."""
        present = [name for name in SIDES if signals.has(name)]
        if not present or not signals.comparisons:
            return [Measure(spec.name, NO_TEXT, spec.unit, spec.kind, 0) for spec in self.measures]
        return self._measured(signals, present)

    def _measured(self, signals: Signals, present: list[str]) -> Iterator[Measure]:
        bits = np.bitwise_or.reduce([signals.ints(name) for name in present])
        secret = (bits & int(SECRET)) != 0
        count, n = int(secret.sum()), signals.comparisons
        rows = signals.evidence(secret) if count else None
        method = "exact count; n: comparisons"
        yield Measure("privacy.secret_rows", count, "count", Kind.CENSUS, n, evidence=rows, method=method)
        for name, kind in SHARES.items():
            if kind is Private.PHONE and not signals.has(PHONES):
                yield Measure(f"privacy.{name}", NO_PHONES, "share", Kind.CENSUS, 0)
            else:
                yield exact_share(f"privacy.{name}", (bits & int(kind)) != 0, signals)
        personal = (bits & int(PERSONAL)) != 0
        for part, inside in slices(signals):
            yield exact_share("privacy.personal_share", personal, signals, inside=inside, part=part)
        yield self._learnt(signals)

    def _learnt(self, signals: Signals) -> Measure:
        if not signals.has("a_private", "b_private", "label"):
            return Measure(LEARNT, Undefined("no label, or no two responses", "label"), "share", Kind.CENSUS, 0)
        label = signals.ints("label")
        decisive = np.isin(label, (A, B))
        if not decisive.any():
            return Measure(LEARNT, Undefined("no comparison prefers a side", "label"), "share", Kind.CENSUS, 0)
        a, b = signals.ints("a_private"), signals.ints("b_private")
        prompt = signals.ints("prompt_private") if signals.has("prompt_private") else np.zeros_like(a)
        winner, loser = np.where(label == A, a, b), np.where(label == A, b, a)
        alone = winner & ~(loser | prompt) & int(PERSONAL | SECRET)
        return exact_share(LEARNT, (alone != 0) & decisive, signals, "decisive comparisons", inside=decisive)
