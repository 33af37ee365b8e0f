"""The main job of `audit derive`: choose, split, write, and account for every row in derive.json."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from audit.assembly import tool_version
from audit.derive.choosing import REASONS, Choice, choose
from audit.derive.pairs import derived_mapping
from audit.derive.price import Price
from audit.derive.splitting import split_clusters
from audit.derive.writing import Written, write_derived
from audit.duplicates.leakage import Corpus, Found
from audit.pipeline import Options
from audit.read.mapping_toml import mapping_toml
from audit.report.atomic import write_atomically
from audit.report.jsonfile import dump_document

SCHEMA: Final = "https://dpo-audit.dev/derive/v1"
ACCOUNT: Final = "derive.json"
MAPPING: Final = "mapping.toml"


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a derived set is to be written."""

    shares: Mapping[str, float]
    """Share of the clusters of prompts by split."""
    seed: int = 0
    by_votes: bool = False
    """Weights from the votes instead of the recorded ones alone."""
    keep_unsupported: bool = False
    """Keep shipped labels that votes do not support, or that have none."""
    bare: bool = False
    """Only what is trained on, nothing else that is recorded."""
    parquet: bool = False
    price: Price | None = None


def derive(data: Corpus, out: Path, wishes: Wishes, options: Options, leaks: Sequence[Found] = ()) -> dict[str, Any]:
    """Write the training set that the data allow, with quarantine, mapping and account; return the account.

    Args:
        data: with the columns of near duplicates and leaks.
        out: the folder to write to; made if it is not there.
        wishes: how.
        options: workers.
        leaks: what stands in each protected set.

    Raises:
        IncompleteError: a file changed meanwhile.
    """
    out.mkdir(parents=True, exist_ok=True)
    options.progress("choosing pairs", 0, None)
    choice = choose(data.signals, keep_unsupported=wishes.keep_unsupported)
    choice = choice.by_votes() if wishes.by_votes else choice
    placed = split_clusters(data.signals, choice.prompts, choice.kept, wishes.shares, wishes.seed)
    options.progress("writing pairs", 0, None)
    written = write_derived(
        data,
        choice,
        placed,
        list(wishes.shares),
        out,
        leaks=leaks,
        bare=wishes.bare,
        parquet=wishes.parquet,
        workers=options.workers,
    )
    mapping = mapping_toml(derived_mapping(written.columns, written.judged), ["How `audit derive` wrote these pairs"])
    write_atomically(out / MAPPING, mapping.encode())
    account = _account(data, choice, placed, written, wishes, sorted(leak.name for leak in leaks))
    stale = _written_before(out) - written.files.keys()
    write_atomically(out / ACCOUNT, dump_document(account))
    for name in stale:
        (out / name).unlink(missing_ok=True)
    return account


def _written_before(out: Path) -> set[str]:
    """Return the files that an earlier account in the folder names: those that this run does not write have to go."""
    try:
        account = json.loads((out / ACCOUNT).read_bytes())
        if account["schema"] != SCHEMA:
            return set()
        return {file["name"] for file in account["files"] if Path(file["name"]).name == file["name"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _account(
    data: Corpus, choice: Choice, placed: np.ndarray, written: Written, wishes: Wishes, against: Sequence[str]
) -> dict[str, Any]:
    signals, kept = data.signals, int(choice.kept.sum())
    clusters = [len(np.unique(choice.prompts[placed == number])) for number in range(len(wishes.shares))]
    rejected = sum(signals.rejects.values())
    return {
        "schema": SCHEMA,
        "tool": {"name": "dpo-audit", "version": tool_version()},
        "inputs": [{"name": reading.name, "sha256": reading.container.digest()} for reading in data.readings],
        "against": list(against),
        "form": written.form or None,
        "made_messages": written.made_messages,
        "rows": {"read": signals.read, "accepted": signals.read - rejected, "rejected": rejected},
        "comparisons": signals.comparisons,
        "kept": kept,
        "quarantined": signals.comparisons - kept,
        "reasons": [
            {"reason": name, "meaning": REASONS[name], "comparisons": count} for name, count in choice.counts().items()
        ],
        "unreadable": dict(sorted(written.unreadable.items())),
        "labels_from_votes": int((choice.kept & _unlabelled(data)).sum()),
        "without_votes": int((choice.kept & (choice.votes == 0)).sum()),
        "outvoted": int((choice.kept & (choice.support < 0.5)).sum()),
        "splits": [
            {"name": name, "share": share, "pairs": written.splits[name], "clusters": count}
            for (name, share), count in zip(wishes.shares.items(), clusters, strict=True)
        ],
        "weights": "votes" if wishes.by_votes else "recorded",
        "seed": wishes.seed,
        "files": [{"name": name, "sha256": sha256} for name, sha256 in written.files.items()],
        "price": wishes.price.told(signals.read, kept) if wishes.price else None,
    }


def _unlabelled(data: Corpus) -> np.ndarray:
    signals = data.signals
    label = signals.ints("label") if signals.has("label") else np.zeros(signals.comparisons, np.int64)
    return np.asarray(label == 0)
