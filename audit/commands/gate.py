"""`audit gate`: a saved result as a gate."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from audit.errors import UsageError
from audit.gate.formats import parse_outputs, write_formats
from audit.gate.problems import FailOn, exit_code, is_warning, problems
from audit.report.document import VERDICT_WORDS, Document
from audit.saved import read_current


def main(arguments: Namespace) -> int:
    """Write what was asked for, print one line, and return the gate's exit code."""
    gate = Gate(arguments)
    document = read_current(Path(arguments.result))
    found = problems(document)
    stopping, looked_at = sum(p.stops for p in found), sum(is_warning(p) for p in found)
    word = VERDICT_WORDS[document["verdict"]].lower()
    sys.stdout.write(f"{word} ({document['level']}): {stopping} findings stop the gate, {looked_at} to look at\n")
    return gate.deliver(document)


class Gate:
    """What the command line asks of a gate, checked before anything is measured."""

    def __init__(self, arguments: Namespace) -> None:
        self.outputs = parse_outputs(arguments.output)
        self.baseline = read_current(Path(arguments.baseline)) if arguments.baseline else None
        self.fail_on = FailOn(arguments.fail_on or "fail")
        if self.fail_on is FailOn.NEW and self.baseline is None:
            raise UsageError("nothing is new without a baseline", where="--fail-on new", fix="give --baseline RESULT")

    def deliver(self, document: Document) -> int:
        """Write the outputs, then return the exit code: reports are there whatever it is."""
        write_formats(document, self.outputs, self.baseline)
        return exit_code(document, self.fail_on, self.baseline)
