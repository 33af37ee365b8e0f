"""Votes coded as numbers. The same 0, 1, 2 mean other things in other data sets, so each coding is a layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from audit.read.block import Block, Converted, Record
from audit.read.layouts.label_fields import LABELS, present, whole_numbers
from audit.read.layouts.layout import Detection
from audit.read.layouts.votes import convert_votes, side_mapping, vote_mapping, vote_sides
from audit.read.mapping import FieldMapping

NUMBERED: Final[Mapping[str, str]] = {"1": "a", "2": "b", "0": "tie"}
"""PandaLM, LLMBar: the responses are called 1 and 2, 0 is a tie."""
INDEXED: Final[Mapping[str, str]] = {"0": "a", "1": "b", "2": "tie"}
"""Auto-J, PKU-SafeRLHF: the responses are called 0 and 1, 2 is a tie."""
FLAG: Final[Mapping[str, str]] = {"1": "a", "0": "b"}
"""SHP: 1 says that the first response won."""

SURE, UNSURE = 0.85, 0.55
NESTED_PENALTY: Final = 0.3
"""Taken off where the rows also hold nested judgments, which a reading of the label alone leaves out."""
LISTS: Final = ("votes", "judgments", "judgements", "annotations", "reviews", "ratings", "individual_preference")


def coding_confidence(coding: Mapping[str, str], sides: Sequence[str], values: set[str]) -> float:
    """Return how sure it is that numbers are meant by this coding, from how the fields number the two sides.

    The names decide only where they number the sides as the values do and no tie hides in the third number.
    """
    if not values <= coding.keys():
        return 0.0
    ends = tuple(side[-1] for side in sides)
    if coding is NUMBERED and ends == ("1", "2") and values <= {"1", "2"}:
        return SURE
    if coding is INDEXED and ends == ("0", "1") and values <= {"0", "1"}:
        return SURE
    return UNSURE


class NumericVotes:
    """First and second response, and one number that says which won.

    Args:
        name: of the layout.
        title: of the layout.
        coding: number as text -> label.
        own_fields: field names that only data sets with this coding have.
    """

    def __init__(self, name: str, title: str, coding: Mapping[str, str], own_fields: frozenset[str]) -> None:
        self.name = name
        self.title = title
        self._coding = coding
        self._own = own_fields

    def detect(self, records: Sequence[Record], columns: Sequence[str]) -> Detection | None:
        """Recognise a label column of whole numbers that the coding knows."""
        sides = vote_sides(records, columns)
        if sides is None:
            return None
        for label in (*LABELS, "better_response_id"):
            values = whole_numbers(present(records, (label,)))
            if values is None:
                continue
            confidence = coding_confidence(self._coding, sides, values)
            if confidence and self._own and self._own <= set(columns):
                confidence = 0.95
            elif any(isinstance(record.get(name), list | dict) for record in records for name in LISTS):
                confidence = max(confidence - NESTED_PENALTY, 0.0)
            return self._reading(records, columns, label, values, confidence) if confidence else None
        return None

    def _reading(
        self, records: Sequence[Record], columns: Sequence[str], label: str, values: set[str], confidence: float
    ) -> Detection:
        fields = {**side_mapping(records, columns), "label": label}
        mapping, notes = vote_mapping(self.name, records, fields, values={"label": self._coding})
        told = ", ".join(f"{number} = {meaning}" for number, meaning in self._coding.items())
        why = f"{label} holds {', '.join(sorted(values))}, read as {told}"
        sign = (
            "its field names are those of a data set with this coding" if confidence > SURE else "the names number them"
        )
        return Detection(self.name, confidence, (why, *((sign,) if confidence >= SURE else ())), mapping, notes)

    def convert(self, block: Block, mapping: FieldMapping, file_name: str) -> Converted:
        """Read each row as one comparison with its label."""
        return convert_votes(block, mapping, file_name)


NUMBERED_VOTES: Final = NumericVotes(
    "numbered_votes", "votes by number: 1 first wins, 2 second wins, 0 tie", NUMBERED, frozenset()
)
INDEXED_VOTES: Final = NumericVotes(
    "indexed_votes",
    "votes by index (Auto-J): 0 first wins, 1 second wins, 2 tie",
    INDEXED,
    frozenset({"response 1", "response 2", "scenario"}),
)
FLAG_VOTES: Final = NumericVotes("flag_votes", "votes by flag: 1 first wins, 0 second wins", FLAG, frozenset())
