"""Digests of the files that a training specification names."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from audit.canonical import canonical_json

_BLOCK: Final = 1 << 20
TOKENIZER_FILES: Final = (
    *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "tokenizer.model"),
    *("vocab.json", "vocab.txt", "merges.txt", "spiece.model", "sentencepiece.bpe.model"),
    *("chat_template.jinja", "chat_template.json"),
)
"""What of a model's folder decides how text becomes tokens."""


class Unreadable(Exception):  # noqa: N818 - carries a place; the caller turns it into a UsageError that names the file
    """A named file that is not there, or not what it was said to be."""

    def __init__(self, key: str, what: str, got: str = "", expected: str = "") -> None:
        super().__init__(what)
        self.key = key
        self.what = what
        self.got = got
        self.expected = expected


def file_digest(path: Path, key: str) -> str:
    """Return the hex SHA-256 of a file.

    Raises:
        Unreadable: it cannot be read.
    """
    total = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                total.update(block)
    except OSError as fault:
        raise Unreadable(key, f"cannot be read: {fault.strerror}", path.name, "a file or folder") from fault
    except ValueError as fault:  # a NUL in the name
        raise Unreadable(key, f"is no path: {fault}", ascii(str(path)), "a file or folder") from fault
    return total.hexdigest()


def folder_digest(folder: Path, key: str) -> str:
    """Return the hex SHA-256 of a folder: of the RFC 8785 array of [relative path, file's hex SHA-256], sorted by path.

    Hidden files and folders (`.git`, `.cache`) are left out; links to files are followed, links to folders are not.

    Raises:
        Unreadable: a file cannot be read, or there is none.
    """
    found = []
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in inside.parts):
            found.append([inside.as_posix(), file_digest(path, key)])
    if not found:
        raise Unreadable(key, "the folder holds no file", folder.name, "a model's files")
    return hashlib.sha256(canonical_json(sorted(found))).hexdigest()


def tokenizer_files(path: str | None, names: Sequence[str], folder: Path) -> list[dict[str, str]]:
    """Return name and hex SHA-256 of each tokenizer file, sorted by name.

    Args:
        path: a tokenizer's file, or a folder of which the files in `TOKENIZER_FILES` are taken.
        names: further files.
        folder: what relative paths start from.

    Raises:
        Unreadable: a file cannot be read, or two have one name, or the folder holds none.
    """
    places = [(folder / name, f"tokenizer.files ({name})") for name in names]
    if path is not None:
        place = folder / path
        inside = [place / name for name in TOKENIZER_FILES if (place / name).is_file()] if place.is_dir() else [place]
        if not inside:
            raise Unreadable("tokenizer.path", "the folder holds no tokenizer file", place.name, TOKENIZER_FILES[0])
        places += [(one, "tokenizer.path") for one in inside]
    found = sorted((one.name, file_digest(one, key)) for one, key in places)
    for (name, _), (other, _) in pairwise(found):
        if name == other:
            raise Unreadable("tokenizer.files", "two files have one name", name, "distinct names")
    return [{"name": name, "sha256": sha256} for name, sha256 in found]
