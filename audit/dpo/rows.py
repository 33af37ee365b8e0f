"""Rows of preference data as token ids, as a specification says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, cast

from audit.derive.pairs import texts_of
from audit.dpo.logps import TokenPair
from audit.errors import MissingExtraError, UsageError
from audit.reading import Reading
from audit.schema import LABELS

Ids = tuple[int, ...]


class Tokenizer(Protocol):
    """What of a transformers tokenizer is used."""

    eos_token_id: int | None

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        """Return token ids."""

    def apply_chat_template(self, messages: list[dict[str, str]], **options: Any) -> str:
        """Return the rendered conversation."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long pairs may be, in tokens."""

    most: int
    most_prompt: int | None = None
    truncation: str = "keep_start"

    def __post_init__(self) -> None:
        if self.truncation == "keep_end":
            raise UsageError(
                "this trainer reads one prompt for both responses; keep_end cuts it differently for each",
                where="truncation",
                got="keep_end",
                expected="keep_start, drop or error",
            )


CUT: Final = "cut to max_length"
TOO_LONG: Final = "longer than max_length"
LONG_PROMPT: Final = "prompt leaves no room"
NO_TEXT: Final = "no label or text"
EMPTY: Final = "no token in prompt or response"
SHIFTED: Final = "prompt tokens given up at a merge"


def load_tokenizer(folder: Path) -> Tokenizer:
    """Load a tokenizer from a local folder; no code of it is run, nothing is fetched.

    Raises:
        MissingExtraError: transformers is not installed.
        UsageError: there is none.
    """
    try:
        import transformers  # heavy
    except ImportError as fault:
        raise MissingExtraError("transformers", "dpo", "reading a tokenizer") from fault
    try:
        found = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError) as fault:
        raise UsageError("no tokenizer can be loaded", where=str(folder), got=str(fault)[:300]) from fault
    return cast("Tokenizer", found)


def comparisons(readings: Sequence[Reading]) -> Iterator[Mapping[str, Any]]:
    """Yield the canonical columns of every accepted row, in the order of files (by name) and rows."""
    for reading in sorted(readings, key=lambda reading: reading.name):
        for chunk in reading.container.chunks(reading.fields):
            yield from reading.convert(reading.container.parse(chunk, reading.fields)).batch.to_pylist()


def tokenize(
    rows: Iterable[Mapping[str, Any]], tokenizer: Tokenizer, lengths: Lengths, *, template: str | None = ""
) -> tuple[list[TokenPair], Counter[str]]:
    """Return the pairs that can be trained on, and how many rows were left out or cut, by reason.

    Prompt and prompt with response are tokenized whole; a response starts where the three sequences part, as in TRL.
    A text gets the end-of-sequence token; a conversation gets what its template writes.

    Args:
        rows: canonical columns.
        tokenizer: of the model.
        lengths: the limits.
        template: of conversations: text, "" for the tokenizer's own, None for none.

    Raises:
        UsageError: truncation is `error` and a pair is too long, or a conversation has no template.
    """
    pairs: list[TokenPair] = []
    fates: Counter[str] = Counter()
    for row in rows:
        label = LABELS.index(row.get("label") or "")
        named = texts_of(row, label) if LABELS[label] in ("a", "b") and _has_texts(row) else None
        if named is None:
            fates[NO_TEXT] += 1
            continue
        found = _shorten(_ids(named, tokenizer, template, fates), lengths, fates, row)
        if found:
            pairs.append(
                TokenPair(found[0], found[1], found[2], 1.0 if row.get("weight") is None else float(row["weight"]))
            )
    return pairs, fates


def _has_texts(row: Mapping[str, Any]) -> bool:
    return all(
        row.get(name) is not None or row.get(f"{name}_turns") is not None
        for name in ("prompt", "response_a", "response_b")
    )


def _ids(named: Mapping[str, Any], tokenizer: Tokenizer, template: str | None, fates: Counter[str]) -> list[Ids]:
    """Return prompt, chosen and rejected in token ids."""
    if isinstance(named["prompt"], str):
        end = (tokenizer.eos_token_id,) if tokenizer.eos_token_id is not None else ()
        texts = [named["prompt"], *(named["prompt"] + named[side] for side in ("chosen", "rejected"))]
    else:
        end = ()
        texts = _rendered(named, tokenizer, template)
    prompt, chosen, rejected = (tuple(tokenizer.encode(text, add_special_tokens=False)) for text in texts)
    shared = 0
    while (
        shared < len(prompt)
        and prompt[shared : shared + 1] == chosen[shared : shared + 1] == rejected[shared : shared + 1]
    ):
        shared += 1
    fates[SHIFTED] += shared < len(prompt)
    return [prompt[:shared], chosen[shared:] + end, rejected[shared:] + end]


def _rendered(named: Mapping[str, Any], tokenizer: Tokenizer, template: str | None) -> list[str]:
    if template is None:
        fix = 'set mode = "tokenizer" or "file", or train on texts'
        raise UsageError("these rows are conversations and there is no template", where="chat_template.mode", fix=fix)
    own: dict[str, Any] = {"tokenize": False, **({"chat_template": template} if template else {})}
    prompt = named["prompt"]
    whole = [tokenizer.apply_chat_template(prompt + named[side], **own) for side in ("chosen", "rejected")]
    return [tokenizer.apply_chat_template(prompt, add_generation_prompt=True, **own), *whole]


def _shorten(ids: list[Ids], lengths: Lengths, fates: Counter[str], row: Mapping[str, Any]) -> list[Ids] | None:
    prompt, chosen, rejected = ids
    if lengths.most_prompt is not None:
        prompt = prompt[-lengths.most_prompt :]
    if not (prompt and chosen and rejected):
        fates[EMPTY] += 1
        return None
    if len(prompt) + max(len(chosen), len(rejected)) <= lengths.most:
        return [prompt, chosen, rejected]
    if lengths.truncation == "error":
        got = f"{len(prompt) + max(len(chosen), len(rejected))} tokens"
        raise UsageError(TOO_LONG, where=f"row {row.get('row')}", got=got, expected=f"at most {lengths.most}")
    room = lengths.most - len(prompt)
    if lengths.truncation == "drop" or room < 1:
        fates[TOO_LONG if lengths.truncation == "drop" else LONG_PROMPT] += 1
        return None
    fates[CUT] += 1
    return [prompt, chosen[:room], rejected[:room]]
