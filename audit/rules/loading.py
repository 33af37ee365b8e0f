"""Load a rule pack: read the TOML, resolve what it extends by digest, apply overrides, check that limits make sense."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from audit.errors import RulePackError
from audit.resources import resource_folder
from audit.rules import reading
from audit.rules.coherence import build_rule, contradictions, shape_problems
from audit.rules.overriding import override
from audit.rules.pack import Rule, RulePack
from audit.rules.reading import Problem

LARGEST_PACK: Final = 4 << 20
"""Bytes of a pack file that are read at most."""


@dataclass(frozen=True, slots=True)
class Source:
    """A pack file: what errors call it, its text, and where its neighbours are."""

    label: str
    text: str
    folder: Path | None
    """Folder of a pack given by path; None for a bundled one."""


def bundled_packs() -> list[str]:
    """Return the names of the packs that come with the installation, sorted."""
    names = (entry.name for entry in resource_folder("rules").iterdir())
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


def load_pack(name_or_path: str | Path) -> RulePack:
    """Return a resolved rule pack.

    Args:
        name_or_path: a bundled name such as "dpo-ready", or the path of a TOML file.

    Raises:
        RulePackError: no such pack, or one that is not valid; it names file, key, got and expected.
    """
    source = _find(str(name_or_path))
    pack, problems = _resolve(source, ())
    if pack is None or problems:
        raise reading.error(source.label, problems)
    return pack


def load_problems(name_or_path: str | Path) -> tuple[RulePack | None, list[Problem]]:
    """Return a pack as far as it could be resolved, and every problem found on the way.

    Raises:
        RulePackError: no such pack, no UTF-8, or no TOML.
    """
    return _resolve(_find(str(name_or_path)), ())


def _find(name: str) -> Source:
    if name.endswith(".toml") or "/" in name or Path(name).is_file():
        return _read(Path(name), name, Path(name).parent)
    known = bundled_packs()
    if name not in known:
        near = get_close_matches(name, known, n=1)
        raise RulePackError(
            "no such rule pack",
            where=name,
            expected="the path of a TOML file, or one of " + ", ".join(known),
            fix=f"did you mean {near[0]!r}?" if near else None,
        )
    return _read(resource_folder("rules") / f"{name}.toml", f"{name}.toml", None)


def _read(file: Path | Traversable, label: str, folder: Path | None) -> Source:
    try:
        with file.open("rb") as stream:
            raw = stream.read(LARGEST_PACK + 1)
    except OSError as fault:
        raise RulePackError("cannot be read", where=label, got=str(fault), expected="a rule pack in TOML") from fault
    if len(raw) > LARGEST_PACK:
        raise RulePackError("too large for a rule pack", where=label, expected=f"at most {LARGEST_PACK:,} bytes")
    try:
        return Source(label, raw.decode("utf-8"), folder)
    except UnicodeDecodeError as fault:
        raise RulePackError("not UTF-8", where=label, got=f"byte {fault.start}: {fault.reason}") from fault


def _resolve(source: Source, chain: tuple[str, ...]) -> tuple[RulePack | None, list[Problem]]:
    try:
        document = tomllib.loads(source.text)
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        raise RulePackError("not valid TOML", where=source.label, got=str(fault) or "nesting too deep") from fault
    head, problems = reading.read_table(document, reading.PACK_KEYS, "")
    own: list[Rule] = []
    for where, raw in reading.places("rule", head.get("rule", [])):
        values, faults = reading.read_table(raw, reading.RULE_KEYS, where)
        faults = faults or list(shape_problems(values, where))
        problems += faults
        if not faults:
            own.append(build_rule(values, f"{head.get('name')}@{head.get('version')}"))
    changes = []
    for where, raw in reading.places("override", head.get("override", [])):
        values, faults = reading.read_table(raw, reading.OVERRIDE_KEYS, where)
        problems += faults
        changes.append((where, values))
    if problems:
        return None, problems
    bases, problems = _bases(source, head, (*chain, str(head["name"])))
    return _assemble(head, own, bases, changes, problems)


def _assemble(
    head: Mapping[str, Any],
    own: list[Rule],
    bases: list[RulePack],
    changes: list[tuple[str, dict[str, Any]]],
    problems: list[Problem],
) -> tuple[RulePack | None, list[Problem]]:
    """Put a pack together from what it extends, its own rules and its overrides."""
    rules, clashes = _merge(own, bases)
    problems = problems + clashes
    inherited = {rule.id for base in bases for rule in base.rules}
    weakened = [weakening for base in bases for weakening in base.weakened]
    for where, values in changes:
        if values["id"] not in inherited:
            problems.append(_no_such_rule(f"{where}.id", values["id"], inherited))
            continue
        changed, weaker, faults = override(rules[values["id"]], values, where, f"{head['name']}@{head['version']}")
        rules[changed.id] = changed
        weakened += weaker
        problems += faults or list(contradictions(changed, where))
    for rule in rules.values():
        problems += [_no_such_rule(f"rule ({rule.id}).needs", code, rules) for code in rule.needs if code not in rules]
    if not rules and not problems:
        problems.append(Problem("rule", "a pack without rules passes everything", expected="at least one [[rule]]"))
    plain = {key: value for key, value in head.items() if key not in ("format", "rule", "override")}
    ordered = tuple(rules[code] for code in sorted(rules))
    return RulePack(**plain, rules=ordered, bases=tuple(bases), weakened=tuple(weakened)), problems


def _merge(own: list[Rule], bases: list[RulePack]) -> tuple[dict[str, Rule], list[Problem]]:
    """Return the rules by id; two different rules of one id, or one written twice, are a problem."""
    rules: dict[str, Rule] = {}
    problems: list[Problem] = []
    fix = "change a rule of an extended pack by [[override]]; ids are never reused"
    for is_own, rule in (*((False, rule) for base in bases for rule in base.rules), *((True, rule) for rule in own)):
        if rule.id in rules and (is_own or rule != rules[rule.id]):
            problems.append(Problem(f"rule ({rule.id}).id", "two rules of one id", rule.id, "a new id", fix))
        rules.setdefault(rule.id, rule)
    return rules, problems


def _no_such_rule(where: str, code: str, known: Mapping[str, Rule] | set[str]) -> Problem:
    near = get_close_matches(code, sorted(known), n=1)
    return Problem(where, "no such rule", code, "an id of this pack", f"did you mean {near[0]!r}?" if near else "")


def _bases(source: Source, head: Mapping[str, Any], chain: tuple[str, ...]) -> tuple[list[RulePack], list[Problem]]:
    """Return the packs that `extends` names, each checked against its digest: beside the file first, then bundled."""
    bases: list[RulePack] = []
    problems: list[Problem] = []
    for index, reference in enumerate(head.get("extends", ())):
        where = f"extends[{index}]"
        match = re.fullmatch(reading.REFERENCE, reference)
        name = match.group(1) if match else reference
        if name in chain:
            problems.append(Problem(where, "a pack cannot extend itself", " -> ".join((*chain, name))))
            continue
        beside = source.folder / f"{name}.toml" if source.folder is not None else None
        base, faults = _resolve(_find(str(beside) if beside is not None and beside.is_file() else name), chain)
        problems += [fault._replace(where=f"{where} {name}: {fault.where}") for fault in faults]
        if base is None or faults:
            continue
        actual = f"{base.ref}#{base.digest}"
        if actual != reference:
            fix = f"audit rules show {name} prints the digest; extend the new one only after reading what changed"
            problems.append(Problem(where, "the extended pack is not the one named", actual, reference, fix))
            continue
        bases.append(base)
    return bases, problems
