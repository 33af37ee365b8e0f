"""The training that a dataset is certified for: `training.toml`, read strictly, and its digest.

"Fit for DPO" means nothing without the models, tokenizer, template, objective, lengths and trainer: the specification
fixes them, and a certificate binds it by digest. Numbers are carried as decimal strings, so that no two readers round
them differently; local files are carried by their SHA-256, and never by where they lie.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from audit.canonical import digest
from audit.errors import UsageError
from audit.rules.reading import Key, Problem, choice, read_table, shown, text, texts, whole
from audit.training_files import Unreadable, file_digest, folder_digest, tokenizer_files

FORMAT: Final = 1
MOST_BYTES: Final = 1 << 20
"""A larger specification is refused unread."""
_MOST_DIGITS: Final = 28
"""More would be rounded by decimal arithmetic."""
_MOST_SHOWN: Final = 20
_DECIMAL: Final = re.compile(r"[0-9]{1,30}(\.[0-9]{1,30})?")


class Objective(StrEnum):
    """The loss, by the names that TRL gives; `ipo` averages over tokens, `ipo_sum` adds up as the IPO paper does."""

    SIGMOID = "sigmoid"
    SIGMOID_NORM = "sigmoid_norm"
    HINGE = "hinge"
    IPO = "ipo"
    IPO_SUM = "ipo_sum"
    EXO_PAIR = "exo_pair"
    NCA_PAIR = "nca_pair"
    ROBUST = "robust"
    BCO_PAIR = "bco_pair"
    SPPO_HARD = "sppo_hard"
    AOT = "aot"
    AOT_UNPAIRED = "aot_unpaired"
    APO_ZERO = "apo_zero"
    APO_DOWN = "apo_down"
    DISCOPOP = "discopop"


class Truncation(StrEnum):
    """What happens to a pair that is too long."""

    KEEP_START = "keep_start"
    KEEP_END = "keep_end"
    DROP = "drop"
    ERROR = "error"


class Precision(StrEnum):
    """Number format of the weights in training."""

    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"
    FP8 = "fp8"


class ReferenceMode(StrEnum):
    """Where the reference model comes from: the policy before training, another model, or stored log-probabilities."""

    SAME = "same"
    OTHER = "other"
    PRECOMPUTED = "precomputed"


class TemplateMode(StrEnum):
    """Where the chat template comes from: the tokenizer's own, a file, or none."""

    TOKENIZER = "tokenizer"
    FILE = "file"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class TrainingSpec:
    """A training specification with every local file digested."""

    values: Mapping[str, Any]
    """The fields of a certificate's `training`: camelCase names, JSON values."""

    def to_json(self) -> dict[str, Any]:
        """Return the fields as a certificate's predicate holds them, without the digest."""
        return dict(self.values)

    @property
    def digest(self) -> str:
        """Prefix `sha256:` and hex, of the RFC 8785 form of `to_json()`: the certificate's `training.specDigest`."""
        return digest(self.to_json())


