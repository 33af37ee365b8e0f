"""Splits and files: what must not be on both sides of a split, and what a file's name says of its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import Final

import numpy as np

from audit.lineage.fields import is_placeholder
from audit.signals import Bools, Ints, Signals, key_matrix

TRAIN, HELD_OUT = "train", "held out"
_WORDS: Final = {
    **dict.fromkeys(("train", "training", "trn"), TRAIN),
    **dict.fromkeys(("eval", "evaluation", "test", "dev", "valid", "validation", "val"), HELD_OUT),
    **dict.fromkeys(("heldout", "holdout", "protected"), HELD_OUT),
}
_UNUSED: Final = frozenset(("excluded", "unused", "dropped", "discarded", "removed", "rejected", "none", "all"))
_LOCALE: Final = re.compile(r"[a-z]{2,3}-([a-z]{2}|\d{3})")


def purpose(name: str) -> str | None:
    """Return TRAIN or HELD_OUT as the words of a name say; None when they say neither, or both."""
    said = {_WORDS[word] for word in re.split(r"[^a-z0-9]+", name.lower()) if word in _WORDS}
    return said.pop() if len(said) == 1 else None


def split_codes(signals: Signals) -> Ints:
    """Return each comparison's split by number, -1 where it is in none: not recorded, a placeholder, or left out."""
    codes, values = signals.codes("split")
    is_used = [not is_placeholder(v) and v.strip().lower() not in _UNUSED for v in values]
    return np.array([i if used else -1 for i, used in enumerate(is_used)] + [-1], dtype=np.int64)[codes]


def in_several(members: Ints, parts: Ints) -> Bools:
    """Return which units belong to a group whose units are in more than one part; shape (n,).

    Args:
        members: group of each unit, from 0.
        parts: part of each unit, negative for none.
    """
    used = parts >= 0
    if not used.any():
        return np.zeros(len(members), dtype=np.bool_)
    width = int(parts.max()) + 1
    groups = np.unique(members[used] * width + parts[used]) // width
    several = np.bincount(groups, minlength=int(members.max(initial=0)) + 1) > 1
    return np.asarray(several[members] & used)


def leaks(signals: Signals) -> Bools | None:
    """Return the comparisons whose prompt or conversation is in several splits; None where splits are not recorded."""
    keys = [name for name in ("prompt_key", "conversation_key") if signals.has(name)]
    if not signals.has("split") or not keys:
        return None
    parts = split_codes(signals)
    found = np.zeros(signals.comparisons, dtype=np.bool_)
    for name in keys:
        found |= in_several(signals.groups(name), parts)
    return found


def trained_held_out(signals: Signals) -> Bools | None:
    """Return the held-out comparisons that a run lists as used; None where runs or splits are not recorded."""
    if not signals.has("split", "runs"):
        return None
    codes, values = signals.codes("split")
    held = np.array([purpose(value) == HELD_OUT for value in values] + [False], dtype=np.bool_)[codes]
    return np.asarray(held & (signals.codes("runs")[0] >= 0))


def misfiled(signals: Signals) -> Bools:
    """Return the comparisons whose split or locale is not the one that their file's path names."""
    found = np.zeros(signals.comparisons, dtype=np.bool_)
    file = signals.ints("file")
    if signals.has("split"):
        found |= _contradicts(signals, "split", file, [purpose(name) for name in signals.files], purpose)
    if signals.has("locale"):
        found |= _contradicts(signals, "locale", file, [_path_locale(name) for name in signals.files], _tag)
    return found


def _contradicts(signals: Signals, column: str, file: Ints, said: Sequence[str | None], meaning: object) -> Bools:
    read = meaning if callable(meaning) else str
    codes, values = signals.codes(column)
    meanings = [read(value) for value in values] + [None]
    names = {name: i for i, name in enumerate(sorted({m for m in [*meanings, *said] if m is not None}))}
    own = np.array([-1 if m is None else names[m] for m in meanings], dtype=np.int64)[codes]
    told = np.array([-1 if m is None else names[m] for m in said], dtype=np.int64)[file]
    return np.asarray((own >= 0) & (told >= 0) & (own != told))


def _tag(value: str) -> str | None:
    tag = value.strip().lower().replace("_", "-")
    return tag if _LOCALE.fullmatch(tag) else None


def _path_locale(name: str) -> str | None:
    """Return the one language and region that stands as a folder or as the file's name."""
    parts = [part.split(".", 1)[0] for part in PurePosixPath(name.replace("\\", "/")).parts]
    tags = {tag for tag in map(_tag, parts) if tag is not None}
    return tags.pop() if len(tags) == 1 else None


def same_files(signals: Signals) -> list[tuple[str, ...]]:
    """Return the groups of files that hold the same comparisons with the same labels, in whatever order."""
    if len(signals.files) < 2 or not signals.comparisons:
        return []
    keys, file = key_matrix(signals.load("ordered_key")), signals.ints("file")
    label = signals.ints("label") if signals.has("label") else np.zeros(len(file), dtype=np.int64)
    order = np.lexsort((label, keys[:, 1], keys[:, 0], file))
    keys, label = keys[order], label[order]
    ends = np.searchsorted(file[order], np.arange(len(signals.files) + 1))
    groups: dict[bytes, list[str]] = {}
    for name, start, end in zip(signals.files, ends[:-1], ends[1:], strict=True):
        if end > start:
            content = blake2b(keys[start:end].tobytes(), digest_size=16)
            content.update(label[start:end].tobytes())
            groups.setdefault(content.digest(), []).append(name)
    return sorted(tuple(sorted(names)) for names in groups.values() if len(names) > 1)
