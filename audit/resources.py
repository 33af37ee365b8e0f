"""Where the data folders `rules/` and `reports/` are: in the wheel, or beside the package in a checkout."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable


def resource(kind: str, name: str) -> Traversable:
    """Return the data file `name` of the folder `kind` ("rules" or "reports").

    Raises:
        FileNotFoundError: when neither the installed nor the checked-out folder holds it.
    """
    folder = resource_folder(kind)
    found = folder / name
    if not found.is_file():
        raise FileNotFoundError(f"{kind}/{name} is not part of this installation")
    return found


def resource_folder(kind: str) -> Traversable:
    """Return the folder `kind`: bundled in an installed wheel, else the one beside the package."""
    package = files("audit")
    bundled = package / "_bundled" / kind
    return bundled if bundled.is_dir() else package / ".." / kind
