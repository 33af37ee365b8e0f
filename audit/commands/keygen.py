"""`audit keygen`: make a signing key."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from audit.certificate.keys import SigningKey, write_keys
from audit.commands.passphrase import new_passphrase


def main(arguments: Namespace) -> int:
    """Make a key, write both halves and print the public one's name."""
    key = SigningKey.generate(arguments.type)
    secret = None if arguments.no_passphrase else new_passphrase(arguments.passphrase_file)
    private, public = write_keys(Path(arguments.out), key, secret)
    locked = "not encrypted" if secret is None else "encrypted"
    sys.stdout.write(f"private key: {private} ({locked}; keep it)\npublic key:  {public} (hand it out)\n")
    sys.stdout.write(f"keyid:       {key.public.keyid}\n")
    return 0
