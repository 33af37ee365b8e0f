"""Command-line arguments of `audit train`."""

from __future__ import annotations

import argparse
from collections.abc import Callable

Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse gives the type of `add_subparsers` no other name


def add_train_command(commands: Commands[argparse.ArgumentParser], add_data: Callable[..., None]) -> None:
    """Add `train`.

    Args:
        commands: where to.
        add_data: adds DATA and how it is read.
    """
    parser = commands.add_parser(
        "train",
        help="train a model by a specification (extra dpo)",
        description="Train the policy of a training.toml on preference data; write model, log.jsonl and lineage.json.",
        epilog="exit codes: 0 trained, 2 usage or input error, 3 diverged or internal error, 4 certificate refused",
    )
    add_data(parser)
    parser.add_argument("--spec", required=True, metavar="FILE", help="training.toml: objective, lengths, models")
    parser.add_argument("--out", required=True, metavar="DIR", help="where model, log and lineage go")
    parser.add_argument("--lr", type=float, default=1e-6, metavar="X", help="learning rate at its top (default: 1e-6)")
    parser.add_argument("--epochs", type=int, default=1, metavar="N", help="passes over the pairs (default: 1)")
    parser.add_argument("--batch", type=int, default=16, metavar="N", help="pairs a step (default: 16)")
    parser.add_argument("--micro", type=int, default=4, metavar="N", help="pairs read at once (default: 4)")
    parser.add_argument("--adapt", default="full", metavar="HOW", help="full, last:K blocks or lora:R (default: full)")
    parser.add_argument("--warmup", type=float, default=0.0, metavar="X", help="share of steps with a rising rate")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the order and LoRA's start (default: 0)")
    parser.add_argument("--device", default="cpu", metavar="NAME", help="cpu or cuda (default: cpu)")
    parser.add_argument("--checkpoint-every", type=int, default=0, metavar="N", help="steps (default: never)")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in DIR")
    parser.add_argument("--certificate", metavar="FILE", help="refuse to train unless it binds these data and settings")
    parser.add_argument("--trust", metavar="FILE", help="trust policy that the certificate is checked by")
    parser.add_argument("--require-certificate", action="store_true", help="refuse to train without a certificate")
    parser.add_argument("--quiet", action="store_true", help="no progress")
