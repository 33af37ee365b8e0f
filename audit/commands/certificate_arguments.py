"""Arguments of the certificate commands; imports nothing heavy, for `audit --help` reads it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Final

Add = Callable[..., argparse.ArgumentParser]

RESULT: Final = "result.json of an audit, or the folder that holds it"
DATA: Final = "the audited files, folders, globs or URLs"


def add_certificate_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add waive, keygen, sign, verify, status, lock and log."""
    _waive(commands.add_parser)
    _keygen(commands.add_parser)
    _sign(commands.add_parser)
    _verify(commands.add_parser)
    _status(commands.add_parser)
    _lock(commands.add_parser)
    _log(commands.add_parser)


def _waive(add: Add) -> None:
    waive = add(
        "waive",
        help="write a waiver of one finding",
        description="Print a [[waiver]] table for one finding of a result: its scope are the files audited, its "
        "ceiling the estimate found. Read it, have it approved, and keep it in the file of `audit run --waivers`.",
    )
    waive.add_argument("result", metavar="RESULT", help=RESULT)
    waive.add_argument("rule", metavar="RULE", help="id of the rule, such as BAL-001")
    waive.add_argument("--slice", metavar="COLUMN=VALUE", help="the slice that failed (default: the whole)")
    waive.add_argument("--owner", required=True, metavar="NAME", help="who answers for it")
    waive.add_argument("--approver", required=True, metavar="NAME", help="who agrees: another person")
    waive.add_argument("--reason", required=True, metavar="TEXT", help="why the data may be used all the same")
    waive.add_argument("--days", type=int, default=90, metavar="N", help="how long, at most 180 (default: 90)")
    waive.add_argument("--ceiling", metavar="NUMBER", help="worst estimate that it covers (default: the one found)")
    waive.add_argument("--id", metavar="ID", help="name of the waiver (default: made of date and rule)")


def _keygen(add: Add) -> None:
    keygen = add("keygen", help="make a signing key", description="Make a signing key: audit.key and audit.pub.")
    keygen.add_argument("--out", required=True, metavar="DIR", help="folder for both files; nothing is overwritten")
    keygen.add_argument("--type", choices=("p256", "ed25519"), default="p256", help="kind of key (default: p256)")
    _passphrase(keygen)
    keygen.add_argument("--no-passphrase", action="store_true", help="leave the key open to whoever can read the file")


def _sign(add: Add) -> None:
    sign = add(
        "sign",
        help="sign a result: a certificate, or a refusal",
        description="Hash the data again, bind the result to them and sign it. An audit that did not pass is signed as "
        "a refusal, never as a certificate, and the exit code is then 1.",
    )
    sign.add_argument("result", metavar="RESULT", help=RESULT)
    sign.add_argument("--data", nargs="+", required=True, metavar="DATA", help=DATA)
    _key(sign)
    sign.add_argument("--out", metavar="DIR", help="where bundles go (default: beside RESULT)")
    sign.add_argument("--spec", metavar="FILE", help="training.toml: bind the certificate to this training")
    sign.add_argument("--issuer", default="unnamed", metavar="NAME", help="who signs, for people")
    sign.add_argument("--contact", metavar="TEXT", help="where the issuer is reached")
    sign.add_argument("--role", choices=("self", "buyer", "independent"), default="self", help="(default: self)")
    sign.add_argument("--expires-days", type=int, default=180, metavar="N", help="(default: 180)")
    sign.add_argument("--resource", metavar="URI", help="what is certified (default: a URN of the rows)")
    sign.add_argument("--dataset-name", metavar="NAME", help="what the certificate calls the dataset")
    sign.add_argument("--dataset-version", metavar="VERSION", help="which version of it")
    sign.add_argument("--supersedes", metavar="BUNDLE", help="the certificate that this one replaces")
    sign.add_argument("--lock", metavar="FILE", help="commitment to the rule pack, from `audit lock`")
    sign.add_argument("--log", metavar="FILE", help="issuer log to append to")
    sign.add_argument("--status-uri", metavar="URI", help="where the status list will be found")


