"""`audit verify`: one line a check, and the first reason to refuse."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from audit.certificate.clock import wall_time
from audit.certificate.data import open_as_recorded, recorded_lock, recorded_waivers, recorded_ways, single_way
from audit.certificate.keys import read_public
from audit.certificate.question import Beside
from audit.certificate.rows import RowDigests, digest_rows
from audit.certificate.shape import Shape
from audit.certificate.strict_json import MOST_BYTES
from audit.certificate.trust import NONCE, load_trust
from audit.certificate.verifying import Status, Verification, verify_bundle
from audit.choices import Choices
from audit.commands.settings import default_spec
from audit.commands.sign import outputs_beside
from audit.engine.local import silent
from audit.errors import UsageError
from audit.files import read_file
from audit.ledger import Look
from audit.pipeline import run_audit
from audit.reading import Selection
from audit.report.safe import visible
from audit.review.draw import draw
from audit.review.record import ReviewFiles
from audit.review.reviewing import draw_digest
from audit.targets import load_targets
from audit.training import load_spec

REFUSED: Final = 4
MARKS: Final = {Status.PASSED: "ok    ", Status.NOTED: "note  ", Status.FAILED: "REFUSE"}


def main(arguments: Namespace) -> int:
    """Verify a certificate; return 0 when a trust policy accepts it, else 4."""
    selection = Selection.of(arguments.mapping, arguments.map, arguments.layout)
    beside = _beside(arguments)
    bundle = read_file(arguments.bundle, most=MOST_BYTES + 1)
    known: list[RowDigests] = []  # computed once, and only when the signature holds

    def rows(predicate: Mapping[str, Any]) -> RowDigests:
        if not known:
            known.append(digest_rows(open_as_recorded(arguments.data, recorded_ways(predicate), selection)))
        return known[0]

    def verify() -> Verification:
        return verify_bundle(bundle, trust, rows, spec, now=wall_time(), key=key, beside=beside)

    trust = load_trust(Path(arguments.trust)) if arguments.trust else None
    spec = load_spec(Path(named)) if (named := default_spec(arguments.spec)) else None
    key = read_public(Path(arguments.key)) if arguments.key else None
    found = verify()
    if found.predicate is not None:
        again = _again(arguments, found.predicate, selection)
        if again:
            beside = replace(beside, **again)
            found = verify()
    _show(found, is_json=arguments.format == "json")
    return 0 if found.accepted else REFUSED


def _again(arguments: Namespace, predicate: Mapping[str, Any], selection: Selection) -> dict[str, Any]:
    """Return what is computed again from the data, once the signature holds: the draw of the review, and the audit."""
    found: dict[str, Any] = {}
    told = predicate.get("sampling")
    if told is not None:
        found["redrawn"] = _redrawn(arguments, predicate, selection)
    if arguments.replay:
        found["replayed"] = _replay(arguments, predicate, selection)
    return found


def _redrawn(arguments: Namespace, predicate: Mapping[str, Any], selection: Selection) -> str:
    told = Shape.of(predicate["sampling"], "predicate.sampling")
    nonce, size = bytes.fromhex(told.matching("buyerNonce", NONCE, "hex digits")), told.whole("size")
    readings = open_as_recorded(arguments.data, recorded_ways(predicate), selection)
    try:
        return draw_digest(draw(readings, nonce, size, by=told.maybe_text("by") or "", progress=silent))
    except UsageError as fault:  # other data may hold nothing to draw from: a refusal, not an error of use
        return fault.what


def _replay(arguments: Namespace, predicate: Mapping[str, Any], selection: Selection) -> dict[str, Any]:
    """Run the certified audit again on the data at hand."""
    chosen = selection if selection != Selection() else single_way(recorded_ways(predicate))
    rules = arguments.rules or predicate["policy"]["packs"][0]["name"]
    choices = Choices(
        targets=load_targets(Path(arguments.targets)) if arguments.targets else None,
        against=tuple(arguments.against),
        duplicates=not arguments.no_duplicates,
        words=arguments.words,
        waivers=recorded_waivers(predicate),
        lock=recorded_lock(predicate),
        look=None if arguments.look is None else Look("", arguments.look, ""),
        review=ReviewFiles(*arguments.review) if arguments.review else None,
    )
    return run_audit(arguments.data, selection=chosen, rules=rules, choices=choices).document


def _beside(arguments: Namespace) -> Beside:
    folder = Path(arguments.beside) if arguments.beside else Path(arguments.bundle).parent
    outputs = outputs_beside(folder)
    if (folder / "result.json").is_file():
        outputs["result.json"] = (folder / "result.json").read_bytes()
    return Beside(
        outputs=outputs,
        previous=tuple(read_file(name) for name in arguments.previous),
        lock=read_file(arguments.lock) if arguments.lock else None,
        log=read_file(arguments.log) if arguments.log else None,
    )


def _show(found: Verification, *, is_json: bool) -> None:
    if is_json:
        sys.stdout.write(json.dumps(found.to_json(), indent=2) + "\n")
        return
    for check in found.checks:
        first, *more = visible(check.detail).splitlines() or [""]
        sys.stdout.write(f"{MARKS[check.status]}  {check.name:10} {first}\n")
        sys.stdout.writelines(f"{'':20}{line}\n" for line in more)
    sys.stdout.write("ACCEPTED\n" if found.accepted else f"REFUSED: {visible(found.reason or '')}\n")
