"""The checks of what people answer for: waivers, and the hand review."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from audit.canonical import digest
from audit.certificate.clock import end_of
from audit.certificate.question import Found, Noted, Question, refusal, shown
from audit.certificate.shape import Shape
from audit.certificate.statement import SEED_DERIVATION
from audit.rules.pack import Limit, Operator
from audit.rules.waivers import MOST_DAYS, allowed

WAIVABLE: Final = ("fail", "inconclusive")
REVIEWED: Final = "review.wrong_share"


def waivers(q: Question) -> Found:
    """Every finding that was waived has an owner, another approver, a ceiling that holds and a date still to come."""
    told = q.claim.waivers
    entries = told.each("entries") if told.has("entries") else []
    waived = [rule for rule in q.claim.rules if rule.has("waiver")]
    if told.whole("count") != len(entries) or sorted(e.text("id") for e in entries) != sorted(
        {rule.text("waiver") for rule in waived}
    ):
        raise refusal("the waivers are not those of the rules", "waivers", f"{len(entries)} listed")
    if not entries:
        return "none"
    if told.digest("digest") != digest([dict(entry.value) for entry in entries]):
        raise refusal("the waivers are not those that were counted", "waivers.digest", told.value.get("digest"))
    for entry in entries:
        _check(q, entry, next(rule for rule in waived if rule.text("waiver") == entry.text("id")))
    earliest = min(_day(entry, "expires") for entry in entries)
    if told.text("earliestExpiry") != earliest.isoformat() or q.claim.expires_at > end_of(earliest):
        raise refusal("the certificate outlives a waiver", "waivers.earliestExpiry", earliest.isoformat())
    accepted = q.trust.waived if q.trust else ()
    strange = sorted({e.text("rule") for e in entries} - set(accepted)) if q.trust else []
    if strange:
        fix = "read who answers for it and why; add the rule to waived in the trust policy only if that suits you"
        raise refusal("a waived rule that the trust policy does not let be waived", "waivers", strange[0], fix=fix)
    said = "; ".join(
        f"{shown(e.text('rule'))}: {shown(e.text('owner'))}, approved by {shown(e.text('approver'))}, "
        f"until {e.text('expires')} ({shown(e.text('reason'))})"
        for e in entries
    )
    return Noted(said)


def _check(q: Question, entry: Shape, rule: Shape) -> None:
    name = f"waivers {shown(entry.text('id'))}"
    owner, approver = entry.text("owner"), entry.text("approver")
    created, expires = _day(entry, "created"), _day(entry, "expires")
    if owner.strip().casefold() == approver.strip().casefold():
        raise refusal("nobody approves their own waiver", name, approver)
    if not created <= expires <= created + timedelta(days=MOST_DAYS):
        raise refusal("a waiver that lives too long", name, f"{created} to {expires}", f"{MOST_DAYS} days")
    if q.now > end_of(expires):
        raise refusal("a waiver has expired, and its finding counts again", name, expires.isoformat())
    same_place = rule.text("id") == entry.text("rule") and rule.value.get("slice") == entry.value.get("slice")
    if not same_place or rule.text("verdict") not in WAIVABLE:
        raise refusal("a waiver of another finding", name, rule.text("id"), entry.text("rule"))
    if not _holds(rule, entry):
        raise refusal("worse than the waiver's ceiling", name, rule.value.get("estimate"), entry.value.get("ceiling"))


def _holds(rule: Shape, entry: Shape) -> bool:
    """True when the estimate lies in the band that the ceiling spans."""
    try:
        limit, ceiling = (_limit(shape.value.get(key)) for shape, key in ((rule, "limit"), (entry, "ceiling")))
        estimate: Any = rule.value.get("estimate")
        room = allowed(Operator(rule.text("operator")), limit, rule.value.get("center"), ceiling)
        return room.low <= float(estimate) <= room.high
    except (TypeError, ValueError, OverflowError):
        return False


def _limit(value: Any) -> Limit:
    if isinstance(value, list):
        low, high = value
        return float(low), float(high)
    return float(value)


def _day(entry: Shape, key: str) -> date:
    try:
        return date.fromisoformat(entry.text(key))
    except ValueError:
        raise entry.wrong(key, "a date such as 2026-11-27") from None


def sampling(q: Question) -> Found:
    """The rows that people judged were drawn by the rows themselves and the buyer's nonce."""
    told = q.claim.sampling
    needed = bool(q.trust and (q.trust.require_review or q.trust.nonce))
    if told is None:
        if needed:
            raise refusal("no hand review is bound", "sampling", "none", fix="see `audit sample`")
        return Noted("no hand review is bound")
    derivation, root, nonce = told.text("seedDerivation"), told.hex("setRoot"), told.text("buyerNonce")
    if derivation != SEED_DERIVATION:
        raise refusal("rows for review were drawn in a way that is not known", "sampling", derivation, SEED_DERIVATION)
    if root != q.predicate_rows.get("setRoot"):
        raise refusal("the hand review is of other rows", "sampling.setRoot", root, q.predicate_rows.get("setRoot"))
    if q.trust and q.trust.nonce and nonce != q.trust.nonce:
        raise refusal("the sample was not drawn by your nonce", "sampling.buyerNonce", nonce, q.trust.nonce)
    judged, drawn = told.whole("judged"), told.whole("n")
    if needed and not any(
        rule.text("measure") == REVIEWED and rule.text("verdict") == "pass" for rule in q.claim.rules
    ):
        raise refusal("the hand review did not pass a rule", "sampling", f"no rule on {REVIEWED} passed")
    said = f"{judged} of {drawn} rows drawn by nonce {shown(nonce)[:16]}... were judged by hand"  # type: ignore[index]
    if q.beside.redrawn is None:
        return Noted(f"{said}: the draw was not repeated")
    if q.beside.redrawn != told.digest("indicesDigest"):
        raise refusal("rows and nonce draw another sample", "sampling.indicesDigest", told.digest("indicesDigest"))
    if q.trust and q.trust.nonce:
        return f"{said}: your nonce, and the draw repeated is the same"
    return Noted(f"{said}: the draw repeated is the same, by a nonce that the trust policy does not name")
