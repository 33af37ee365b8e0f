"""`audit review`: reads verdicts back and judges the lot."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from audit.errors import UsageError
from audit.read.open import open_sources
from audit.reading import Selection, bind
from audit.report.progress import Progress
from audit.report.safe import one_line
from audit.review.acceptance import Acceptance, Share, accept
from audit.review.queue import told
from audit.review.reviewing import check_drawn, read_key, verdicts_of
from audit.review.worklist import KEY_SCHEMA, QUEUE_SCHEMA
from audit.stats.lots import Reviewer


def main(arguments: Namespace) -> int:
    """Print the acceptance; 0 passed, 1 failed or undecided."""
    if not 0 <= arguments.limit <= 1:
        raise UsageError("no such share", where="--limit", got=str(arguments.limit), expected="0 to 1")
    key = read_key(arguments.key, (KEY_SCHEMA, QUEUE_SCHEMA))
    if key["schema"] == QUEUE_SCHEMA:
        sys.stdout.write(told(accept(key, verdicts_of(key, arguments.verdicts), 1.0)))
        return 0
    if arguments.sequential and key["by"]:
        raise UsageError("a stratified draw has no bounds that allow to stop early", fix="leave out --sequential")
    verdicts = verdicts_of(key, arguments.verdicts)
    if arguments.data:
        _check_drawn(key, arguments)
    found = accept(
        key, verdicts, arguments.limit, reviewer=_reviewer(arguments.reviewers), is_sequential=arguments.sequential
    )
    lines = _as_json(found) if arguments.format == "json" else _as_text(found, key, is_checked=bool(arguments.data))
    sys.stdout.write(lines)
    return 0 if found.verdict == "pass" else 1


def _check_drawn(key: Mapping[str, Any], arguments: Namespace) -> None:
    selection = Selection.of(arguments.mapping, (), arguments.layout)
    readings = [bind(container, selection) for container in open_sources(arguments.data)]
    with Progress(quiet=arguments.quiet) as progress:
        check_drawn(key, readings, arguments.key, progress)


def _reviewer(values: list[float] | None) -> Reviewer | None:
    if values is None:
        return None
    sensitivity, faulty, specificity, sound = values
    reviewer = Reviewer(sensitivity, specificity, int(faulty), int(sound))
    if not (0 <= sensitivity <= 1 and 0 <= specificity <= 1 and reviewer.skill > 0 and faulty >= 1 and sound >= 1):
        raise UsageError(
            "no such reviewers",
            where="--reviewers",
            got=" ".join(f"{value:g}" for value in values),
            expected="two shares with a sum above 1, each with at least 1 unit",
        )
    return reviewer


def _as_json(found: Acceptance) -> str:
    told = {
        "verdict": found.verdict,
        "limit": found.limit,
        "wrong": found.wrong.to_json(),
        "unusable": found.unusable.to_json(),
        "strata": [share.to_json() for share in found.strata],
        "corrected": found.corrected,
        "any_time": found.sequential,
        "judged": found.judged,
        "open": found.open,
        "differing": found.differing,
        "judged_twice": found.double_judged,
        "agreed": found.agreed,
    }
    return json.dumps(told, indent=1) + "\n"


def _as_text(found: Acceptance, key: Mapping[str, Any], *, is_checked: bool) -> str:
    lines = [_line(share) for share in (found.wrong, found.unusable, *found.strata)]
    if found.corrected is not None:
        share, low, high = found.corrected
        lines.append(f"wrong labels, corrected for the reviewers: {share:.2%}, {low:.2%} to {high:.2%} (delta method)")
    if found.sequential is not None:
        low, high = found.sequential
        lines.append(f"wrong labels, whenever the review stops: {low:.2%} to {high:.2%}")
    lines.append(f"{found.judged} judged, {found.open} open (of them {found.differing} with reviewers that differ)")
    if found.double_judged:
        lines.append(f"judged twice: {found.double_judged}, alike {found.agreed / found.double_judged:.1%}")
    lines.append("the draw was repeated from the data: the same" if is_checked else "the draw was not checked: --data")
    lines.append(f"set root {key['set_root']}")
    lines.append(f"REVIEW: {found.verdict.upper()} (at most {found.limit:.2%} wrong labels; each bound at 95%)")
    return "".join(one_line(line) + "\n" for line in lines)


def _line(share: Share) -> str:
    estimate = f"{share.value:.2%}" if share.n else "-"
    return (
        f"{share.name}: {estimate}, {share.low:.2%} to {share.high:.2%} of {share.lot:,} "
        f"({share.found} of {share.n} judged; {share.method})"
    )