def _verify(add: Add) -> None:
    verify = add(
        "verify",
        help="verify a certificate against data",
        description="Verify a certificate: one line a check, and the first reason to refuse. Exit code 0 only when a "
        "trust policy accepts it; 4 otherwise.",
    )
    verify.add_argument("bundle", metavar="BUNDLE", help="certificate.sigstore.json")
    verify.add_argument("--data", nargs="+", required=True, metavar="DATA", help="the data at hand")
    verify.add_argument("--trust", metavar="FILE", help="trust.toml: whose certificates count, and for what")
    verify.add_argument("--key", metavar="FILE", help="public key, to check the signature alone")
    verify.add_argument("--spec", metavar="FILE", help="training.toml of the training about to start")
    verify.add_argument("--beside", metavar="DIR", help="folder of result.json and reports (default: that of BUNDLE)")
    verify.add_argument("--previous", nargs="+", default=[], metavar="BUNDLE", help="replaced ones, newest first")
    verify.add_argument("--lock", metavar="FILE", help="the policy lock, as it was handed over before the audit")
    verify.add_argument("--log", metavar="FILE", help="the issuer's log, as published")
    verify.add_argument("--replay", action="store_true", help="run the audit again and compare every measure")
    verify.add_argument("--rules", metavar="PACK", help="rule pack of the replay (default: the certified name)")
    verify.add_argument("--targets", metavar="FILE", help="declared slice shares of the replay")
    verify.add_argument(
        "--against", action="append", default=[], metavar="FILE", help="protected set of the replay; may be repeated"
    )
    verify.add_argument("--no-duplicates", action="store_true", help="the certified run did not look for duplicates")
    verify.add_argument("--words", action="store_true", help="the certified run held out a bag of words")
    verify.add_argument("--look", type=int, metavar="K", help="the certified run was look K of a ledger")
    verify.add_argument(
        "--review", nargs=2, metavar=("WORKLIST", "KEY"), help="hand review of the replay, as the audit had it"
    )
    verify.add_argument("--mapping", metavar="FILE", help="how the data are read (default: as certified)")
    verify.add_argument("--map", action="append", default=[], metavar="FIELD=SOURCE", help="may be repeated")
    verify.add_argument("--layout", metavar="NAME", help="read by this layout")
    verify.add_argument("--format", choices=("text", "json"), default="text", help="what is printed")


def _status(add: Add) -> None:
    status = add(
        "status",
        help="write the signed list of what no longer holds",
        description="Write a signed status list, or the next one after FILE, and refuse certificates or keys by it.",
    )
    _key(status)
    status.add_argument("--out", required=True, metavar="FILE", help="the list; extended when it is there")
    for name in ("revoke", "suspend"):
        status.add_argument(f"--{name}", action="append", default=[], metavar="ID", help="certificate id or keyid")
    status.add_argument("--supersede", action="append", default=[], metavar="ID", help="replaced by a newer one")
    status.add_argument("--reason", metavar="TEXT", help="for the entries added")
    status.add_argument("--next-days", type=int, default=30, metavar="N", help="the next list comes within N days")


def _lock(add: Add) -> None:
    lock = add(
        "lock",
        help="commit to a rule pack before the audit",
        description="Sign the digest of a rule pack. Hand the file over before the audit: then nobody can say that "
        "limits were chosen after the result was seen.",
    )
    lock.add_argument("pack", metavar="PACK", help="a bundled name or a TOML file")
    _key(lock)
    lock.add_argument("--out", required=True, metavar="FILE", help="the commitment; nothing is overwritten")


def _log(add: Add) -> None:
    log = add("log", help="check an issuer's log")
    actions = log.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("check", help="compute every root of a log again")
    check.add_argument("file", metavar="FILE")
    check.add_argument("--since", metavar="SIZE:ROOT", help="the head that you noted earlier")


def _key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--key", required=True, metavar="FILE", help="private key, PKCS#8 PEM")
    parser.add_argument("--verifier", metavar="URI", help="id of the signing service (default: a URN of the key)")
    _passphrase(parser)


def _passphrase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file",
        metavar="FILE",
        help="first line is the passphrase (default: the variable AUDIT_KEY_PASSPHRASE, else a prompt)",
    )
