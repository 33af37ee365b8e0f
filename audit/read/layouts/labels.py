"""Spellings of labels and of the order shown. Words only: what a number means is a layout's or the mapping's to say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from audit.read.values import Misfit, spelling
from audit.schema import SIDES

_WORDS: Final[Mapping[str, str]] = {
    "a": (
        "a|[[a]]|model_a|model a|assistant_a|assistant a|response_a|response a|answer_a|option_a|option a|"
        "a_wins|a wins|a>b|a>>b|a > b|a >> b|first|first_wins|side_a|model_1|response_1|response 1|response1|"
        "output_1|answer_1|a1|arg1|candidate_a|left|left_wins|model_a_wins|completion_a|completion_1|"
        "option_1|candidate_1"
    ),
    "b": (
        "b|[[b]]|model_b|model b|assistant_b|assistant b|response_b|response b|answer_b|option_b|option b|"
        "b_wins|b wins|b>a|b>>a|b > a|b >> a|second|second_wins|model_2|response_2|response 2|response2|"
        "output_2|answer_2|a2|arg2|candidate_b|right|right_wins|model_b_wins|completion_b|completion_2|"
        "option_2|candidate_2|side_b"
    ),
    "tie": (
        "tie|tied|ties|draw|equal|equals|equally_good|equally good|same|the same|about the same|"
        "about_the_same|tie (inconsistent)|tie_inconsistent|inconsistent|[[c]]|tie (bothgood)|"
        "tie (both good)|both_good|both good|bothgood|a=b|a = b|=|a≈b|no preference|no_preference|"
        "no difference|no_difference|indifferent|neutral|both"
    ),
    "both_bad": (
        "both_bad|both bad|bothbad|tie (bothbad)|tie (both bad)|tie_both_bad|tie_bothbad|reject_both|"
        "reject both|rejected_both|neither|neither_good|neither good|both_rejected"
    ),
    "escalate": "escalate|escalated|escalation|needs_escalation|refer|referred",
    "invalid": "invalid|error|parse_error|unparseable|unparsable|failed|no_verdict|malformed",
}
LABEL_WORDS: Final[Mapping[str, str]] = {word: label for label, words in _WORDS.items() for word in words.split("|")}
"""Spelling (lower case, outer space removed) -> canonical label, for sides that are the file's first and second."""

SWAP_WORDS: Final = frozenset({"tie (inconsistent)", "tie_inconsistent", "inconsistent"})
"""Ties that stand for an answer that changed when the sides were swapped."""

PAIR_WORDS: Final[Mapping[str, str]] = {
    **{word: label for word, label in LABEL_WORDS.items() if label not in ("a", "b")},
    **dict.fromkeys(("choose", "chosen", "chose", "choice", "prefer", "preferred", "select", "selected"), "a"),
    **dict.fromkeys(("response_a", "side_a"), "a"),
    **dict.fromkeys(("rejected", "response_b", "side_b"), "b"),
}
"""The same for sides that are chosen and rejected: a bare `a` or `first` says nothing there and is not read."""

_ORDERS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("ab", "a,b", "a b", "a_b", "a-b", "a first", "a_first", "a->b", "12", "1,2", "1 2"), "a"),
    **dict.fromkeys(("order_12", "model_a,model_b", "response_a,response_b", "response_1,response_2"), "a"),
    **dict.fromkeys(("ba", "b,a", "b a", "b_a", "b-a", "b first", "b_first", "b->a", "21", "2,1", "2 1"), "b"),
    **dict.fromkeys(("order_21", "model_b,model_a", "response_b,response_a", "response_2,response_1"), "b"),
}
_PAIR_ORDERS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("chosen", "chosen_first", "chosen first", "chosen,rejected", "chosen-rejected"), "a"),
    **dict.fromkeys(("chosen_rejected", "response_a", "response_a,response_b"), "a"),
    **dict.fromkeys(("rejected", "rejected_first", "rejected first", "rejected,chosen", "rejected-chosen"), "b"),
    **dict.fromkeys(("rejected_chosen", "response_b", "response_b,response_a"), "b"),
}
ORDER_WORDS: Final[Mapping[str, str]] = {
    **{word: label for word, label in LABEL_WORDS.items() if label in SIDES and word not in ("first", "second")},
    **_ORDERS,
}
"""Spelling of which side was shown first -> a or b, for sides that are the file's first and second."""
PAIR_ORDER_WORDS: Final[Mapping[str, str]] = _PAIR_ORDERS
"""The same for chosen and rejected."""


class Coding:
    """How one column of labels, or of orders, is spelled: the mapping's own values first, then the words.

    Args:
        words: spelling -> canonical value.
        values: the mapping's table for this field: source value as text -> canonical value.
    """

    def __init__(self, words: Mapping[str, str], values: Mapping[str, str] | None) -> None:
        self._table: dict[str, str] = {**words, **(values or {})}

    def read(self, value: Any) -> str | None:
        """Return the canonical value; None for null and for blank text.

        Raises:
            Misfit: with code `unknown_label` for a value that has no meaning here.
        """
        if value is None:
            return None
        if isinstance(value, list):
            value = ",".join(spelling(part) for part in value)
        if not isinstance(value, str | int | float):
            raise Misfit(self.expected)
        text = spelling(value)
        found = self._table.get(text)
        if found is None and isinstance(value, str):
            found = self._table.get(normal(text))
        if found is None and text.strip():
            raise Misfit(self.expected, "unknown_label")
        return found

    def knows(self, value: Any) -> bool:
        """True when `read` would accept the value."""
        try:
            self.read(value)
        except Misfit:
            return False
        return True

    @property
    def expected(self) -> str:
        """What is accepted, for messages."""
        meanings = sorted(set(self._table.values()))
        return f"a known spelling of {', '.join(meanings)} (add others under [values] in a mapping)"


def normal(text: str) -> str:
    """Return a label's spelling as the tables above have it: lower case, outer and repeated space removed."""
    return re.sub(r"\s+", " ", text.strip().lower())


def label_coding(values: Mapping[str, str] | None, *, is_pair: bool) -> Coding:
    """Return the coding of labels for sides that are chosen/rejected (`is_pair`) or first/second."""
    return Coding(PAIR_WORDS if is_pair else LABEL_WORDS, values)


def order_coding(values: Mapping[str, str] | None, *, is_pair: bool) -> Coding:
    """Return the coding of the order shown for sides that are chosen/rejected (`is_pair`) or first/second."""
    return Coding(PAIR_ORDER_WORDS if is_pair else ORDER_WORDS, values)
