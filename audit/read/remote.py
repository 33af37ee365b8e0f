"""URLs (s3://, gs://, hf://, any fsspec protocol) to files that can be opened; no credentials but the environment's."""

from __future__ import annotations

import glob
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Final, cast
from urllib.parse import urlsplit

from audit.errors import InputError, MissingExtraError, UsageError

Opener = Callable[[], BinaryIO]

_EXTRAS: Final = {
    "s3": ("s3fs", "s3"),
    "s3a": ("s3fs", "s3"),
    "gs": ("gcsfs", "gcs"),
    "gcs": ("gcsfs", "gcs"),
    "hf": ("huggingface_hub", "hub"),
}


def remote_places(url: str, is_data_name: Callable[[str], bool]) -> dict[str, Opener]:
    """Return the files that a URL, a glob or a folder URL names, each with what opens it.

    Args:
        url: any address that fsspec understands.
        is_data_name: picks the files of a folder.

    Raises:
        InputError: when nothing is there or it cannot be reached.
        UsageError: for credentials in the URL.
        MissingExtraError: when the protocol needs a package that is not installed.
    """
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
        found = _listing(system, path, is_data_name)
    except OSError as fault:
        raise InputError(f"cannot be listed: {fault}", where=shown, fix="check the address and your access") from fault
    if not found:
        raise InputError("nothing is there", where=shown, fix="check the address and your access")
    return {f"{parts.scheme}://{_bare(inner)}": _opener(system, inner) for inner in found}


def _listing(system: Any, path: str, is_data_name: Callable[[str], bool]) -> list[str]:
    if system.isfile(path):
        return [path]
    if system.isdir(path):
        return [inner for inner in system.find(path) if is_data_name(PurePosixPath(inner).name)]
    if glob.has_magic(path):
        return [match for match in system.glob(path) if not system.isdir(match)]
    return []


def _bare(path: str) -> str:
    return path.split("://")[-1].lstrip("/")


def _opener(system: Any, path: str) -> Opener:
    return lambda: cast("BinaryIO", system.open(path, "rb"))


def _filesystem(url: str, scheme: str, shown: str) -> tuple[Any, str]:
    import fsspec  # lazy: only URLs need it

    try:
        system, path = fsspec.core.url_to_fs(url)
    except ImportError as fault:
        if scheme in _EXTRAS:
            package, extra = _EXTRAS[scheme]
            raise MissingExtraError(package, extra, f"reading {scheme}:// URLs") from fault
        raise InputError(f"no driver: {fault}", where=shown, fix="install the package that it names") from fault
    except (ValueError, OSError) as fault:
        raise InputError(f"not a usable address: {fault}", where=shown) from fault
    return system, path
