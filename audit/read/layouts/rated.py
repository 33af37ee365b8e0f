"""Several rated responses to one prompt (UltraFeedback, distilabel, Nectar): every two of them are a comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from audit.read.block import Block, Converted, Record, RowFault
from audit.read.layouts.draft import Draft
from audit.read.layouts.layout import Detection
from audit.read.layouts.names import find_extras
from audit.read.layouts.pairs import is_text, prompt_field, side_fields
from audit.read.mapping import FieldMapping
from audit.read.paths import dig, parse_paths
from audit.read.values import Misfit, as_identifier, as_number, fault

_TEXT: Final = ("response", "answer", "text", "content", "completion", "output")
_SCORE: Final = ("overall_score", "rating", "score", "fine-grained_score", "reward")
_LISTS: Final = ("completions", "answers", "responses", "generations", "candidates")
_RATINGS: Final = ("ratings", "rating", "scores")
_MODELS: Final = ("generation_models", "models", "model_names", "generators")
_ASPECTS: Final = ("annotations", "aspects", "fine_grained", "ratings_by_aspect")
_TOO_MANY: Final = 64


@dataclass(frozen=True, slots=True)
class Rated:
    """One response with what the row says of it."""

    text: str
    score: float
    model: str | None
    aspects: float | None
    """Mean of the fine-grained ratings beside the score."""


class RatedResponses:
    """A list of responses with a score each; the higher score wins, equal scores tie.

    Sides keep the order of the list, which is no order of presentation. Options: `text`, `score`, `model` and `aspects`
    (an object of fine-grained ratings, or their mean) are paths below each list member (`score` may be lists beside
    it, see `scores`); `lower_wins` for ranks.
    """

    name = "rated_responses"
    title = "several rated or ranked responses a row (UltraFeedback, distilabel, Nectar), compared two by two"

    def detect(self, records: Sequence[Record], columns: Sequence[str]) -> Detection | None:
        """Recognise a list of responses with a score in each, or a list of scores beside it."""
        for name in (name for name in _LISTS if name in columns):
            members = [m for record in records if isinstance(record.get(name), list) for m in record[name]]
            options = _options(records, columns, members)
            if options is not None:
                return self._reading(records, columns, name, options)
        return None

    def _reading(
        self, records: Sequence[Record], columns: Sequence[str], name: str, options: dict[str, str | bool]
    ) -> Detection:
        prompt = prompt_field(columns)
        fields = {"candidates": name, **({} if prompt is None else {"prompt": prompt})}
        spoken = {*fields, *fields.values(), "label", *(str(v) for v in options.values())}
        extras = find_extras(records, spoken, is_pair=False)
        kept = {
            k: v
            for k, v in extras.fields.items()
            if not k.startswith(("judgment.", "model_", "score_", "aspects_", "position"))
        }
        mapping = FieldMapping(self.name, {**kept, **fields}, {}, extras.slices, options)
        score = options.get("score") or options.get("scores")
        reasons = [f"{name} is a list of responses, {score} scores each of them"]
        if side_fields(columns) is not None:
            reasons.append("but the rows also hold a pair made of them")
        confidence = 0.92 if side_fields(columns) is None and prompt is not None else 0.6
        return Detection(self.name, confidence, tuple(reasons), mapping, tuple(extras.notes))

    def convert(self, block: Block, mapping: FieldMapping, file_name: str) -> Converted:
        """Make a comparison of every two rated responses; rows with fewer than two are set aside."""
        draft = Draft(block, mapping, file_name)
        if draft.has("prompt"):
            prompts = draft.read("prompt")
            draft.require("prompt", prompts)
            draft.columns["prompt"] = prompts
        draft.read_rest()
        source: list[int] = []
        parts: list[int] = []
        pairs: list[tuple[Rated, Rated]] = []
        for row, value in enumerate(draft.raw("candidates")):
            try:
                rated = list(_rated(draft, row, value))
            except RowFault as found:
                draft.fail(row, found)
                continue
            for part, pair in enumerate(combinations(rated, 2)):
                source.append(row)
                parts.append(part)
                pairs.append(pair)
        draft.expand(source, parts)
        _add_pairs(draft, pairs, is_lower_better=mapping.options.get("lower_wins") is True)
        return draft.finish()


def _options(records: Sequence[Record], columns: Sequence[str], members: Sequence[Any]) -> dict[str, str | bool] | None:
    if members and all(is_text(member) for member in members if member is not None):
        scores = next((n for n in _RATINGS if any(_is_scores(record.get(n)) for record in records)), None)
        models = next((n for n in _MODELS if n in columns), None)
        return None if scores is None else {"scores": scores, **({} if models is None else {"models": models})}
    objects = [member for member in members if isinstance(member, dict)]
    if not objects:
        return None
    text = next((key for key in _TEXT if any(is_text(member.get(key)) for member in objects)), None)
    score = next((key for key in (*_SCORE, "rank") if any(_is_score(member.get(key)) for member in objects)), None)
    if text is None or score is None:
        return None
    model = next((key for key in ("model", "model_name", "source") if any(key in m for m in objects)), None)
    named = {"text": text, "score": f'"{score}"' if "-" in score else score}
    aspects = next((key for key in _ASPECTS if any(_aspect_mean(m.get(key)) is not None for m in objects)), None)
    return {
        **named,
        **({} if model is None else {"model": model}),
        **({} if aspects is None else {"aspects": aspects}),
        **({"lower_wins": True} if score == "rank" else {}),
    }


def _aspect_mean(value: Any) -> float | None:
    """Return the mean of fine-grained ratings: {aspect: number} or {aspect: {"Rating": number}}; None without any."""
    if _is_score(value):
        return float(value)
    if not isinstance(value, dict):
        return None
    ratings = [one.get("Rating", one.get("rating")) if isinstance(one, dict) else one for one in value.values()]
    found = []
    for rating in ratings:
        try:
            number = None if isinstance(rating, list | dict | bool) else as_number(rating)
        except Misfit:  # "N/A" and the like
            continue
        if number is not None:
            found.append(number)
    return sum(found) / len(found) if found else None


def _is_score(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_scores(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(item is None or _is_score(item) for item in value)


def _rated(draft: Draft, row: int, value: Any) -> Iterator[Rated]:
    """Yield the responses of a row that have a score; raise RowFault when fewer than two have."""
    options, path = draft.mapping.options, draft.mapping.fields["candidates"]
    if not isinstance(value, list) or len(value) > _TOO_MANY:
        raise fault("candidates", path, value, Misfit(f"a list of at most {_TOO_MANY} responses"))
    record = draft.records[row]
    texts = [_below(member, options.get("text")) for member in value]
    scores = _beside(record, value, options.get("scores"), options.get("score"))
    models = _beside(record, value, options.get("models"), options.get("model"))
    found = 0
    for index, (text, score, model) in enumerate(zip(texts, scores, models, strict=True)):
        where = f"{path}.{index}"
        number = _checked(as_number, "score", where, score)
        if number is None:
            continue
        if not isinstance(text, str):
            raise fault("response", where, text, Misfit("text", "missing_field" if text is None else "wrong_type"))
        found += 1
        aspects = _aspect_mean(_below(value[index], options["aspects"])) if "aspects" in options else None
        yield Rated(text, float(number), _checked(as_identifier, "model", where, model), aspects)
    if found < 2:
        raise RowFault("no_comparison", f"field {path}: {found} rated responses, expected two or more")


def _checked(coerce: Any, name: str, where: str, value: Any) -> Any:
    if value is None or value == "N/A":
        return None
    try:
        return coerce(value)
    except Misfit as misfit:
        raise fault(name, where, value, misfit) from None


def _below(member: Any, path: object) -> Any:
    return member if path is None else dig(member, parse_paths(str(path))[0])


def _beside(record: Record, members: list[Any], lists: object, inner: object) -> list[Any]:
    """Return one value a member: from a list beside the members, from within each, or null."""
    if lists is not None:
        beside = dig(record, parse_paths(str(lists))[0])
        if beside is not None and (not isinstance(beside, list) or len(beside) != len(members)):
            raise fault("scores", str(lists), beside, Misfit(f"a list of {len(members)}, one a response"))
        return list(beside) if beside is not None else [None] * len(members)
    return [None if inner is None else _below(member, inner) for member in members]


def _add_pairs(draft: Draft, pairs: Sequence[tuple[Rated, Rated]], *, is_lower_better: bool) -> None:
    labels = []
    for a, b in pairs:
        gap = (b.score - a.score) if is_lower_better else (a.score - b.score)
        labels.append("tie" if gap == 0 else "a" if gap > 0 else "b")
    draft.columns["label"] = labels
    for index, side in enumerate("ab"):
        draft.columns[f"response_{side}"] = [pair[index].text for pair in pairs]
        draft.columns[f"score_{side}"] = [pair[index].score for pair in pairs]
        if "aspects" in draft.mapping.options:
            draft.columns[f"aspects_{side}"] = [pair[index].aspects for pair in pairs]
        if "model" in draft.mapping.options or "models" in draft.mapping.options:
            draft.columns[f"model_{side}"] = [pair[index].model for pair in pairs]
