"""Prompt and responses of a row, stored as text or as messages, to the text and turn columns of both sides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from audit.read.block import RowFault
from audit.read.layouts.draft import TEXT_JOIN, Draft
from audit.read.layouts.turns import Turn, common_text, common_turns, read_turns, render, response_text
from audit.read.values import Misfit, describe, fault

_TEXTS: Final = frozenset({str})
_SIDE: Final = "text, a message or a list of messages"


@dataclass(slots=True)
class Sides:
    """Context and candidates of one comparison."""

    prompt: str | None
    response_a: str | None
    response_b: str | None
    prompt_turns: list[Turn] | None = None
    response_a_turns: list[Turn] | None = None
    response_b_turns: list[Turn] | None = None
    prompt_b: str | None = None


Split = Callable[[Any, Any], Sides]
"""The two sides as they stand in the row, to prompt and responses; raises Misfit."""


def add_sides(draft: Draft, *, is_optional: bool = False) -> None:
    """Add prompt and responses of rows that hold them apart.

    Args:
        draft: its mapping names response_a and response_b, and perhaps prompt.
        is_optional: accept rows without one of them (null) instead of setting them aside.
    """
    names = [name for name in ("prompt", "response_a", "response_b") if draft.has(name)]
    values = {name: draft.raw(name) for name in names}
    if not is_optional:
        for name in names:
            draft.require(name, values[name])
    if "system" in draft.mapping.fields and "prompt" in values:
        _put_system_first(draft, values["prompt"])
    if all(_TEXTS.issuperset(map(type, column)) for column in values.values()):
        draft.columns.update(values)
        return
    prompts = values.get("prompt", [None] * len(draft.records))
    a, b = (values.get(name, [None] * len(draft.records)) for name in ("response_a", "response_b"))
    rows = [_explicit(draft, row, *cells) for row, cells in enumerate(zip(prompts, a, b, strict=True))]
    _add(draft, rows, names)


def add_split_sides(draft: Draft, split: Split) -> None:
    """Add prompt and responses of rows whose two sides each hold the whole conversation."""
    values = {name: draft.raw(name) for name in ("response_a", "response_b")}
    for name, column in values.items():
        draft.require(name, column)
    rows: list[Sides | None] = []
    for row, (a, b) in enumerate(zip(values["response_a"], values["response_b"], strict=True)):
        try:
            rows.append(None if a is None or b is None else split(a, b))
        except Misfit as misfit:
            rows.append(None)
            draft.fail(row, _side_fault(draft, a, b, misfit))
    _add(draft, rows, ["prompt", "response_a", "response_b"])


def split_implicit(a: Any, b: Any) -> Sides:
    """Cut two sides at the end of their longest common prefix, of characters or of messages, as TRL does.

    Raises:
        Misfit: when a side is neither text nor messages, or the sides are of two kinds.
    """
    if isinstance(a, str) and isinstance(b, str):
        cut = common_text(a, b)
        return Sides(a[:cut], a[cut:], b[cut:])
    if isinstance(a, str) or isinstance(b, str):
        raise Misfit(f"both sides text, or both messages (got {describe(a)} and {describe(b)})")
    left, right = read_turns(a), read_turns(b)
    return shared_prompt(left, right)


def shared_prompt(left: list[Turn], right: list[Turn]) -> Sides:
    """Make the leading turns that two conversations share the prompt, and what follows the responses."""
    cut = common_turns(left, right)
    prompt, a, b = left[:cut], left[cut:], right[cut:]
    return Sides(render(prompt), response_text(a), response_text(b), prompt, a, b)


def add_history(draft: Draft) -> None:
    """Put earlier turns before the prompt; the prompt is their next turn, unless they already end with it."""
    path = draft.mapping.fields["history"]
    earlier = draft.check("history", path, draft.raw("history"), frozenset({type(None)}), read_turns)
    if not any(earlier):
        return
    prompts = list(draft.columns["prompt"])
    turns = list(draft.columns.get("prompt_turns", [None] * len(earlier)))
    for row, before in enumerate(earlier):
        if before:
            own: list[Turn] = turns[row] or [{"role": "user", "content": prompts[row] or ""}]
            turns[row] = before if before[-len(own) :] == own else [*before, *own]
            prompts[row] = render(turns[row])
    draft.columns["prompt"], draft.columns["prompt_turns"] = prompts, turns


def put_sides(draft: Draft, rows: Sequence[Sides | None], names: Sequence[str]) -> None:
    """Add prompt and responses that a layout worked out itself, one a row; None where the row is set aside."""
    _add(draft, rows, names)


def _add(draft: Draft, rows: Sequence[Sides | None], names: Sequence[str]) -> None:
    optional = ("prompt_turns", "response_a_turns", "response_b_turns", "prompt_b")
    for name in (*names, *optional):
        column = [None if sides is None else getattr(sides, name) for sides in rows]
        if name in names or any(value is not None for value in column):
            draft.columns[name] = column


def _explicit(draft: Draft, row: int, prompt: Any, a: Any, b: Any) -> Sides | None:
    cells = (("prompt", prompt), ("response_a", a), ("response_b", b))
    turns: dict[str, list[Turn] | None] = {}
    for name, cell in cells:
        try:
            turns[name] = None if cell is None or isinstance(cell, str) else read_turns(cell)
        except Misfit as misfit:
            expected = Misfit(_SIDE, misfit.code) if not isinstance(cell, list | dict) else misfit
            draft.fail(row, fault(name, draft.mapping.fields[name], cell, expected))
            return None
    left, right = turns["response_a"], turns["response_b"]
    if isinstance(prompt, str) and left and right and _opens(left) and _opens(right):
        sides = shared_prompt(left, right)
        sides.prompt = prompt
        return sides
    context = turns["prompt"]
    return Sides(
        prompt if context is None else render(context),
        a if left is None else response_text(left),
        b if right is None else response_text(right),
        context,
        left,
        right,
    )


def _opens(turns: list[Turn]) -> bool:
    """True for a conversation from its beginning, not only a response."""
    return len(turns) > 1 and turns[0]["role"] in ("system", "user")


def _put_system_first(draft: Draft, prompts: list[Any]) -> None:
    for row, (system, prompt) in enumerate(zip(draft.read("system"), prompts, strict=True)):
        if not system:
            continue
        if isinstance(prompt, str):
            prompts[row] = TEXT_JOIN.join(part for part in (system, prompt) if part)
        elif isinstance(prompt, list):
            prompts[row] = [{"role": "system", "content": system}, *prompt]


def _side_fault(draft: Draft, a: Any, b: Any, misfit: Misfit) -> RowFault:
    fields = draft.mapping.fields
    sound = isinstance(a, str | list | dict)
    name, value = ("response_b", b) if sound else ("response_a", a)
    both = f"{fields['response_a']} and {fields['response_b']}" if sound and isinstance(b, str | list | dict) else None
    return fault(name, both or fields[name], value, misfit)
