"""The defects that are planted: what each does to rows, which rules have to see it, and from which dose on.

A dose is a share of the rows unless `unit` says otherwise. To add a defect, write a function that changes rows and
returns which it changed, and one line in `DEFECTS`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Final

from audit.selftest.host import Row, majority, make_protected

Plant = Callable[[list[Row], float, random.Random], set[int]]
"""Changes rows in place by a dose; returns the positions of the changed ones."""


@dataclass(frozen=True, slots=True)
class Defect:
    """A planted fault."""

    name: str
    family: str
    rules: tuple[str, ...]
    """Of which at least one must not pass."""
    doses: tuple[float, ...]
    """At each of them detection is expected in at least 95 of 100 files."""
    plant: Plant = field(compare=False)
    limit: float | None = None
    """The dose at which the truth is just at the pass limit: at most 5 of 100 files may pass."""
    unit: str = "rows"
    localised: bool = True
    """Whether the evidence of the rule can name the planted rows."""


def _some(rows: Sequence[Row], dose: float, rng: random.Random) -> list[int]:
    """Return so many positions of rows as the dose asks for, at least one."""
    return sorted(rng.sample(range(len(rows)), min(len(rows), max(1, round(dose * len(rows))))))


def _judgments(rows: Sequence[Row]) -> Iterator[tuple[int, Row]]:
    for position, row in enumerate(rows):
        for judgment in row.get("judgments") or ():
            yield position, judgment


def _answer(row: Row, label: str) -> None:
    for judgment in row.get("judgments") or ():
        judgment["label"] = label
    row["label"] = label


def _winner(row: Row) -> str:
    return "b" if row.get("label") == "b" else "a"


# ---- order and agreement ----


def first_slot(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """A share of the judgments takes the response shown first."""
    changed = set()
    for position, judgment in _judgments(rows):
        if judgment["label"] in ("a", "b") and judgment.get("shown_first") and rng.random() < dose:
            judgment["label"] = judgment["shown_first"]
            changed.add(position)
    _relabel(rows)
    return changed


def order_by_model(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """A share of the judgments saw the model whose name comes first in the alphabet first."""
    changed = set()
    for position, judgment in _judgments(rows):
        models = rows[position].get("model_a"), rows[position].get("model_b")
        if models[0] and models[1] and rng.random() < dose:
            judgment["shown_first"] = "a" if models[0] < models[1] else "b"
            changed.add(position)
    return changed


def order_lost(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """A share of the judgments does not say what was shown first."""
    changed = set()
    for position, judgment in _judgments(rows):
        if rng.random() < dose:
            judgment["shown_first"] = None
            changed.add(position)
    return changed


def coin_votes(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """A share of the judgments is a coin's."""
    changed = set()
    for position, judgment in _judgments(rows):
        if rng.random() < dose:
            judgment["label"] = rng.choice("ab")
            changed.add(position)
    _relabel(rows)
    return changed


