"""Proofs about one row: they hold for every row, and nothing forged, malformed or tampered with does."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.certificate.merkle import leaf_hash, node_hash
from audit.certificate.proofs import check_proof, prove
from audit.certificate.row_form import canonical_text
from audit.certificate.row_kernels import tree_root
from audit.errors import VerificationError

SCHEMA = jsonschema.Draft202012Validator(
    json.loads((Path(__file__).parents[2] / "reports" / "proof.schema.json").read_text(encoding="utf-8"))
)
COUNTS = [0, 1, 2, 3, 5, 7, 8, 20]
Proof = dict[str, Any]


def row(i: int) -> list[Any]:
    return ["dpo-row/v1", f"prompt {i}", "yes", "no", {}]


def dataset(n: int) -> bytes:
    return b"".join(sorted(leaf_hash(canonical_text(row(i))) for i in range(n)))


def check(proof: Proof | bytes, leaves: bytes) -> Any:
    return check_proof(proof, tree_root(leaves).hex(), len(leaves) // 32)


LEAVES = dataset(7)
INCLUDED = prove(row(3), LEAVES)
ABSENT = prove(row(99), LEAVES)
FIRST = min((prove(row(i), LEAVES) for i in range(100, 140)), key=lambda proof: str(proof["leaf"]))
LAST = max((prove(row(i), LEAVES) for i in range(100, 140)), key=lambda proof: str(proof["leaf"]))


@pytest.mark.parametrize("n", COUNTS)
def test_every_row_is_proven(n: int) -> None:
    """Each row of the dataset is proven to be in it, in memory and as JSON text, and the schema describes the proof."""
    leaves = dataset(n)
    for i in range(n):
        proof = prove(row(i), leaves)
        SCHEMA.validate(proof)
        found = check(json.dumps(proof).encode(), leaves)
        assert found.is_included
        assert found.row == canonical_text(row(i)).decode()


@pytest.mark.parametrize("n", COUNTS)
def test_every_other_row_is_proven_absent(n: int) -> None:
    """Rows before the first, between two and after the last leaf are proven not to be there."""
    leaves = dataset(n)
    ends = set()
    for i in range(1000, 1060):
        proof = prove(row(i), leaves)
        SCHEMA.validate(proof)
        assert not check(proof, leaves).is_included
        ends.add((proof["before"] is None, proof["after"] is None))
    # 60 hashes fall before, into and behind the few leaves
    assert ends == ({(True, True)} if n == 0 else {(True, False), (False, True)} if n == 1 else ends)
    assert n < 2 or (False, False) in ends


def test_equal_rows_are_one_proof() -> None:
    """Of a row that is there three times the first place is shown; its neighbour proves nothing absent."""
    twice = [leaf_hash(canonical_text(row(3)))] * 2
    leaves = b"".join(sorted([*twice, *(LEAVES[32 * i : 32 * i + 32] for i in range(7))]))
    assert check(prove(row(3), leaves), leaves).is_included
    assert not check(prove(row(99), leaves), leaves).is_included


def test_the_row_may_be_hidden() -> None:
    """Without its text a proof speaks of the hash alone, and says so."""
    hidden = prove(row(3), LEAVES, show_row=False)
    assert "prompt 3" not in json.dumps(hidden)
    assert check(hidden, LEAVES).row is None


def changed(proof: Proof, change: Callable[[Proof], object]) -> Proof:
    made = copy.deepcopy(proof)
    change(made)
    return made


def flipped(digits: str) -> str:
    return ("1" if digits[0] == "0" else "0") + digits[1:]


SPACED = json.dumps(row(3), separators=(", ", ":"))
TAMPERED: dict[str, tuple[Proof, Callable[[Proof], object], str]] = {
    "another format": (INCLUDED, lambda p: p.update(format="dpo-proof/v2"), "not known"),
    "another scheme": (INCLUDED, lambda p: p.update(scheme="dpo-rows/v2"), "not known"),
    "another root": (INCLUDED, lambda p: p.update(root=flipped(p["root"])), "another dataset"),
    "another count": (INCLUDED, lambda p: p.update(n=8), "another number of rows"),
    "count as text": (INCLUDED, lambda p: p.update(n="7"), "another kind"),
    "count as truth": (INCLUDED, lambda p: p.update(n=True), "another kind"),
    "another leaf": (INCLUDED, lambda p: p.update(leaf=flipped(p["leaf"])), "another leaf"),
    "another leaf, hidden": (INCLUDED, lambda p: p.update(leaf=flipped(p["leaf"]), row=None), "does not lead"),
    "another row": (INCLUDED, lambda p: p.update(row=p["row"].replace("yes", "yea")), "another leaf"),
    "row as number": (INCLUDED, lambda p: p.update(row=3), "another kind"),
    "row of no form": (INCLUDED, lambda p: p.update(row='{"prompt":"p"}'), "no canonical row"),
    "row of no JSON": (INCLUDED, lambda p: p.update(row="["), "no JSON"),
    "deep row": (INCLUDED, lambda p: p.update(row="[" * 100_000), "no JSON"),
    "row with half a pair": (
        INCLUDED, lambda p: p.update(row='["dpo-row/v1","\\ud800","x","y",{}]'), "not in its canonical form",
    ),
    "row with blanks": (
        INCLUDED, lambda p: p.update(row=SPACED, leaf=leaf_hash(SPACED.encode()).hex()), "not in its canonical form",
    ),
    "upper case": (INCLUDED, lambda p: p.update(root=p["root"].upper()), "another kind"),
    "no row member": (INCLUDED, lambda p: p.pop("row"), "another kind"),
    "unknown member": (INCLUDED, lambda p: p.update(note="trust me"), "unknown field"),
    "unknown member of the place": (INCLUDED, lambda p: p["place"].update(leaf=p["leaf"]), "unknown field"),
    "another index": (INCLUDED, lambda p: p["place"].update(index=(p["place"]["index"] + 1) % 6), "lead|siblings"),
    "index out of range": (INCLUDED, lambda p: p["place"].update(index=7), "no such place"),
    "negative index": (INCLUDED, lambda p: p["place"].update(index=-1), "another kind"),
    "step left out": (INCLUDED, lambda p: p["place"]["path"].pop(), "no such place"),
    "step added": (INCLUDED, lambda p: p["place"]["path"].append("0" * 64), "no such place"),
    "path without end": (INCLUDED, lambda p: p["place"].update(path=["0" * 64] * 65), "another kind"),
    "another step": (INCLUDED, lambda p: p["place"]["path"].__setitem__(0, "0" * 64), "does not lead"),
    "step of another length": (INCLUDED, lambda p: p["place"]["path"].__setitem__(0, "00"), "another kind"),
    "path as object": (INCLUDED, lambda p: p["place"].update(path={}), "another kind"),
    "inclusion without place": (INCLUDED, lambda p: p.pop("place"), "another kind"),
    "inclusion called absence": (INCLUDED, lambda p: p.update(kind="absence"), "unknown field"),
    "absence called inclusion": (ABSENT, lambda p: p.update(kind="inclusion"), "unknown field"),
    "no neighbours": (ABSENT, lambda p: p.update(before=None, after=None), "side by side"),
    "one neighbour": (ABSENT, lambda p: p.update(before=None), "side by side"),
    "neighbour missing": (ABSENT, lambda p: p.pop("after"), "another kind"),
    "neighbours swapped": (
        ABSENT, lambda p: p.update(before=p["after"], after=p["before"]), "side by side|does not come",
    ),
    "neighbour of another leaf": (ABSENT, lambda p: p["after"].update(leaf="f" * 64), "does not lead"),
    "first without neighbour": (FIRST, lambda p: p.update(after=None), "side by side"),
    "last without neighbour": (LAST, lambda p: p.update(before=None), "side by side"),
}  # fmt: skip


@pytest.mark.parametrize(("proof", "change", "message"), TAMPERED.values(), ids=TAMPERED)
def test_tampered_proofs_are_refused(proof: Proof, change: Callable[[Proof], object], message: str) -> None:
    """Every member that is changed, left out or added is refused by name."""
    check(proof, LEAVES)
    with pytest.raises(VerificationError, match=message) as caught:
        check(changed(proof, change), LEAVES)
    assert caught.value.exit_code == 4
    assert (caught.value.where or "").startswith("proof")


def test_a_row_that_is_there_is_never_proven_absent() -> None:
    """Neighbours two places apart, a neighbour that is the row itself, or another row's gap: all refused."""
    index = INCLUDED["place"]["index"]
    ordered = [LEAVES[32 * i : 32 * i + 32] for i in range(7)]
    texts = {leaf_hash(canonical_text(row(i))): row(i) for i in range(7)}
    places = [prove(texts[leaf], LEAVES)["place"] | {"leaf": leaf.hex()} for leaf in ordered]
    around = [None, *places, None]
    for before in around[: index + 2]:
        for after in around[index:]:
            forged = {**ABSENT, "leaf": INCLUDED["leaf"], "row": INCLUDED["row"], "before": before, "after": after}
            with pytest.raises(VerificationError):
                check(forged, LEAVES)


