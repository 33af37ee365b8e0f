"""The command line: parses, calls, prints. Commands are imported only when called, so that `--help` answers at once."""

from __future__ import annotations

import argparse
import gc
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from audit.commands.certificate_arguments import add_certificate_commands
from audit.commands.compare_arguments import add_compare_commands
from audit.commands.config_arguments import add_completion_command, add_config_arguments, add_init_command
from audit.commands.duplicates_arguments import add_duplicates_command
from audit.commands.export_arguments import add_export_command
from audit.commands.gate_arguments import add_gate_arguments, add_gate_command
from audit.commands.review_arguments import add_review_commands
from audit.commands.row_arguments import add_row_commands
from audit.commands.selftest_arguments import add_selftest_command
from audit.commands.train_arguments import add_train_command
from audit.errors import AuditError

EXIT_CODES: Final = """\
exit codes:
  0  the gate passed
  1  the gate failed: a rule failed, or what is required was inconclusive or not assessable
  2  usage or input error: nothing was judged
  3  internal error, or the audit is incomplete
  4  verification refused (certificates)
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    if argv is None:  # a process of our own
        _settle()
    arguments = build_parser().parse_args(argv)
    if arguments.command is None:
        build_parser().print_help()
        return 2
    try:
        if argv is None and arguments.command == "run":
            import_module("audit.commands.lean").make_lean()
        return int(import_module(f"audit.commands.{arguments.command.replace('-', '_')}").main(arguments))
    except AuditError as error:
        print(f"audit: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("audit: interrupted; nothing was written", file=sys.stderr)
        return 3
    except BrokenPipeError:
        # whoever read our output went away: say nothing more, and let no later flush fail
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 3
    except OSError as error:
        print(f"audit: {error.filename or 'the system'}: {error.strerror or error}", file=sys.stderr)
        return 3
    except Exception:  # Python would exit 1, which means "the gate failed": a crash must never read as a verdict
        traceback.print_exc()
        print("audit: this is a fault of the program; nothing was concluded", file=sys.stderr)
        return 3


def _settle() -> None:
    """Set what numpy and Arrow read when they load, which is later, and what the interpreter does meanwhile.

    The matrices here are small and the cores are busy with text: a second BLAS thread would only spin. Arrow's buffers
    come and go by the megabyte, which the system's allocator serves from memory that it has in hand. Hardly any garbage
    is cyclic, so it is looked for less often.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    gc.set_threshold(100_000, 20, 50)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of every command."""
    parser = argparse.ArgumentParser(
        prog="audit",
        description="Is a preference dataset fit for DPO? Measures it, judges the measures, and shows the evidence.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"dpo-audit {_version()}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_run(commands)
    add_gate_command(commands, EXIT_CODES)
    add_init_command(commands)
    add_completion_command(commands)
    _add_inspect(commands)
    add_duplicates_command(commands, _add_data)
    add_compare_commands(commands, _add_data)
    _add_rules(commands)
    _add_explain(commands)
    add_row_commands(commands, _add_data)
    add_review_commands(commands, _add_data)
    add_selftest_command(commands, _add_data)
    add_train_command(commands, _add_data)
    add_certificate_commands(commands)
    add_export_command(commands)
    return parser


def _add_evidence(run: argparse.ArgumentParser) -> None:
    """Add what a run may rest on besides the data: a commitment, a review by hand, the count of earlier looks."""
    run.add_argument("--lock", metavar="FILE", help="commitment to the rule pack, from `audit lock`, made before")
    run.add_argument(
        "--review", nargs=2, metavar=("WORKLIST", "KEY"), help="a hand review of these data, from `audit sample`"
    )
    run.add_argument("--ledger", metavar="FILE", help="counts the looks at a dataset; each spends less error")
    run.add_argument("--subject", metavar="NAME", help="what the dataset is called in the ledger")


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser(
        "run",
        help="measure and judge preference data",
        description="Measure preference data, judge the measures by a rule pack, and write the result and report.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_data(run, nargs="*")
    run.add_argument("--rules", metavar="PACK", help="rule pack: a bundled name or a TOML file (default: dpo-ready)")
    run.add_argument("--targets", metavar="FILE", help="TOML file of declared slice shares: [locale] en-US = 0.6 ...")
    run.add_argument(
        "--against",
        action="append",
        default=[],
        metavar="FILE",
        help="an evaluation set, benchmark or earlier delivery that must not be in the data; may be repeated",
    )
    run.add_argument("--no-duplicates", action="store_true", help="do not look for near duplicates and leaks")
    run.add_argument("--words", action="store_true", help="how well words tell the labels; reads 4,000 pairs again")
    run.add_argument("--waivers", metavar="FILE", help="findings that somebody answers for: [[waiver]] tables in TOML")
    _add_evidence(run)
    run.add_argument(
        "--audience",
        choices=("internal", "external"),
        help="external: no text of any row in any output, for readers who may not see the data",
    )
    add_gate_arguments(run)
    add_config_arguments(run)
    run.add_argument("--out", metavar="DIR", help="where outputs go (default: audit-out)")
    run.add_argument("--workers", type=_positive, metavar="N", help="worker threads (default: all processors)")
    run.add_argument("--cache-dir", metavar="DIR", help="where signals of unchanged files are kept")
    run.add_argument("--engine", choices=["local", "ray", "spark"], help="what files are read on")
    run.add_argument("--engine-address", metavar="ADDR", help="of an existing cluster")
    run.add_argument("--no-cache", action="store_true", help="neither read nor keep signals")
    run.add_argument("--format", choices=("text", "json"), default="text", help="what is printed on standard output")
    run.add_argument("--quiet", action="store_true", help="print the verdict only, and no progress")


def _add_inspect(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    inspect = commands.add_parser(
        "inspect",
        help="show how files would be read",
        description="Show the detected layout and why, the mapping field by field, sample rows, and what is missing.",
    )
    _add_data(inspect)
    inspect.add_argument(
        "--write-mapping", metavar="FILE", help="write the mapping here, to be edited (e.g. mapping.toml)"
    )


def _add_data(parser: argparse.ArgumentParser, nargs: str = "+") -> None:
    told = "files, folders, globs, URLs, or - for standard input"
    parser.add_argument("data", nargs=nargs, metavar="DATA", help=told)
    parser.add_argument("--mapping", metavar="FILE", help="a mapping.toml, as written by `audit inspect`")
    parser.add_argument(
        "--map", action="append", default=[], metavar="FIELD=SOURCE", help="read FIELD from SOURCE; may be repeated"
    )
    parser.add_argument("--layout", metavar="NAME", help="read by this layout instead of detecting one")


def _add_rules(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    rules = commands.add_parser("rules", help="list, show or check rule packs")
    actions = rules.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="the bundled packs")
    show = actions.add_parser("show", help="one pack's rules")
    show.add_argument("pack", help="a bundled name or a TOML file")
    check = actions.add_parser("check", help="lint a pack")
    check.add_argument("pack", help="a bundled name or a TOML file")


def _add_explain(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    explain = commands.add_parser("explain", help="the page of an auditor or a rule")
    explain.add_argument("code", help="an auditor (POS) or a rule (POS-002)")
    explain.add_argument("--rules", default="dpo-ready", metavar="PACK", help="pack to look rules up in")


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return number


def _version() -> str:
    try:
        return version("dpo-audit")
    except PackageNotFoundError:
        return "0 (not installed)"


if __name__ == "__main__":
    sys.exit(main())
