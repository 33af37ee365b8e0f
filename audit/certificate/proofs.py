"""Proofs that one comparison is in a certified dataset, or is not: checked with a root and a count, without the data.

Both are over the sorted tree. Inclusion is the path from the leaf to the root. Absence is the two neighbours between
which the leaf would stand, with their paths; it is exact, so a text that differs by one character is another row. A
proof needs the *count* of leaves from the certificate as much as the root: with another count, the hash of an inner
node could be passed off as a leaf.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from audit.certificate.merkle import LEAF_BYTES, inclusion_path, leaf_hash, root_from_path
from audit.certificate.row_form import canonical_text
from audit.certificate.row_kernels import tree_root
from audit.certificate.row_shape import check_form
from audit.certificate.rows import SCHEME
from audit.certificate.shape import Shape
from audit.certificate.strict_json import parse_strict
from audit.errors import InputError, VerificationError

FORMAT: Final = "dpo-proof/v1"
INCLUSION: Final = "inclusion"
ABSENCE: Final = "absence"
_COMMON: Final = ("format", "scheme", "kind", "n", "root", "leaf", "row")
_FIELDS: Final = {INCLUSION: (*_COMMON, "place"), ABSENCE: (*_COMMON, "before", "after")}
_MOST_PATH: Final = 64


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof shows, once checked."""

    kind: str
    """`inclusion` or `absence`."""
    leaf: str
    """Hex leaf that is, or is not, in the dataset."""
    row: str | None
    """Its canonical text; None when the proof speaks of the bare hash."""
    n: int
    root: str

    @property
    def is_included(self) -> bool:
        """True when the comparison is in the dataset."""
        return self.kind == INCLUSION


@dataclass(frozen=True, slots=True)
class _Place:
    index: int
    leaf: bytes


def prove(row: Sequence[Any], leaves: bytes, *, show_row: bool = True) -> dict[str, Any]:
    """Prove that a comparison is in a dataset, or that it is not.

    Args:
        row: its canonical form, as `row_form.row_form` gives it.
        leaves: every leaf of the dataset, 32 bytes each, in bytewise order.
        show_row: put the canonical text into the proof; otherwise only its hash.

    Returns:
        The proof as JSON values; `reports/proof.schema.json` describes it. Of equal rows it shows the first.

    Raises:
        InputError: the row holds a lone surrogate.
    """
    text = canonical_text(row)
    leaf, n = leaf_hash(text), len(leaves) // LEAF_BYTES
    at = bisect_left(range(n), leaf, key=lambda index: _leaf(leaves, index))
    is_in = at < n and _leaf(leaves, at) == leaf
    proof: dict[str, Any] = {
        "format": FORMAT,
        "scheme": SCHEME,
        "kind": INCLUSION if is_in else ABSENCE,
        "n": n,
        "root": tree_root(leaves).hex(),
        "leaf": leaf.hex(),
        "row": text.decode("utf-8") if show_row else None,
    }
    if is_in:
        return proof | {"place": _place(leaves, at, with_leaf=False)}
    before = _place(leaves, at - 1, with_leaf=True) if at > 0 else None
    return proof | {"before": before, "after": _place(leaves, at, with_leaf=True) if at < n else None}


def check_proof(proof: bytes | Mapping[str, Any], root: str, n: int) -> Proven:
    """Check a proof against the root and count of a certificate that is trusted.

    Args:
        proof: its JSON text, or the parsed object.
        root: hex `rows.setRoot`.
        n: `rows.n`.

    Raises:
        VerificationError: it is malformed, of another dataset, or does not prove what it says; the message names the
            field.
    """
    shape = Shape.of(parse_strict(proof, "proof") if isinstance(proof, bytes) else proof, "proof")
    shape.one_of("format", (FORMAT,))
    shape.one_of("scheme", (SCHEME,))
    kind = shape.one_of("kind", tuple(_FIELDS))
    shape.only(_FIELDS[kind])
    missing = next((name for name in _FIELDS[kind] if name not in shape.value), None)
    if missing:
        raise shape.wrong(missing, "to be there, be it null")
    if shape.hex("root") != root:
        raise VerificationError(
            "the proof is of another dataset", where="proof.root", got=shape.hex("root"), expected=root
        )
    if shape.whole("n") != n:
        raise VerificationError(
            "the proof is of another number of rows", where="proof.n", got=str(shape.whole("n")), expected=str(n)
        )
    leaf = bytes.fromhex(shape.hex("leaf"))
    row = _row(shape, leaf)
    if kind == INCLUSION:
        _checked(shape.inner("place"), root, n, leaf)
    else:
        _check_gap(shape, root, n, leaf)
    return Proven(kind, leaf.hex(), row, n, root)


