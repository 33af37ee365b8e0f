"""The folder that Hugging Face `datasets` writes with `save_to_disk`: which files count, and their split."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import orjson

from audit.errors import InputError

_STATE: Final = "state.json"
_SPLITS: Final = "dataset_dict.json"


def saved_files(folder: Path) -> list[tuple[Path, str | None]] | None:
    """Return the data files of a saved Dataset or DatasetDict with their splits; None when it is neither.

    Only the files that the state names count: a saved folder may also hold caches of older versions.

    Raises:
        InputError: when the folder's own description is broken, or names a file that is not there.
    """
    if (folder / _SPLITS).is_file():
        splits = _listed(folder / _SPLITS, "splits")
        return [(path, split) for split in splits for path, _ in _split_files(folder / str(split))]
    if (folder / _STATE).is_file() and (folder / "dataset_info.json").is_file():
        return _split_files(folder)
    return None


def _split_files(folder: Path) -> list[tuple[Path, str | None]]:
    state = _read(folder / _STATE)
    if state.get("_indices_data_files") or state.get("_indices_files"):
        raise InputError(
            "the saved dataset selects rows through an index file, which is not read",
            where=folder.name,
            fix="save it again after dataset.flatten_indices()",
        )
    split = state.get("_split")
    found: list[tuple[Path, str | None]] = []
    for entry in _listed(folder / _STATE, "_data_files"):
        name = entry.get("filename") if isinstance(entry, dict) else None
        if not isinstance(name, str) or Path(name).name != name:
            raise InputError("the list of data files is broken", where=f"{folder.name}/{_STATE}", got=repr(entry)[:80])
        if not (folder / name).is_file():
            raise InputError("a data file of the saved dataset is missing", where=f"{folder.name}/{name}")
        found.append((folder / name, split if isinstance(split, str) else None))
    return found


def _listed(path: Path, key: str) -> list[Any]:
    value = _read(path).get(key)
    if not isinstance(value, list):
        raise InputError(f"{key!r} is no list", where=f"{path.parent.name}/{path.name}", fix="save the dataset again")
    return value


def _read(path: Path) -> dict[str, Any]:
    where = f"{path.parent.name}/{path.name}"
    try:
        value = orjson.loads(path.read_bytes())
    except OSError as fault:
        raise InputError(f"cannot be read: {fault.strerror}", where=where, fix="save the dataset again") from fault
    except orjson.JSONDecodeError as fault:
        raise InputError(f"not valid JSON: {fault}", where=where, fix="save the dataset again") from fault
    if not isinstance(value, dict):
        raise InputError("not a JSON object", where=where, fix="save the dataset again")
    return value
