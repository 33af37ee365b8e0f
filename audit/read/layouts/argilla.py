"""Argilla records: `fields` with prompt and two responses, `responses` with each annotator's answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from audit.read.block import Block, Converted, Record, RowFault
from audit.read.layouts.draft import Draft
from audit.read.layouts.judgments import Answers, coded, put_judgments
from audit.read.layouts.labels import label_coding
from audit.read.layouts.layout import Detection
from audit.read.layouts.names import find_extras
from audit.read.layouts.pairs import PROMPTS
from audit.read.layouts.sides import add_sides
from audit.read.layouts.votes import SIDES
from audit.read.mapping import FieldMapping
from audit.read.paths import format_path
from audit.read.values import Misfit, as_identifier, describe, fault

_DASHED: Final = (("response-1", "response-2"), ("response-a", "response-b"), ("generation-1", "generation-2"))
_PAIR: Final = (("chosen", "rejected"),)
_SUBMITTED: Final = "submitted"


class ArgillaRecords:
    """Records as Argilla writes them: answers are lists by question (2.x), or a list by annotator (1.x)."""

    name = "argilla_records"
    title = "Argilla records: fields with two responses, and each annotator's submitted answer"

    def detect(self, records: Sequence[Record], columns: Sequence[str]) -> Detection | None:
        """Recognise `fields` with two responses, and `responses`."""
        if not {"fields", "responses"} <= set(columns):
            return None
        keys = {key for record in records if isinstance(record.get("fields"), dict) for key in record["fields"]}
        sides = next((pair for pair in (*_DASHED, *SIDES, *_PAIR) if set(pair) <= keys), None)
        question = next(
            (q for record in records for q, _, _ in _answers(record.get("responses")) if _is_choice(q)), None
        )
        if sides is None or question is None:
            return None
        fields = {
            "response_a": format_path(("fields", sides[0])),
            "response_b": format_path(("fields", sides[1])),
            "judgments": "responses",
        }
        prompt = next((name for name in PROMPTS if name in keys), None)
        if prompt is not None:
            fields["prompt"] = f"fields.{prompt}"
        extras = find_extras(records, {*fields, *fields.values()}, is_pair=False)
        kept = {name: path for name, path in extras.fields.items() if not name.startswith("judgment.")}
        values = {"judgment.label": {sides[0]: "a", sides[1]: "b"}}
        options = {"question": question, "reviewer_class": "human"}
        mapping = FieldMapping(self.name, {**kept, **fields}, values, extras.slices, options)
        reasons = (f"fields holds {sides[0]} and {sides[1]}", f"responses answer the question {question!r}")
        return Detection(self.name, 0.93, reasons, mapping, tuple(extras.notes))

    def convert(self, block: Block, mapping: FieldMapping, file_name: str) -> Converted:
        """Read each record as one comparison; answers that were not submitted are no judgments."""
        draft = Draft(block, mapping, file_name)
        add_sides(draft)
        answers = Answers([], {"annotator": []})
        raw: list[Any] = []
        for row, value in enumerate(draft.raw("judgments")):
            if value is not None and not isinstance(value, list | dict):
                draft.fail(row, fault("judgments", mapping.fields["judgments"], value, Misfit("Argilla's responses")))
            for question, user, choice in _answers(value):
                if question == mapping.options["question"] and choice is not None:
                    answers.owners.append(row)
                    answers.columns["annotator"].append(_user(draft, row, user))
                    raw.append(choice)
        coding = label_coding(mapping.values.get("judgment.label"), is_pair=False)
        answers.columns["label"] = coded(draft, "judgment.label", raw, answers.owners, coding)
        put_judgments(draft, answers)
        draft.read_rest()
        return draft.finish()


def _is_choice(question: str) -> bool:
    return any(word in question.lower() for word in ("prefer", "choice", "choose", "better", "best", "rank", "label"))


def _user(draft: Draft, row: int, user: Any) -> str | None:
    try:
        return None if user is None else as_identifier(user)
    except Misfit:
        draft.fail(row, RowFault("wrong_type", f"field responses: user_id is {describe(user)}, expected text"))
        return None


def _answers(responses: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield question, annotator and choice of each submitted answer in either form."""
    if isinstance(responses, dict):
        for question, given in responses.items():
            for answer in given if isinstance(given, list) else ():
                if isinstance(answer, dict) and answer.get("status", _SUBMITTED) == _SUBMITTED:
                    yield str(question), answer.get("user_id"), _choice(answer.get("value"))
    elif isinstance(responses, list):
        for response in responses:
            if isinstance(response, dict) and response.get("status", _SUBMITTED) == _SUBMITTED:
                values = response.get("values")
                for question, answer in values.items() if isinstance(values, dict) else ():
                    inner = answer.get("value") if isinstance(answer, dict) else answer
                    yield str(question), response.get("user_id"), _choice(inner)


def _choice(value: Any) -> Any:
    """Return the chosen option; of a ranking the one alone at the top, `tie` where two share it."""
    if isinstance(value, list) and value and all(isinstance(one, dict) and "rank" in one for one in value):
        top = min(one["rank"] for one in value)
        first = [one.get("value") for one in value if one["rank"] == top]
        return first[0] if len(first) == 1 else "tie"
    return value
