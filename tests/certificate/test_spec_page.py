"""The page and the vectors suffice: a program written from docs/digests.md alone gets every published number."""

from __future__ import annotations

import hashlib
import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from audit.certificate.merkle import OrderedTree
from audit.certificate.proofs import check_proof, prove
from audit.certificate.row_form import canonical_text
from audit.certificate.row_shape import check_form

ROOT = Path(__file__).parents[2]
VECTORS: dict[str, Any] = json.loads((ROOT / "fixtures" / "digests" / "dpo-rows-v1.json").read_text(encoding="utf-8"))


# ---- a reader of the page, with hashlib and json only ----


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def string(text: str) -> str:
    short = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
    return '"' + "".join(short.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in text) + '"'


def written(value: Any) -> str:
    if isinstance(value, str):
        return string(value)
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{string(key)}:{written(value[key])}" for key in keys) + "}"
    return {None: "null"}[value]


def leaf(value: Any) -> bytes:
    return sha(b"\x00" + written(value).encode())


def root(leaves: list[bytes]) -> bytes:
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha(b"")
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha(b"\x01" + root(leaves[:k]) + root(leaves[k:]))


def climb(own: bytes, index: int, n: int, path: list[bytes]) -> bytes:
    if n == 1:
        assert not path
        return own
    k = 1 << (n - 1).bit_length() - 1
    if index < k:
        return sha(b"\x01" + climb(own, index, k, path[:-1]) + path[-1])
    return sha(b"\x01" + path[-1] + climb(own, index - k, n - k, path[:-1]))


def holds(proof: dict[str, Any], expected_root: str, n: int) -> bool:
    own = bytes.fromhex(proof["leaf"])
    places = [proof[name] for name in ("place", "before", "after") if proof.get(name)]
    reached = [
        climb(bytes.fromhex(p.get("leaf", proof["leaf"])), p["index"], n, [bytes.fromhex(step) for step in p["path"]])
        for p in places
    ]
    if any(one.hex() != expected_root for one in reached) or leaf(json.loads(proof["row"])) != own:
        return False
    if proof["kind"] == "inclusion":
        return len(places) == 1
    before, after = proof["before"], proof["after"]
    gap = (before["index"] if before else -1) + 1 == (after["index"] if after else n)
    return gap and (before or {"leaf": ""})["leaf"] < proof["leaf"] < (after or {"leaf": "g"})["leaf"]


# ---- the reader, the package and the vectors agree ----


@pytest.mark.parametrize("entry", [*VECTORS["forms"], VECTORS["evidence"]], ids=lambda e: e.get("name", "evidence"))
def test_forms_and_leaves(entry: dict[str, str]) -> None:
    """Canonical bytes and leaves, by the page's reader and by the package."""
    value = json.loads(entry["input"])
    assert written(value).encode().hex() == canonical_text(value).hex() == entry["canonical"]
    assert leaf(value).hex() == entry["leaf"]
    if "name" in entry:
        assert check_form(value) is None


@pytest.mark.parametrize("dataset", VECTORS["datasets"], ids=lambda d: d["name"])
def test_roots_and_proofs(dataset: dict[str, Any]) -> None:
    """Roots of n = 0, 1, 2, 3, 5, 7, 8 rows, duplicates, and proofs both ways, by reader and package."""
    forms = {entry["name"]: json.loads(entry["input"]) for entry in VECTORS["forms"]}
    leaves = [leaf(forms[name]) for name in dataset["rows"]]
    assert root(sorted(leaves)).hex() == dataset["setRoot"]
    assert root(leaves).hex() == dataset["orderedRoot"]
    tree = OrderedTree()
    tree.extend(b"".join(leaves))
    assert tree.root().hex() == dataset["orderedRoot"]
    for kind, proof in dataset["proofs"].items():
        assert holds(proof, dataset["setRoot"], dataset["n"])
        assert check_proof(proof, dataset["setRoot"], dataset["n"]).kind == kind
        assert prove(json.loads(proof["row"]), b"".join(sorted(leaves))) == proof


def test_the_vectors_are_what_the_script_writes() -> None:
    """The committed file comes from the committed script."""
    made = runpy.run_path(str(ROOT / "fixtures" / "make_digest_vectors.py"))["vectors"]()
    assert made == VECTORS


def test_the_vectors_cover_the_hard_cases() -> None:
    """Every size at which a tree changes its shape, non-ASCII text, chats, duplicates, and what is no pair."""
    assert {0, 1, 2, 3, 5, 7, 8} <= {dataset["n"] for dataset in VECTORS["datasets"]}
    assert any(dataset["duplicates"] for dataset in VECTORS["datasets"])
    inputs = [json.loads(entry["input"]) for entry in VECTORS["forms"]]
    assert {form[0] for form in inputs} == {"dpo-row/v1", "dpo-comparison/v1"}
    assert any(isinstance(form[1], list) for form in inputs)
    assert not all(bytes.fromhex(entry["canonical"]).isascii() for entry in VECTORS["forms"])