def _check_gap(shape: Shape, root: str, n: int, leaf: bytes) -> None:
    """Check that two neighbours enclose the leaf, or one does at an end, or that there is nothing at all."""
    before, after = (_checked(shape.inner(name), root, n) if shape.has(name) else None for name in ("before", "after"))
    if n == 0:
        if before or after or root != tree_root(b"").hex():
            raise VerificationError("no rows have another root, and no neighbours", where="proof.n")
        return
    if (before.index if before else -1) + 1 != (after.index if after else n):
        raise VerificationError(
            "the neighbours do not stand side by side",
            where="proof.after" if before else "proof.before",
            got=f"{before.index if before else 'none'} and {after.index if after else 'none'} of {n}",
            expected="consecutive places, or none before the first or after the last",
        )
    if before and not before.leaf < leaf:
        raise VerificationError("the leaf does not come after its neighbour", where="proof.before.leaf")
    if after and not leaf < after.leaf:
        raise VerificationError("the leaf does not come before its neighbour", where="proof.after.leaf")


def _checked(shape: Shape, root: str, n: int, leaf: bytes | None = None) -> _Place:
    """Check that a leaf stands where the place says; the leaf is the place's own unless given."""
    shape.only(("index", "path") if leaf is not None else ("index", "path", "leaf"))
    found = bytes.fromhex(shape.hex("leaf")) if leaf is None else leaf
    index, steps = shape.whole("index"), shape.texts("path")
    if len(steps) > _MOST_PATH:
        raise shape.wrong("path", f"at most {_MOST_PATH} hashes")
    path = [bytes.fromhex(_step(shape, number, step)) for number, step in enumerate(steps)]
    try:
        reached = root_from_path(found, index, n, path)
    except ValueError as fault:
        raise VerificationError(f"no such place in the tree: {fault}", where=shape.where) from None
    if reached.hex() != root:
        raise VerificationError(
            "the path does not lead to the root", where=shape.where, got=reached.hex(), expected=root
        )
    return _Place(index, found)


def _step(shape: Shape, number: int, step: str) -> str:
    return Shape({"hash": step}, f"{shape.where}.path[{number}]", shape.fault).hex("hash")


def _row(shape: Shape, leaf: bytes) -> str | None:
    """Return the row's text, checked to be the leaf's and to be in the one form that a leaf is made of."""
    if not shape.has("row"):
        return None
    text = shape.value["row"]
    if not isinstance(text, str):
        raise shape.wrong("row", "a canonical text, or null")
    try:
        written = text.encode("utf-8")
        form = json.loads(written)
    except (ValueError, RecursionError):
        raise VerificationError("the row is no JSON", where="proof.row") from None
    problem = check_form(form)
    if problem:
        raise VerificationError(f"the row is no canonical row: {problem}", where="proof.row")
    if not _is_canonical(form, written):
        raise VerificationError("the row is not in its canonical form", where="proof.row")
    if leaf_hash(written) != leaf:
        raise VerificationError("the row has another leaf", where="proof.leaf", got=leaf.hex())
    return text


def _is_canonical(form: list[Any], written: bytes) -> bool:
    try:
        return canonical_text(form) == written
    except InputError:  # half of a surrogate pair, escaped
        return False


def _leaf(leaves: bytes, index: int) -> bytes:
    return leaves[index * LEAF_BYTES : (index + 1) * LEAF_BYTES]


def _place(leaves: bytes, index: int, *, with_leaf: bool) -> dict[str, Any]:
    path = [step.hex() for step in inclusion_path(leaves, index)]
    return {"index": index, "path": path} | ({"leaf": _leaf(leaves, index).hex()} if with_leaf else {})
