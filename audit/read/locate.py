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
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final, cast
from urllib.parse import urlsplit

from audit.errors import InputError, MissingExtraError, UsageError
from audit.read.source import Source, local_source

STDIN: Final = "-"
ENDINGS: Final = (
    ".jsonl",
    ".ndjson",
    ".json",
    ".parquet",
    ".pq",
    ".arrow",
    ".feather",
    ".ipc",
    ".csv",
    ".tsv",
)
COMPRESSED: Final = (".gz", ".zst", ".zstd", ".bz2")
OUTPUT_FOLDER: Final = "audit-out"
"""Where the tool writes by default: never taken for data."""

_NOT_DATA: Final = re.compile(r"[._].*|(dataset_infos?|dataset_dict|state)\.json|cache-.*\.arrow")
_EXTRAS: Final = {
    "s3": ("s3fs", "s3"),
    "s3a": ("s3fs", "s3"),
    "gs": ("gcsfs", "gcs"),
    "gcs": ("gcsfs", "gcs"),
    "hf": ("huggingface_hub", "hub"),
}


def is_data_name(name: str) -> bool:
    """Tell whether a file met in a folder is taken for data, by its ending."""
    plain = name.lower()
    for ending in COMPRESSED:
        plain = plain.removesuffix(ending)
    return plain.endswith(ENDINGS) and not _NOT_DATA.fullmatch(name)


def locate(names: Sequence[str]) -> list[Source]:
    """Return one source a file, sorted by name, duplicates once.

    Raises:
        InputError: when nothing is there, or it is no regular file.
        UsageError: for no name at all, or credentials in a URL.
        MissingExtraError: when a URL needs a package that is not installed.
    """
    if not names:
        raise UsageError("no data was named", fix="name files, folders, globs or URLs, or - for standard input")
    places: dict[str, Path | tuple[Any, str] | None] = {}
    for name in names:
        if name == STDIN:
            places[STDIN] = None
        elif "://" in name and not name.startswith("file://"):
            places.update(_remote(name))
        else:
            places.update((str(path), path) for path in _local(name.removeprefix("file://")))
    titles = _titles(list(places))
    sources = [_source(titles[key], place) for key, place in places.items()]
    return sorted(sources, key=lambda source: source.name)


def _source(name: str, place: Path | tuple[Any, str] | None) -> Source:
    if place is None:
        return _spooled(sys.stdin.buffer)
    if isinstance(place, Path):
        return local_source(place, name)
    system, path = place
    return Source(name, lambda: cast("BinaryIO", system.open(path, "rb")))


def _spooled(stream: BinaryIO) -> Source:
    """Keep standard input in a temporary file, since rows are read twice: to measure, and to show as evidence."""
    kept = tempfile.NamedTemporaryFile(prefix="audit-stdin-")  # noqa: SIM115 - lives as long as the source
    shutil.copyfileobj(stream, kept, 1 << 20)
    kept.flush()
    path = Path(kept.name)
    return Source("stdin", lambda: path.open("rb"), path, kept)


def _local(name: str) -> Iterator[Path]:
    path = Path(os.path.abspath(os.path.expanduser(name)))  # noqa: PTH100, PTH111 - symlinks must stay as they are
    if path.is_dir():
        found = [inner for inner in _walk(path) if inner.is_file()]
        if not found:
            raise InputError(
                "the folder holds no data",
                where=name,
                expected=f"files ending in {', '.join(ENDINGS)}, plain or compressed",
                fix="name the files themselves",
            )
        yield from found
    elif path.exists() or path.is_symlink() or not glob.has_magic(name):
        yield _regular(path, name)
    else:
        matches = [Path(match) for match in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207 - absolute patterns
        if not matches:
            raise InputError("nothing matches", where=name, fix="check the pattern; quote it if the shell expands it")
        for match in matches:
            if match.is_dir():
                yield from (inner for inner in _walk(match) if inner.is_file())
            else:
                yield _regular(match, name)


def _regular(path: Path, name: str) -> Path:
    try:
        mode = path.stat().st_mode
    except OSError as fault:
        raise InputError(
            f"the file cannot be read: {fault.strerror}",
            where=name,
            fix="check the path, and that you may read it",
        ) from fault
    if not stat.S_ISREG(mode):
        raise InputError("not a regular file", where=name, fix="pipe its content to `audit run -`")
    return path


def _walk(folder: Path, above: frozenset[tuple[int, int]] = frozenset()) -> Iterator[Path]:
    """Yield the data files of a folder in order, following links but never in a circle."""
    about = folder.stat()
    here = above | {(about.st_dev, about.st_ino)}
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            inner = entry.stat()
            is_circle = (inner.st_dev, inner.st_ino) in here
            if not is_circle and not entry.name.startswith(".") and entry.name != OUTPUT_FOLDER:
                yield from _walk(entry, here)
        elif is_data_name(entry.name):
            yield entry


def _remote(url: str) -> dict[str, tuple[Any, str]]:
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise UsageError(
            "credentials in a URL end up in logs and reports",
            where=f"{parts.scheme}://",
            fix="put them into the environment, as the storage provider documents",
        )
    shown = url.split("?")[0]
    system, path = _filesystem(url, parts.scheme, shown)
    try:
        if glob.has_magic(path):
            found = [match for match in system.glob(path) if not system.isdir(match)]
        elif system.isdir(path):
            found = [inner for inner in system.find(path) if is_data_name(PurePosixPath(inner).name)]
        else:
            found = [path] if system.exists(path) else []
    except OSError as fault:
        raise InputError(f"cannot be listed: {fault}", where=shown, fix="check the address and your access") from fault
    if not found:
        raise InputError("nothing is there", where=shown, fix="check the address and your access")
    return {f"{parts.scheme}://{inner}": (system, inner) for inner in found}


def _filesystem(url: str, scheme: str, shown: str) -> tuple[Any, str]:
    import fsspec  # lazy: only URLs need it

    try:
        system, path = fsspec.core.url_to_fs(url)
    except ImportError as fault:
        package, extra = _EXTRAS.get(scheme, ("", ""))
        if package:
            raise MissingExtraError(package, extra, f"reading {scheme}:// URLs") from fault
        raise InputError(f"no driver: {fault}", where=shown, fix="install the package that it names") from fault
    except (ValueError, OSError) as fault:
        raise InputError(f"not a usable address: {fault}", where=shown) from fault
    return system, path


def _titles(keys: Sequence[str]) -> dict[str, str]:
    """Return unique names: paths relative to what all local paths, or all URLs, have in common."""
    titles: dict[str, str] = {}
    local = [key for key in keys if "://" not in key and key != STDIN]
    remote = [key for key in keys if "://" in key]
    for group in (local, remote):
        if not group:
            continue
        parts = {key: PurePosixPath(key.split("://")[-1].split("?")[0].replace("\\", "/")) for key in group}
        common = os.path.commonpath([str(path.parent) for path in parts.values()])
        titles.update({key: str(path.relative_to(common)) for key, path in parts.items()})
    if STDIN in keys:
        titles[STDIN] = "stdin"
    taken: dict[str, str] = {}
    for key in sorted(titles, key=lambda key: ("://" in key, key)):
        title = titles[key]
        while title in taken.values():
            title = f"{key.split('://')[0]}/{title}" if "://" in key else f"{title}~"
        taken[key] = title
    return taken
