"""Does a certificate speak of these rows and of this training? Field by field, never by trust."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from audit.certificate.rows import SCHEME, RowDigests
from audit.errors import VerificationError
from audit.training import TrainingSpec

ROOTS: Final = (("n", "n"), ("pairs", "pairs"), ("setRoot", "set_root"), ("evidenceRoot", "evidence_root"))


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One field of a certificate that does not hold."""

    field: str
    """Dotted path in the predicate, such as `rows.setRoot` or `training.beta`."""
    got: str
    """What the data or the training specification have."""
    expected: str
    """What the certificate says."""

    def error(self) -> VerificationError:
        """Return the error that refuses the certificate for this field."""
        return VerificationError(
            "the certificate does not hold", where=self.field, got=self.got, expected=f"{self.expected} (certified)"
        )


def mismatches(
    predicate: Mapping[str, Any], rows: RowDigests, spec: TrainingSpec | None, *, strict_order: bool = False
) -> list[Mismatch]:
    """Compare a certificate with digests computed from the data and the training specification at hand.

    Honest differences pass: another order of rows or files, another storage format, source rows left out that the audit
    had set aside. What the predicate does not record cannot hold: a missing field is a mismatch.

    Args:
        predicate: of a certificate, already checked to be authentic; any JSON object.
        rows: computed from the data at hand.
        spec: the training about to start; None: the training is not compared.
        strict_order: require the order of rows, too.

    Returns:
        The mismatches, rows before training; empty when the certificate holds.
    """
    found = _rows(predicate.get("rows"), rows, strict_order=strict_order)
    return found if spec is None else found + _training(predicate.get("training"), spec)


def _rows(certified: object, rows: RowDigests, *, strict_order: bool) -> list[Mismatch]:
    if not isinstance(certified, Mapping):
        return [Mismatch("rows", f"{rows.n} rows", "nothing: rows are not bound one by one")]
    if certified.get("scheme") != SCHEME:
        return [Mismatch("rows.scheme", SCHEME, _shown(certified.get("scheme")))]
    roots = (*ROOTS, ("orderedRoot", "ordered_root")) if strict_order else ROOTS
    found = [_compare(f"rows.{name}", getattr(rows, own), certified.get(name)) for name, own in roots]
    return [mismatch for mismatch in found if mismatch is not None] + _excluded(certified.get("excluded"), rows)


def _excluded(certified: object, rows: RowDigests) -> list[Mismatch]:
    """Refuse source rows that nobody audited: more of them set aside than the certificate knows of."""
    allowed = certified.get("n") if isinstance(certified, Mapping) else None
    if isinstance(allowed, int) and not isinstance(allowed, bool) and rows.excluded <= allowed:
        return []
    return [Mismatch("rows.excluded.n", f"{rows.excluded} rows set aside", f"at most {_shown(allowed)}")]


def _training(certified: object, spec: TrainingSpec) -> list[Mismatch]:
    if not isinstance(certified, Mapping):
        return [Mismatch("training", spec.digest, "nothing: the certificate binds no training specification")]
    found = list(_differences("training", spec.to_json(), {k: v for k, v in certified.items() if k != "specDigest"}))
    whole = _compare("training.specDigest", spec.digest, certified.get("specDigest"))
    return found if whole is None else [*found, whole]


def _differences(place: str, got: object, expected: object) -> Sequence[Mismatch]:
    if isinstance(got, Mapping) and isinstance(expected, Mapping):
        names = sorted({*got, *expected})
        return [m for name in names for m in _differences(f"{place}.{name}", got.get(name), expected.get(name))]
    found = _compare(place, got, expected)
    return [] if found is None else [found]


def _compare(place: str, got: object, expected: object) -> Mismatch | None:
    if type(got) is type(expected) and got == expected:
        return None
    return Mismatch(place, _shown(got), _shown(expected))


def _shown(value: object) -> str:
    """Return a value of a foreign document for a message: short, control characters escaped."""
    if value is None:
        return "nothing"
    text = ascii(value)
    return text if len(text) <= 120 else text[:117] + "..."