def decimal_text(value: object) -> str:
    """Return a number in the one form that specifications carry: plain digits, no exponent, no needless zero.

    Args:
        value: an int, a Decimal, or text such as 0.1.

    Raises:
        ValueError: anything else, not finite, or with more than 28 digits.
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError("not a number")
    try:
        found = Decimal(value if not isinstance(value, str) or _DECIMAL.fullmatch(value) else "x")
    except InvalidOperation as fault:
        raise ValueError("not a decimal number") from fault
    if not found.is_finite() or abs(found.adjusted()) > _MOST_DIGITS or len(found.as_tuple().digits) > _MOST_DIGITS:
        raise ValueError("not finite, or too long")
    return "0" if found == 0 else format(found.normalize(), "f")


def _between(low: str, high: str | None, *, lowest: bool, required: bool = True) -> Key:
    """Return a key that holds a number above `low` (or equal, where `lowest`) and below `high`."""

    def read(value: object) -> str:
        written = decimal_text(value)
        number = Decimal(written)
        if number < Decimal(low) or (number == Decimal(low) and not lowest):
            raise ValueError("too small")
        if high is not None and number >= Decimal(high):
            raise ValueError("too large")
        return written

    span = f"a number {'from' if lowest else 'above'} {low}" + (f" and below {high}" if high else "")
    return Key(read, span, required)


def _nested(keys: Mapping[str, Key], *, required: bool = True) -> Key:
    def read(value: object) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise ValueError("not a table")
        return value

    return Key(read, "a table with " + ", ".join(keys), required, table=keys)


def _format(value: object) -> int:
    if isinstance(value, bool) or value != FORMAT:
        raise ValueError("another format")
    return FORMAT


_DIGEST: Final = text("sha256:[0-9a-f]{64}", '"sha256:" and 64 lower-case hex digits', required=False)
_SOURCE: Final[dict[str, Key]] = {
    "uri": text(required=False),
    "revision": text(required=False),
    "path": text(required=False),
    "digest": _DIGEST,
}
SPEC_KEYS: Final[dict[str, Key]] = {
    "format": Key(_format, str(FORMAT)),
    "objective": choice(Objective),
    "beta": _between("0", None, lowest=False),
    "label_smoothing": _between("0", "0.5", lowest=True, required=False),
    "max_length": whole(1, required=True),
    "max_prompt_length": whole(1),
    "truncation": choice(Truncation),
    "precision": choice(Precision),
    "policy_model": _nested(_SOURCE),
    "reference_model": _nested({"mode": choice(ReferenceMode), **_SOURCE}),
    "tokenizer": _nested({**_SOURCE, "files": texts(expected="a list of distinct paths")}),
    "chat_template": _nested({"mode": choice(TemplateMode), "path": text(required=False), "digest": _DIGEST}),
    "trainer": _nested({"name": text(), "version": text()}),
}


def load_spec(path: Path) -> TrainingSpec:
    """Read a training specification and digest the files that it names, relative to its own folder.

    Raises:
        UsageError: it is no TOML, a key is unknown, missing or of a wrong type, keys contradict each other, or a file
            cannot be read or has another digest than stated; the message names the key, what was got and expected.
    """
    raw = _toml(path)
    values, problems = read_table(raw, SPEC_KEYS, "")
    if not problems:
        problems = list(_contradictions(values))
    if problems:
        raise _error(path, problems)
    try:
        return TrainingSpec(_resolved(values, path.parent))
    except Unreadable as fault:
        raise _error(path, [Problem(fault.key, fault.what, fault.got, fault.expected)]) from fault


def _toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise UsageError("the training specification is too large", where=path.name, expected="at most 1 MiB")
        return tomllib.loads(content.decode("utf-8"), parse_float=Decimal)
    except OSError as fault:
        raise UsageError(f"the training specification cannot be read: {fault.strerror}", where=path.name) from fault
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError, InvalidOperation) as fault:
        raise UsageError(
            f"the training specification is no TOML: {fault}",
            where=path.name,
            fix="compare it with fixtures/training/training.toml",
        ) from fault


def _contradictions(values: Mapping[str, Any]) -> list[Problem]:
    found = [*_unpinned("policy_model", values["policy_model"]), *_unpinned("tokenizer", values["tokenizer"])]
    reference, template = values["reference_model"], values["chat_template"]
    named = sorted({"uri", "revision", "path", "digest"} & reference.keys())
    if reference["mode"] == ReferenceMode.SAME and named:
        what = "the reference is the policy itself, so nothing else may name it"
        found.append(Problem(f"reference_model.{named[0]}", what, fix='remove it, or set mode = "other"'))
    if reference["mode"] != ReferenceMode.SAME:
        found += _unpinned("reference_model", reference)
    is_file = template["mode"] == TemplateMode.FILE
    if is_file != bool({"path", "digest"} & template.keys()):
        what = "a template file needs path or digest" if is_file else "only a template file has path or digest"
        found.append(Problem("chat_template.mode", what, str(template["mode"])))
    if values.get("max_prompt_length", 0) >= values["max_length"]:
        got = str(values["max_prompt_length"])
        found.append(Problem("max_prompt_length", "leaves no room for a response", got, "less than max_length"))
    return found


def _unpinned(key: str, source: Mapping[str, Any]) -> list[Problem]:
    """Report a source that tomorrow may be something else."""
    source = {name: value for name, value in source.items() if value}
    if not {"uri", "path", "files", "digest"} & source.keys():
        return [Problem(key, "required, but missing", expected="uri, path or digest")]
    if "uri" in source and not {"revision", "digest", "path", "files"} & source.keys():
        return [Problem(f"{key}.revision", "a URI alone may change its content", "no revision", "revision or digest")]
    return []


def _error(path: Path, problems: list[Problem]) -> UsageError:
    """Return the error of all problems, the one with a hint of its mending first."""
    first, *more = sorted(problems, key=lambda problem: not problem.fix)
    also = "".join(f"\n  also: {problem}" for problem in more[:_MOST_SHOWN])
    return UsageError(
        first.what,
        where=f"{path.name}: {first.where}",
        got=first.got or None,
        expected=first.expected or None,
        fix=(first.fix or "see fixtures/training/training.toml, and reports/training-spec.schema.json") + also,
    )


def _resolved(values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the fields under their names in a certificate, files replaced by digests."""
    tokenizer, template = values["tokenizer"], values["chat_template"]
    found: dict[str, Any] = {
        "objective": str(values["objective"]),
        "beta": values["beta"],
        "labelSmoothing": values.get("label_smoothing", "0"),
        "maxLength": values["max_length"],
        "maxPromptLength": values.get("max_prompt_length"),
        "truncation": str(values["truncation"]),
        "precision": str(values["precision"]),
        "policyModel": _source("policy_model", values["policy_model"], folder),
        "referenceModel": _source("reference_model", values["reference_model"], folder),
        "tokenizer": {
            **_source("tokenizer", {k: v for k, v in tokenizer.items() if k != "path"}, folder),
            "files": tokenizer_files(tokenizer.get("path"), tokenizer.get("files", ()), folder),
        },
        "chatTemplate": {"mode": str(template["mode"]), "sha256": _template(template, folder)},
        "trainer": {"name": values["trainer"]["name"], "version": values["trainer"]["version"]},
    }
    return found


def _source(key: str, source: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {name: source.get(name) for name in ("uri", "revision", "digest")}
    if "mode" in source:
        found["mode"] = str(source["mode"])
    if "path" in source:
        place = folder / source["path"]
        of = folder_digest if place.is_dir() else file_digest
        found["digest"] = _agree(key, "sha256:" + of(place, f"{key}.path"), source.get("digest"))
    return found


def _template(template: Mapping[str, Any], folder: Path) -> str | None:
    stated: str | None = template.get("digest")
    if "path" in template:
        found = "sha256:" + file_digest(folder / template["path"], "chat_template.path")
        stated = _agree("chat_template", found, stated)
    return None if stated is None else stated.removeprefix("sha256:")


def _agree(key: str, found: str, stated: str | None) -> str:
    if stated is not None and stated != found:
        raise Unreadable(f"{key}.digest", "the local files have another digest", found, shown(stated))
    return found
