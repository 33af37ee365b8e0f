"""Signed preference strength (HelpSteer2-Preference, HelpSteer3): -3 first much better ... 3 second much better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from audit.read.block import Block, Converted, Record
from audit.read.layouts.draft import Draft
from audit.read.layouts.judgments import Answers, put_judgments
from audit.read.layouts.label_fields import present
from audit.read.layouts.layout import Detection
from audit.read.layouts.votes import add_voted_sides, side_mapping, vote_mapping, vote_sides
from audit.read.mapping import FieldMapping
from audit.read.paths import dig, parse_paths
from audit.read.values import Misfit, as_number, fault

_FIELDS: Final = ("overall_preference", "preference_strength", "strength", "preference", "preference_score", "score")
_HELPSTEER: Final = ("overall_preference", "preference_strength")
_LISTS: Final = ("individual_preference", "all_preferences_unprocessed")
_LIST_STRENGTH: Final = ("score", "strength", "preference_strength", "preference")
_CRITIQUE: Final = ("reasoning", "preference_elaboration", "justification", "preference_statement")
_MOST: Final = 3


class Strength:
    """Two responses and one signed number: its sign is the label, its size the strength.

    Args:
        name: of the layout.
        title: of the layout.
        negative: the label that a negative number stands for.
    """

    def __init__(self, name: str, title: str, negative: str) -> None:
        self.name = name
        self.title = title
        self._negative, self._positive = ("a", "b") if negative == "a" else ("b", "a")

    def detect(self, records: Sequence[Record], columns: Sequence[str]) -> Detection | None:
        """Recognise numbers of both signs; only HelpSteer's field names say which sign is whose."""
        if vote_sides(records, columns) is None:
            return None
        found = ((name, _numbers(present(records, (name,)))) for name in _FIELDS if name in columns)
        name, values = next(((n, v) for n, v in found if v and min(v) < 0), (None, []))
        if name is None:
            return None
        is_helpsteer = name in _HELPSTEER
        if is_helpsteer and self._negative != "a":
            return None
        fields = {**side_mapping(records, columns), "label": name, "judgment.strength": name}
        if not _put_individual(fields, records, columns):
            _put_first(fields, "judgment.critique", _CRITIQUE, columns)
        most = {"most": _MOST} if is_helpsteer else {}
        mapping, notes = vote_mapping(self.name, records, fields, options={"reviewer_class": "human", **most})
        order = "the first" if self._negative == "a" else "the second"
        sign = f"{name} is HelpSteer's field" if is_helpsteer else "nothing says which sign is whose"
        reasons = (f"{name} runs from {min(values):g} to {max(values):g}, negative where {order} response won", sign)
        return Detection(self.name, 0.95 if is_helpsteer else 0.6, reasons, mapping, notes)

    def convert(self, block: Block, mapping: FieldMapping, file_name: str) -> Converted:
        """Read each row as one comparison with the judgments it lists, or one judgment when it lists none."""
        draft = Draft(block, mapping, file_name)
        add_voted_sides(draft)
        rows = range(len(draft.records))
        overall = self._signed(draft, "label", draft.raw("label"), rows)
        draft.columns["label"] = [self._label(value) for value in overall]
        if draft.has("judgments"):
            self._add_listed(draft)
        else:
            answers = Answers(list(rows))
            self._fill(draft, answers, overall, draft.records)
        draft.read_rest()
        return draft.finish()

    def _add_listed(self, draft: Draft) -> None:
        members, owners = [], []
        for row, value in enumerate(draft.raw("judgments")):
            if value is not None and not isinstance(value, list):
                where = draft.mapping.fields["judgments"]
                draft.fail(row, fault("judgments", where, value, Misfit("a list of judgments")))
            elif value:
                members += value
                owners += [row] * len(value)
        path = parse_paths(draft.mapping.fields["judgment.strength"])[0]
        signed = self._signed(draft, "judgment.strength", [dig(member, path) for member in members], owners)
        self._fill(draft, Answers(owners), signed, members)

    def _fill(self, draft: Draft, answers: Answers, signed: Sequence[float | None], members: Sequence[Any]) -> None:
        answers.columns["label"] = [self._label(value) for value in signed]
        answers.columns["strength"] = [None if value is None else abs(value) for value in signed]
        for name in ("critique", "annotator"):
            if draft.has(f"judgment.{name}"):
                path = parse_paths(draft.mapping.fields[f"judgment.{name}"])[0]
                found = [dig(member, path) for member in members]
                answers.columns[name] = [value if isinstance(value, str) else None for value in found]
        put_judgments(draft, answers)

    def _label(self, value: float | None) -> str | None:
        if value is None:
            return None
        return "tie" if value == 0 else self._negative if value < 0 else self._positive

    def _signed(self, draft: Draft, name: str, values: Sequence[Any], owners: Sequence[int]) -> list[float | None]:
        most = draft.mapping.options.get("most")
        limit = float(most) if isinstance(most, int | float) else float("inf")
        signed: list[float | None] = []
        for row, value in zip(owners, values, strict=True):
            try:
                number = None if value is None else as_number(value)
                if number is not None and abs(number) > limit:
                    raise Misfit(f"a number from {-limit:g} to {limit:g}", "unknown_label")
            except Misfit as misfit:
                draft.fail(row, fault(name, draft.mapping.fields[name], value, misfit))
                number = None
            signed.append(number)
        return signed


def _numbers(values: Sequence[Any]) -> list[float]:
    """Return the values as numbers; none when one of them is no number."""
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in values):
        return []
    return [float(value) for value in values]


def _put_individual(fields: dict[str, str], records: Sequence[Record], columns: Sequence[str]) -> bool:
    for name in _LISTS:
        members = [m for r in records for m in (r.get(name) or ()) if isinstance(m, dict)] if name in columns else []
        keys = {key for member in members for key in member}
        inner = next((key for key in _LIST_STRENGTH if key in keys), None)
        if inner is not None:
            fields |= {"judgments": name, "judgment.strength": inner}
            _put_first(fields, "judgment.critique", _CRITIQUE, keys)
            _put_first(fields, "judgment.annotator", ("annotator", "annotator_id", "worker"), keys)
            return True
    return False


def _put_first(fields: dict[str, str], name: str, candidates: Sequence[str], known: Mapping[str, Any] | Any) -> None:
    found = next((candidate for candidate in candidates if candidate in known), None)
    if found is not None:
        fields[name] = found


NEGATIVE_FIRST: Final = Strength(
    "signed_strength", "signed strength (HelpSteer): negative first wins, positive second wins, 0 tie", "a"
)
NEGATIVE_SECOND: Final = Strength(
    "signed_strength_reversed", "signed strength: positive first wins, negative second wins, 0 tie", "b"
)