def test_the_count_keeps_nodes_from_passing_for_leaves() -> None:
    """With a count of the forger's choice two inner nodes would prove a row absent; the certificate's stops it."""
    four = dataset(4)
    leaves = [four[32 * i : 32 * i + 32] for i in range(4)]
    nodes = [node_hash(leaves[0], leaves[1]), node_hash(leaves[2], leaves[3])]
    low, high = sorted(range(2), key=lambda i: nodes[i])
    target = next(i for i in range(4) if nodes[low] < leaves[i] < nodes[high])
    assert (low, high) == (0, 1)  # so the nodes stand in the order that a tree of two leaves would have
    text = next(canonical_text(row(i)) for i in range(4) if leaf_hash(canonical_text(row(i))) == leaves[target])
    forged = {
        "format": "dpo-proof/v1",
        "scheme": "dpo-rows/v1",
        "kind": "absence",
        "n": 2,
        "root": tree_root(four).hex(),
        "leaf": leaves[target].hex(),
        "row": text.decode(),
        "before": {"index": 0, "path": [nodes[1].hex()], "leaf": nodes[0].hex()},
        "after": {"index": 1, "path": [nodes[0].hex()], "leaf": nodes[1].hex()},
    }
    assert not check_proof(forged, tree_root(four).hex(), 2).is_included  # what believing its count would lead to
    with pytest.raises(VerificationError, match="another number of rows"):
        check_proof(forged, tree_root(four).hex(), 4)
    with pytest.raises(VerificationError, match="no such place"):
        check_proof({**forged, "n": 4}, tree_root(four).hex(), 4)