def careless_person(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """So many people answer by a coin, gold items too."""
    who = _people(rows, dose, rng)
    changed = set()
    for position, judgment in _judgments(rows):
        if judgment["annotator"] in who:
            judgment["label"] = rng.choice("ab")
            changed.add(position)
    _relabel(rows)
    return changed


def tired_person(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """So many people take the first response since the middle of their work."""
    changed: set[int] = set()
    for who in _people(rows, dose, rng):
        own = [(j["judged_at"], position, j) for position, j in _judgments(rows) if j["annotator"] == who]
        own.sort(key=lambda one: one[:2])
        for _, position, judgment in own[len(own) // 2 :]:
            judgment["label"] = judgment["shown_first"]
            changed.add(position)
    _relabel(rows)
    return changed


def _people(rows: Sequence[Row], count: float, rng: random.Random) -> set[str]:
    return set(rng.sample(sorted({judgment["annotator"] for _, judgment in _judgments(rows)}), round(count)))


def _relabel(rows: Sequence[Row]) -> None:
    for row in rows:
        if row.get("judgments"):
            row["label"] = majority(row)


# ---- length, style, models ----


def longer_wins(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """In a share of the rows the longer response wins, whatever its quality."""
    changed = set(_some(rows, dose, rng))
    for position in changed:
        row = rows[position]
        _answer(row, "a" if len(row["response_a"]) > len(row["response_b"]) else "b")
    return changed


def markdown_wins(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """In a share of the rows the preferred response is a list, the other is not."""
    changed = set(_some(rows, dose, rng))
    for position in changed:
        row, side = rows[position], f"response_{_winner(rows[position])}"
        row[side] = "\n".join(f"- {part.strip()}." for part in row[side].split(".") if part.strip())
    return changed


def opening_wins(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """A share of the preferred responses begins with the same words."""
    changed = set(_some(rows, dose, rng))
    for position in changed:
        side = f"response_{_winner(rows[position])}"
        rows[position][side] = f"Certainly! I am very happy to help you with this today. {rows[position][side]}"
    return changed


def one_model_wins(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """In a share of the rows the winner is of one model, the loser of another one."""
    changed = set(_some(rows, dose, rng))
    for position in changed:
        row, side = rows[position], _winner(rows[position])
        other = "b" if side == "a" else "a"
        row[f"model_{side}"], row[f"model_{other}"] = "alder-7b", rng.choice(("birch-7b", "cedar-13b"))
    return changed


# ---- copies ----


def exact_copies(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """A share of the rows is there a second time."""
    return _append(rows, [deepcopy(rows[position]) for position in _some(rows, dose, rng)])


def contradictions(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """A share of the rows is there a second time with the other label."""
    copies = [deepcopy(rows[position]) for position in _some(rows, dose, rng)]
    for copy in copies:
        _answer(copy, "b" if _winner(copy) == "a" else "a")
    return _append(rows, copies)


def near_copies(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """A share of the rows repeats the row before with another last word."""
    changed = {position for position in _some(rows, dose, rng) if position}
    for position in sorted(changed):
        for name in ("prompt", "response_a", "response_b"):
            rows[position][name] = f"{(rows[position - 1].get(name) or '').rsplit(' ', 1)[0]} changed."
    return changed


def _append(rows: list[Row], copies: list[Row]) -> set[int]:
    first = len(rows)
    for number, copy in enumerate(copies):
        copy["row"] = first + number + 1
        copy["comparison_id"] = f"{copy.get('comparison_id')}-again"
    rows += copies
    return set(range(first, len(rows)))


def leaked(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """A share of the rows is of the protected set."""
    changed = _some(rows, dose, rng)
    protected = make_protected()
    for number, position in enumerate(changed):
        rows[position]["prompt"] = protected[number % len(protected)]["prompt"]
    return set(changed)


# ---- labels that are none, strength, weights ----


def ties_exported(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """A share of the rows was a tie for everybody and is shipped as a preference."""
    changed = set(_some(rows, dose, rng))
    for position in changed:
        _answer(rows[position], "tie")
        rows[position]["label"] = "a"
    return changed


def strength_reversed(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """A share of the judgments says strong for weak and weak for strong."""
    changed = set()
    for position, judgment in _judgments(rows):
        if judgment.get("strength") and rng.random() < dose:
            judgment["strength"] = 4 - judgment["strength"]
            changed.add(position)
    return changed


def heavy_weights(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """A share of the rows weighs two hundred times as much as the others."""
    changed = set(_some(rows, dose, rng))
    for position in changed:
        rows[position]["weight"] = 200.0
    return changed


def negative_weights(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """A share of the rows has a weight below nought."""
    changed = set(_some(rows, dose, rng))
    for position in changed:
        rows[position]["weight"] = -1.0
    return changed


# ---- records ----


def version_lost(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """A share of the rows does not say which checkpoint wrote a side."""
    return _lose(rows, dose, rng, "model_version_a", "unknown")


def unpinned(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """A share of the rows names a moving version."""
    return _lose(rows, dose, rng, "model_version_a", "latest")


def _lose(rows: list[Row], dose: float, rng: random.Random, name: str, value: str) -> set[int]:
    changed = set(_some(rows, dose, rng))
    for position in changed:
        rows[position][name] = value
    return changed


def class_lost(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """A share of the rows does not say whether a person or a model judged."""
    changed = set(_some(rows, dose, rng))
    for position in changed:
        for judgment in rows[position]["judgments"]:
            judgment["reviewer_class"] = None
    return changed


def thin_locale(rows: list[Row], dose: float, _rng: random.Random) -> set[int]:
    """So many rows are left of the smallest locale."""
    counts = {row["locale"]: 0 for row in rows}
    for row in rows:
        counts[row["locale"]] += 1
    smallest = min(counts, key=lambda locale: (counts[locale], locale))
    largest = max(counts, key=lambda locale: (counts[locale], locale))
    own = [position for position, row in enumerate(rows) if row["locale"] == smallest]
    for position in own[round(dose) :]:
        rows[position]["locale"] = largest
    return set(own[round(dose) :])


# ---- texts ----


def empty_sides(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """A share of the rejected responses is empty."""
    changed = set(_some(rows, dose, rng))
    for position in changed:
        rows[position]["response_b" if _winner(rows[position]) == "a" else "response_a"] = ""
    return changed


def same_sides(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """A share of the rows has the same text on both sides."""
    changed = set(_some(rows, dose, rng))
    for position in changed:
        rows[position]["response_b"] = rows[position]["response_a"]
    return changed


def _written(piece: Callable[[random.Random], str]) -> Plant:
    """Return a plant that adds a piece of text to a share of the preferred responses."""

    def plant(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
        changed = set(_some(rows, dose, rng))
        for position in changed:
            side = f"response_{_winner(rows[position])}"
            rows[position][side] = (rows[position][side] or "") + piece(rng)
        return changed

    return plant


def _address(rng: random.Random) -> str:
    return f" Write to {rng.choice('jkm')}.{rng.choice(('okafor', 'moreau'))}@nordwerk-{rng.randrange(99)}.de."


def _key(rng: random.Random) -> str:
    return " Use AKIA" + "".join(rng.sample("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 15)) + "7."


def wrong_script(rows: list[Row], dose: float, rng: random.Random) -> set[int]:
    """A share of the rejected responses is in Cyrillic."""
    changed = set(_some(rows, dose, rng))
    for position in changed:
        side = "response_b" if _winner(rows[position]) == "a" else "response_a"
        rows[position][side] = "".join(chr(0x430 + ord(c) % 32) if c.isalpha() else c for c in rows[position][side])
    return changed


DEFECTS: Final = (
    Defect("first_slot", "position", ("POS-002",), (0.2,), first_slot, 0.06, "judgments", localised=False),
    Defect("order_by_model", "position", ("POS-001",), (0.5, 1.0), order_by_model, unit="judgments", localised=False),
    Defect("order_lost", "position", ("POS-000",), (0.1, 0.5), order_lost, unit="judgments"),
    Defect("coin_votes", "agreement", ("AGR-001",), (0.8, 1.0), coin_votes, unit="judgments", localised=False),
    Defect("careless_person", "reviewers", ("AGR-004",), (1, 2), careless_person, unit="people"),
    Defect("tired_person", "reviewers", ("REV-002",), (1, 2), tired_person, unit="people"),
    Defect("longer_wins", "verbosity", ("LEN-001",), (0.5, 0.8), longer_wins, 0.3, localised=False),
    Defect("markdown_wins", "style", ("STY-001",), (0.5, 1.0), markdown_wins, localised=False),
    Defect("opening_wins", "style", ("TPL-001",), (0.1, 0.2), opening_wins),
    Defect("one_model_wins", "style", ("STY-003",), (0.9, 1.0), one_model_wins, localised=False),
    Defect("exact_copies", "duplicates", ("DUP-001",), (0.01, 0.1), exact_copies, localised=False),
    Defect("near_copies", "duplicates", ("DUP-002",), (0.3, 0.6), near_copies, localised=False),
    Defect("contradictions", "duplicates", ("JUD-002",), (0.002, 0.02), contradictions, localised=False),
    Defect("leaked", "leakage", ("LEK-001",), (0.0003, 0.01), leaked),
    Defect("ties_exported", "strength", ("JUD-001",), (0.001, 0.01), ties_exported),
    Defect("strength_reversed", "strength", ("JUD-004",), (1.0,), strength_reversed, unit="judgments", localised=False),
    Defect("heavy_weights", "strength", ("WGT-002",), (0.01, 0.05), heavy_weights),
    Defect("negative_weights", "strength", ("WGT-001",), (0.001, 0.01), negative_weights),
    Defect("version_lost", "lineage", ("LIN-001",), (0.05, 0.1), version_lost),
    Defect("unpinned", "lineage", ("LIN-002",), (0.001, 0.01), unpinned),
    Defect("class_lost", "lineage", ("LIN-004",), (0.001, 0.01), class_lost),
    Defect("thin_locale", "balance", ("BAL-002",), (50, 200), thin_locale, unit="rows left", localised=False),
    Defect("empty_sides", "structure", ("STR-001",), (0.001, 0.01), empty_sides),
    Defect("same_sides", "structure", ("STR-002",), (0.001, 0.01), same_sides),
    Defect("addresses", "privacy", ("PRV-002",), (0.005, 0.02), _written(_address)),
    Defect("secrets", "privacy", ("PRV-001",), (0.0003, 0.003), _written(_key)),
    Defect("wrong_script", "language", ("LNG-001",), (0.01, 0.05), wrong_script),
    Defect("mojibake", "encoding", ("ENC-001",), (0.003, 0.02), _written(lambda _: " Fianc\u00c3\u00a9.")),
)
"""Every defect that is planted, by family."""
