"""Messages as vendors write them -> turns of (role, content), and turns -> one readable text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from audit.read.values import Misfit, describe, dump

Turn = dict[str, str]

_ROLE_KEYS: Final = ("role", "from", "speaker")
_CONTENT_KEYS: Final = ("content", "value", "text")
_ROLES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("user", "human", "prompter"), "user"),
    **dict.fromkeys(("assistant", "gpt", "bot", "model", "chatgpt", "bing", "bard", "function_call"), "assistant"),
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("tool", "function", "observation", "ipython"), "tool"),
}
_MESSAGES: Final = "a list of messages, each with role and content (or from and value)"


def is_message(value: Any) -> bool:
    """True for an object that has a role and a content, under any of their usual names."""
    return (
        isinstance(value, dict)
        and any(key in value for key in _ROLE_KEYS)
        and any(key in value for key in (*_CONTENT_KEYS, "tool_calls"))
    )


def is_messages(value: Any) -> bool:
    """True for a list of messages that is not empty."""
    return isinstance(value, list) and bool(value) and all(is_message(item) for item in value)


def read_turns(value: Any) -> list[Turn]:
    """Return one message, or a list of messages, as turns with role and content.

    Roles of the usual dialects become system, user, assistant or tool; any other is kept as it stands.

    Raises:
        Misfit: when it is neither.
    """
    if isinstance(value, dict):
        return [_turn(value)]
    if isinstance(value, list):
        return [_turn(item) for item in value]
    raise Misfit(_MESSAGES)


def _turn(message: Any) -> Turn:
    if not isinstance(message, dict):
        raise Misfit(f"{_MESSAGES}; one message is {describe(message)}")
    role, content = message.get("role"), message.get("content")
    if isinstance(role, str) and isinstance(content, str):
        return {"role": _ROLES.get(role) or _ROLES.get(role.strip().lower(), role), "content": content}
    role = next((message[key] for key in _ROLE_KEYS if key in message), None)
    if not isinstance(role, str):
        raise Misfit(f"{_MESSAGES}; one message's role is {describe(role)}")
    content = next((message[key] for key in _CONTENT_KEYS if message.get(key) is not None), None)
    return {"role": _ROLES.get(role.strip().lower(), role), "content": _content(content, message)}


def _content(content: Any, message: Mapping[str, Any]) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(_part(part) for part in content)
    if content is None and message.get("tool_calls"):
        return dump(message["tool_calls"])
    raise Misfit(f"{_MESSAGES}; one message's content is {describe(content)}", _missing(content))


def _missing(content: Any) -> str:
    return "missing_field" if content is None else "wrong_type"


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            return str(part["text"])
        if isinstance(part.get("type"), str):
            return f"[{part['type']}]"
    raise Misfit(f"{_MESSAGES}; one part of a content is {describe(part)}")


def render(turns: Sequence[Turn]) -> str:
    """Return turns as one text: a line with the role, then the content; a blank line between turns."""
    return "\n\n".join(f"{turn['role']}:\n{turn['content']}" for turn in turns)


def response_text(turns: Sequence[Turn]) -> str:
    """Return a response's text: the bare content of a single assistant turn, else the turns rendered."""
    if len(turns) == 1 and turns[0]["role"] == "assistant":
        return turns[0]["content"]
    return render(turns)


def common_turns(a: Sequence[Turn], b: Sequence[Turn]) -> int:
    """Return how many leading turns two conversations share, leaving each its last turn.

    The last turn is a response even where both sides are the same.
    """
    most = max(min(len(a), len(b)) - 1, 0)
    return next((i for i in range(most) if a[i] != b[i]), most)


def common_text(a: str, b: str) -> int:
    """Return where TRL's `extract_prompt` cuts two texts: their common prefix, less one space before the difference.

    As there, the last character of the shorter text stays with the response when nothing before it differs.
    """
    most = min(len(a), len(b))
    if most == 0:
        return 0
    low, high = 0, most  # invariant: a[:low] == b[:low], and the prefix is at most `high` long
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    if low == most:
        return most - 1
    return low - 1 if low and a[low - 1] == " " else low
