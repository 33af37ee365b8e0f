"""What the user names (files, globs, folders, URLs, `-`) to sources with unique names that hide where they lie."""

from __future__ import annotations

import glob
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from audit.errors import InputError, UsageError
from audit.read.remote import remote_places
from audit.read.saved_dataset import saved_files
from audit.read.source import Source, local_source

STDIN: Final = "-"
ENDINGS: Final = (".jsonl", ".ndjson", ".json", ".parquet", ".pq", ".arrow", ".feather", ".ipc", ".csv", ".tsv")
COMPRESSED: Final = (".gz", ".zst", ".zstd", ".bz2")
OUTPUT_FOLDER: Final = "audit-out"
"""Where the tool writes by default: never taken for data."""

_NOT_DATA: Final = re.compile(r"[._].*|(dataset_infos?|dataset_dict|state)\.json|cache-.*\.arrow|.*\.sigstore\.json")


@dataclass(frozen=True, slots=True)
class Found:
    """A local file, and the split that its folder gives it."""

    path: Path
    split: str | None = None


def is_data_name(name: str) -> bool:
    """Tell whether a file met in a folder is taken for data, by its ending."""
    return bare(name).endswith(ENDINGS) and not _NOT_DATA.fullmatch(name)


def bare(name: str) -> str:
    """Return a file name in lower case without its compression ending."""
    plain = name.lower()
    for ending in COMPRESSED:
        plain = plain.removesuffix(ending)
    return plain


def locate(names: Sequence[str]) -> list[Source]:
    """Return one source a file, sorted by name, duplicates once.

    Raises:
        InputError: when nothing is there, or it is no regular file.
        UsageError: for no name at all, or credentials in a URL.
        MissingExtraError: when a URL needs a package that is not installed.
    """
    if not names:
        raise UsageError("no data was named", fix="name files, folders, globs or URLs, or - for standard input")
    local: dict[str, Found] = {}
    remote = {}
    for name in names:
        if "://" in name and not name.startswith("file://"):
            remote.update(remote_places(name, is_data_name))
        elif name != STDIN:
            local.update((str(found.path), found) for found in _local(name.removeprefix("file://")))
    titles = _unique(_relative(list(local)) | _relative(list(remote)), is_taken="stdin" if STDIN in names else "")
    sources = [local_source(found.path, titles[key], found.split) for key, found in local.items()]
    sources += [Source(titles[key], opener) for key, opener in remote.items()]
    if STDIN in names:
        sources.append(spooled(sys.stdin.buffer))
    return sorted(sources, key=lambda source: source.name)


def spooled(stream: BinaryIO) -> Source:
    """Keep a stream in a temporary file, since rows are read twice: to measure, and to show as evidence."""
    kept = tempfile.NamedTemporaryFile(prefix="audit-stdin-")  # noqa: SIM115 - lives as long as the source
    try:
        shutil.copyfileobj(stream, kept, 1 << 20)
        kept.flush()
    except OSError as fault:
        raise InputError(f"standard input cannot be kept: {fault.strerror}", fix="name a file instead") from fault
    path = Path(kept.name)
    return Source("stdin", lambda: path.open("rb"), path, keep=kept)


def _local(name: str) -> Iterator[Found]:
    path = Path(os.path.abspath(os.path.expanduser(name)))  # noqa: PTH100, PTH111 - links must stay as they are
    if path.is_dir():
        yield from _folder(path, name)
    elif os.path.lexists(path) or not glob.has_magic(name):
        yield _regular(path, name)
    else:
        matches = [Path(match) for match in glob.glob(str(path), recursive=True)]  # noqa: PTH207 - absolute patterns
        if not matches:
            raise InputError("nothing matches", where=name, fix="check the pattern; quote it if the shell expands it")
        for match in sorted(matches):
            is_own_output = OUTPUT_FOLDER in match.parts and OUTPUT_FOLDER not in name
            if not match.is_dir() and not is_own_output:
                yield _regular(match, match.name)


def _folder(path: Path, name: str) -> Iterator[Found]:
    found = list(_walk(path))
    if not found:
        raise InputError(
            "the folder holds no data",
            where=name,
            expected=f"files ending in {', '.join(ENDINGS)}, plain or compressed",
            fix="name the files themselves",
        )
    yield from (_regular(one.path, one.path.name, one.split) for one in found)


def _regular(path: Path, name: str, split: str | None = None) -> Found:
    try:
        mode = path.stat().st_mode
    except OSError as fault:
        fix = "check the path, and that you may read it"
        raise InputError(f"the file cannot be read: {fault.strerror}", where=name, fix=fix) from fault
    if not stat.S_ISREG(mode):
        raise InputError("not a regular file", where=name, fix="pipe its content in, and name - for standard input")
    return Found(path, split)


def _walk(folder: Path, above: frozenset[tuple[int, int]] = frozenset()) -> Iterator[Found]:
    """Yield the data files of a folder in order, following links but never in a circle."""
    saved = saved_files(folder)
    if saved is not None:
        yield from (Found(path, split) for path, split in saved)
        return
    about = folder.stat()
    here = above | {(about.st_dev, about.st_ino)}
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            inner = entry.stat()
            is_circle = (inner.st_dev, inner.st_ino) in here
            if not is_circle and not entry.name.startswith(".") and entry.name != OUTPUT_FOLDER:
                yield from _walk(entry, here)
        elif is_data_name(entry.name):
            yield Found(entry)


def _relative(keys: Sequence[str]) -> dict[str, str]:
    """Return each path or URL relative to what they all have in common."""
    if not keys:
        return {}
    paths = {key: PurePosixPath("/", key.split("://")[-1].split("?")[0].replace(os.sep, "/")) for key in keys}
    common = os.path.commonpath([str(path.parent) for path in paths.values()])
    return {key: str(path.relative_to(common)) for key, path in paths.items()}


def _unique(titles: dict[str, str], is_taken: str) -> dict[str, str]:
    """Make names unique where a local file, a URL and standard input would share one."""
    taken = {is_taken}
    unique: dict[str, str] = {}
    for key in sorted(titles, key=lambda key: ("://" in key, key)):
        title = titles[key]
        while title in taken:
            title = f"{key.split('://')[0]}/{title}" if "://" in key else f"./{title}"
        taken.add(title)
        unique[key] = title
    return unique
