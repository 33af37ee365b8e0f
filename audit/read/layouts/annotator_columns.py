"""One column an annotator (PandaLM): annotator1, annotator2, ..., each with that annotator's label."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from audit.read.block import Block, Converted, Record, RowFault
from audit.read.layouts.draft import Draft
from audit.read.layouts.judgments import Answers, add_label, coded, put_judgments
from audit.read.layouts.label_fields import known_share, present, whole_numbers
from audit.read.layouts.labels import label_coding
from audit.read.layouts.layout import Detection
from audit.read.layouts.numbers import INDEXED, NUMBERED, coding_confidence
from audit.read.layouts.votes import add_voted_sides, side_mapping, vote_mapping, vote_sides
from audit.read.mapping import FieldMapping
from audit.read.paths import column_at, format_path, parse_paths
from audit.read.values import describe

_COLUMN: Final = re.compile(r"(annotator|rater|reviewer|judge|worker|labeler|labeller|vote)[ _-]?\d+", re.IGNORECASE)
_PANDALM: Final = frozenset({"annotator1", "response1", "response2", "instruction"})


class AnnotatorColumns:
    """A comparison a row, a column an annotator.

    Args:
        name: of the layout.
        title: of the layout.
        coding: number as text -> label, for columns that hold numbers; None to read words only.
        own_fields: field names that only data sets with this coding have.
    """

    def __init__(
        self, name: str, title: str, coding: Mapping[str, str], own_fields: frozenset[str], *, reads_words: bool
    ) -> None:
        self.name = name
        self.title = title
        self._coding = coding
        self._own = own_fields
        self._reads_words = reads_words

    def detect(self, records: Sequence[Record], columns: Sequence[str]) -> Detection | None:
        """Recognise two or more numbered annotator columns beside two responses."""
        sides = vote_sides(records, columns)
        annotators = [name for name in columns if _COLUMN.fullmatch(name)]
        if sides is None or len(annotators) < 2:
            return None
        values = [value for name in annotators for value in present(records, (name,))]
        numbers = whole_numbers(values)
        options: dict[str, Any] = {"annotators": tuple(format_path((name,)) for name in annotators)}
        if numbers is None:
            confidence = 0.5 + 0.4 * known_share(values) if self._reads_words and known_share(values) else 0.0
            coding: Mapping[str, Mapping[str, str]] = {}
            reasons = [f"columns {', '.join(annotators)} hold labels in words"]
        else:
            confidence = coding_confidence(self._coding, sides, numbers)
            coding = {"judgment.label": self._coding}
            told = ", ".join(f"{number} = {meaning}" for number, meaning in self._coding.items())
            reasons = [f"columns {', '.join(annotators)} hold {', '.join(sorted(numbers))}, read as {told}"]
        if not confidence:
            return None
        if numbers is not None and self._own and self._own <= set(columns):
            confidence = 0.95
            reasons.append("its field names are PandaLM's")
            options["reviewer_class"] = "human"
            if "cmp_key" in columns:
                options["model_pair"] = "cmp_key"
                reasons.append("cmp_key names the two models, the first response's first")
        fields = side_mapping(records, columns)
        mapping, notes = vote_mapping(self.name, records, fields, values=coding, options=options)
        return Detection(self.name, confidence, tuple(reasons), mapping, notes)

    def convert(self, block: Block, mapping: FieldMapping, file_name: str) -> Converted:
        """Read each row as one comparison with a judgment a column; a null is no judgment."""
        draft = Draft(block, mapping, file_name)
        add_voted_sides(draft)
        add_label(draft, is_pair=False)
        _add_columns(draft)
        pair = mapping.options.get("model_pair")
        if pair is not None:
            _add_models(draft, str(pair))
        draft.read_rest()
        return draft.finish()


def _add_columns(draft: Draft) -> None:
    coding = label_coding(draft.mapping.values.get("judgment.label"), is_pair=False)
    paths = draft.mapping.option_list("annotators")
    cells = [column_at(draft.records, parse_paths(path)[0]) for path in paths]
    rows = range(len(draft.records))
    labels = [
        coded(draft, "judgment.label", column, rows, coding, path) for path, column in zip(paths, cells, strict=True)
    ]
    places = [(row, column) for row in rows for column in range(len(paths)) if labels[column][row] is not None]
    names = [parse_paths(path)[0][-1] for path in paths]
    answers = Answers([row for row, _ in places])
    answers.columns["annotator"] = [names[column] for _, column in places]
    answers.columns["label"] = [labels[column][row] for row, column in places]
    put_judgments(draft, answers)


def _add_models(draft: Draft, path: str) -> None:
    """Add both models from a field that holds `first_second`; a name with an underscore of its own is not cut."""
    models: list[tuple[str | None, str | None]] = []
    for row, value in enumerate(column_at(draft.records, parse_paths(path)[0])):
        parts = value.split("_") if isinstance(value, str) else []
        if len(parts) == 2:
            models.append((parts[0], parts[1]))
            continue
        models.append((None, None))
        if value is not None:
            draft.fail(row, RowFault("wrong_type", f"field {path}: got {describe(value)}, expected first_second"))
    draft.columns["model_a"] = [first for first, _ in models]
    draft.columns["model_b"] = [second for _, second in models]


ANNOTATOR_COLUMNS: Final = AnnotatorColumns(
    "annotator_columns",
    "a column an annotator (PandaLM): words, or 1 first wins, 2 second wins, 0 tie",
    NUMBERED,
    _PANDALM,
    reads_words=True,
)
INDEXED_COLUMNS: Final = AnnotatorColumns(
    "annotator_columns_indexed",
    "a column an annotator: 0 first wins, 1 second wins, 2 tie",
    INDEXED,
    frozenset(),
    reads_words=False,
)
