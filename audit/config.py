"""`audit.toml`: what `audit run` takes where the command line says nothing, kept with the data or the training code.

The file is found upwards from the working directory, as far as the root of the repository; names in it are relative to
its own folder. It is read strictly: a misspelt key would be a demand that nobody checks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from audit.engine.opening import ENGINES
from audit.errors import UsageError
from audit.files import read_toml
from audit.gate.formats import FORMATS
from audit.read.locate import STDIN
from audit.rules.reading import Key, Table, read_table, table, text, texts
from audit.targets import Targets, read_targets

NAME: Final = "audit.toml"
_PATH_KEYS: Final = ("mapping", "spec", "waivers", "baseline", "out", "ledger")
AUDIENCES: Final = ("internal", "external")
GATES: Final = ("fail", "warn", "new")


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of a repository, names resolved."""

    path: Path
    data: tuple[str, ...] = ()
    rules: str | None = None
    mapping: str | None = None
    layout: str | None = None
    against: tuple[str, ...] = ()
    spec: str | None = None
    waivers: str | None = None
    ledger: str | None = None
    subject: str | None = None
    baseline: str | None = None
    fail_on: str | None = None
    out: str | None = None
    audience: str | None = None
    engine: str | None = None
    engine_address: str | None = None
    outputs: tuple[str, ...] = ()
    """As `--output` takes them: FORMAT=PATH."""
    coverage: Targets = field(default_factory=dict)


def _one_of(words: tuple[str, ...]) -> Key:
    def read(value: object) -> str:
        if value not in words:
            raise ValueError
        return str(value)

    return Key(read, "one of " + ", ".join(words), required=False)


_PATH: Final = text(expected="a path", required=False)
_PATHS: Final = texts(expected="a list of paths, globs or URLs")
_KEYS: Final[dict[str, Key]] = {
    "data": _PATHS,
    "rules": text(expected="a bundled rule pack's name, or the path of one", required=False),
    "mapping": _PATH,
    "layout": text(expected="a layout's name", required=False),
    "against": _PATHS,
    "spec": _PATH,
    "waivers": _PATH,
    "ledger": _PATH,
    "subject": text(expected="what the dataset is called in the ledger", required=False),
    "baseline": _PATH,
    "fail_on": _one_of(GATES),
    "audience": _one_of(AUDIENCES),
    "engine": _one_of(ENGINES),
    "engine_address": text(expected="the address of a cluster", required=False),
    "out": _PATH,
    "outputs": table(dict.fromkeys(FORMATS, _PATH)),
    "coverage": Key(lambda value: value, "a table of slice columns", required=False),
}


def find_config(start: Path) -> Path | None:
    """Return the nearest `audit.toml` at or above a folder, no higher than the root of a repository."""
    for folder in (start, *start.parents):
        if (folder / NAME).is_file():
            return folder / NAME
        if (folder / ".git").exists():
            return None
    return None


def load_config(path: Path) -> Config:
    """Read a file of settings.

    Raises:
        UsageError: naming file, key, got and expected.
    """
    return _config(read_toml(path, "the settings file"), path)


def _config(raw: Table, path: Path) -> Config:
    values, problems = read_table(raw, _KEYS, "")
    if problems:
        raise problems[0].as_error(UsageError, str(path))
    paths = {name: _resolved(values[name], path.parent) for name in _PATH_KEYS if name in values}
    lists = {name: tuple(_resolved(item, path.parent) for item in values.get(name, ())) for name in ("data", "against")}
    rules = values.get("rules")
    outputs = values.get("outputs", {})
    return Config(
        path,
        data=lists["data"],
        against=lists["against"],
        rules=_resolved(rules, path.parent) if rules and rules.endswith(".toml") else rules,
        mapping=paths.get("mapping"),
        layout=values.get("layout"),
        spec=paths.get("spec"),
        waivers=paths.get("waivers"),
        ledger=paths.get("ledger"),
        subject=values.get("subject"),
        baseline=paths.get("baseline"),
        fail_on=values.get("fail_on"),
        out=paths.get("out"),
        audience=values.get("audience"),
        engine=values.get("engine"),
        engine_address=values.get("engine_address"),
        outputs=tuple(f"{name}={_resolved(item, path.parent)}" for name, item in outputs.items()),
        coverage=read_targets(values.get("coverage", {}), f"{path}: coverage"),
    )


def _resolved(name: str, folder: Path) -> str:
    return name if name == STDIN or "://" in name or Path(name).is_absolute() else str(folder / name)
