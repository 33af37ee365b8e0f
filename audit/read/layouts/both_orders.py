"""Judge outputs for both presentation orders (LLMBar): {judge: {order_12: verdict, order_21: verdict}}."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from audit.read.block import Block, Converted, Record, RowFault
from audit.read.layouts.draft import Draft
from audit.read.layouts.judgments import Answers, add_label, coded, put_judgments
from audit.read.layouts.label_fields import present, whole_numbers
from audit.read.layouts.labels import label_coding
from audit.read.layouts.layout import Detection
from audit.read.layouts.numbers import NUMBERED
from audit.read.layouts.votes import add_voted_sides, side_mapping, vote_mapping, vote_sides
from audit.read.mapping import FieldMapping
from audit.read.values import Misfit, describe, fault

_KEYS: Final = (("order_12", "order_21"), ("order_ab", "order_ba"), ("ab", "ba"), ("12", "21"), ("AB", "BA"))
_OTHER: Final = {"a": "b", "b": "a"}


class BothOrders:
    """Every judge saw the pair twice, once in each order: each presentation is one judgment with `shown_first`.

    Args:
        name: of the layout.
        title: of the layout.
        is_by_slot: a verdict names the slot that won, not the response.
    """

    def __init__(self, name: str, title: str, *, is_by_slot: bool) -> None:
        self.name = name
        self.title = title
        self._is_by_slot = is_by_slot

    def detect(self, records: Sequence[Record], columns: Sequence[str]) -> Detection | None:
        """Recognise the nested orders; how often the two verdicts agree tells responses from slots."""
        if vote_sides(records, columns) is None:
            return None
        for name in columns:
            found = next((keys for keys in _KEYS if any(_is_judged(r.get(name), keys) for r in records)), None)
            if found is not None:
                return self._reading(records, columns, name, found)
        return None

    def _reading(
        self, records: Sequence[Record], columns: Sequence[str], name: str, keys: tuple[str, str]
    ) -> Detection | None:
        decided = [(first, second) for first, second in _verdicts(records, name, keys) if None not in (first, second)]
        if not decided:
            return None
        same = sum(first == second for first, second in decided) / len(decided)
        agree = 1 - same if self._is_by_slot else same
        fields = {**side_mapping(records, columns), "judgments": name}
        values = {}
        if whole_numbers([verdict for pair in decided for verdict in pair]) is not None:
            values["judgment.label"] = NUMBERED
        if whole_numbers(present(records, ("label",))) is not None:
            fields["label"], values["label"] = "label", NUMBERED
        options = {"orders": keys, "reviewer_class": "model"}
        mapping, notes = vote_mapping(self.name, records, fields, values=values, options=options)
        meaning = "the slot" if self._is_by_slot else "the response"
        reasons = (
            f"{name} holds verdicts for {keys[0]} and {keys[1]} by judge",
            f"read as naming {meaning} that won, the two orders agree in {agree:.0%} of the sample",
        )
        return Detection(self.name, 0.5 + 0.45 * agree, reasons, mapping, notes)

    def convert(self, block: Block, mapping: FieldMapping, file_name: str) -> Converted:
        """Read each row as one comparison with two judgments a judge; a null verdict is an invalid judgment."""
        draft = Draft(block, mapping, file_name)
        add_voted_sides(draft)
        add_label(draft, is_pair=False)
        self._add_presentations(draft)
        draft.read_rest()
        return draft.finish()

    def _add_presentations(self, draft: Draft) -> None:
        orders = draft.mapping.option_list("orders")
        answers = Answers([], {"annotator": [], "shown_first": []})
        verdicts: list[Any] = []
        for row, judged in enumerate(draft.raw("judgments")):
            if judged is None:
                continue
            for judge, side, verdict in _presentations(draft, row, judged, orders):
                answers.owners.append(row)
                answers.columns["annotator"].append(judge)
                answers.columns["shown_first"].append(side)
                verdicts.append(verdict)
        coding = label_coding(draft.mapping.values.get("judgment.label"), is_pair=False)
        labels = coded(draft, "judgment.label", verdicts, answers.owners, coding, draft.mapping.fields["judgments"])
        if self._is_by_slot:
            labels = [
                _OTHER.get(label, label) if first == "b" and label is not None else label
                for first, label in zip(answers.columns["shown_first"], labels, strict=True)
            ]
        answers.columns["label"] = [label or "invalid" for label in labels]
        put_judgments(draft, answers)


def _presentations(draft: Draft, row: int, judged: Any, orders: Sequence[str]) -> Iterator[tuple[str, str, Any]]:
    """Yield judge, side shown first and verdict of each presentation that the row records."""
    path = draft.mapping.fields["judgments"]
    if not isinstance(judged, dict):
        draft.fail(row, fault("judgments", path, judged, Misfit("an object of verdicts by judge")))
        return
    for judge, verdicts in judged.items():
        if not isinstance(verdicts, dict):
            got = describe(verdicts)
            draft.fail(row, RowFault("wrong_type", f"field {path}: got {got} for a judge, expected verdicts by order"))
            return
        for order, side in zip(orders, ("a", "b"), strict=False):
            if order in verdicts:
                yield str(judge), side, verdicts[order]


def _is_judged(value: Any, keys: tuple[str, str]) -> bool:
    return isinstance(value, dict) and any(isinstance(v, dict) and set(keys) <= v.keys() for v in value.values())


def _verdicts(records: Sequence[Record], name: str, keys: tuple[str, str]) -> Iterator[tuple[Any, Any]]:
    for record in records:
        judged = record.get(name)
        for verdicts in judged.values() if isinstance(judged, dict) else ():
            if isinstance(verdicts, dict):
                yield verdicts.get(keys[0]), verdicts.get(keys[1])


BY_RESPONSE: Final = BothOrders(
    "both_orders", "judge verdicts in both orders (LLMBar), each naming the response that won", is_by_slot=False
)
BY_SLOT: Final = BothOrders(
    "both_orders_by_slot", "judge verdicts in both orders, each naming the slot that won", is_by_slot=True
)