@pytest.mark.parametrize("proof", [INCLUDED, ABSENT], ids=["inclusion", "absence"])
def test_every_flipped_byte_is_refused(proof: Proof) -> None:
    """No single changed byte of the text leaves a proof."""
    written = json.dumps(proof, separators=(",", ":")).encode()
    check(written, LEAVES)
    for at in range(len(written)):
        for flip in (0x01, 0x20, 0x80):
            with pytest.raises(VerificationError):
                check(written[:at] + bytes([written[at] ^ flip]) + written[at + 1 :], LEAVES)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 2**53 - 1) | st.floats() | st.text(max_size=8) | st.just("0" * 64),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=10,
)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_refused(data: bytes) -> None:
    """Whatever is no proof raises the named error and nothing else."""
    with pytest.raises(VerificationError):
        check(data, LEAVES)


@given(st.sampled_from([INCLUDED, ABSENT]), st.data())
def test_any_value_in_any_place_is_refused(proof: Proof, data: st.DataObject) -> None:
    """A member replaced by arbitrary JSON is refused, or it was the same value."""
    made = copy.deepcopy(proof)
    place: Any = made
    names = sorted(made)
    if isinstance(made.get("place") or made.get("after"), dict) and data.draw(st.booleans()):
        place = made.get("place") or made["after"]
        names = sorted(place)
    name = data.draw(st.sampled_from(names))
    value = data.draw(JSON)
    same = place[name] == value and type(place[name]) is type(value)
    hides = name == "row" and value is None
    place[name] = value
    if same or hides:
        assert check(made, LEAVES).leaf == proof["leaf"]
    else:
        with pytest.raises(VerificationError):
            check(made, LEAVES)
