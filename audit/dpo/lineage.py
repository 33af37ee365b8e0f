"""Training by a specification, with a record of what was trained on what: `lineage.json`."""

from __future__ import annotations

import json
import os
import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from audit.canonical import digest
from audit.certificate.rows import RowDigests, digest_rows
from audit.certified import assert_certified
from audit.dpo.logps import TokenPair
from audit.dpo.losses import LossOptions, PreferenceLoss
from audit.dpo.models import HubModel, load_model, merge_low_rank
from audit.dpo.rows import Lengths, comparisons, load_tokenizer, tokenize
from audit.dpo.training import Progress, Trained, TrainSettings, fit, reference_logps
from audit.errors import UsageError
from audit.files import read_file, read_toml
from audit.reading import Reading, Selection, bind
from audit.report.atomic import write_atomically
from audit.sources import open_any
from audit.training import TrainingSpec, load_spec

FORMAT = 1
Place = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a specification's local files lie."""

    policy: Path
    reference: Path | None
    """None: the policy as it is before training."""
    tokenizer: Path
    template: str | None
    """Text, "" for the tokenizer's own, None for none."""


def train(
    data: object,
    spec: Place,
    out: Place,
    settings: TrainSettings | None = None,
    *,
    selection: Selection | None = None,
    certificate: Place | None = None,
    trust: Place | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Train the specification's policy on preference data and save model, log and lineage.

    Args:
        data: path, glob, folder or URL, a list of them, a DataFrame, a pyarrow Table or a `datasets.Dataset`.
        spec: training.toml; its policy and tokenizer must be local folders.
        out: folder of `model/`, `log.jsonl`, `lineage.json` and, where asked for, `checkpoint.pt`.
        settings: hyper-parameters that the specification does not fix.
        selection: how files are read; None: detected.
        certificate: of data and specification; checked before anything is loaded.
        trust: the trust policy, needed with a certificate.
        resume: go on from `out/checkpoint.pt`.
        progress: told stage, done and total.

    Returns:
        The lineage, as written.

    Raises:
        VerificationError: the certificate does not hold for these data and this specification.
        UsageError: something cannot be read, or is not supported by this trainer.
        AuditError: the loss is no number any more, or has run away.
    """
    known, folder = load_spec(Path(spec)), Path(out)
    if (certificate is None) != (trust is None):
        raise UsageError("a certificate and a trust policy are given together", where="certificate, trust")
    if certificate is not None and trust is not None:
        assert_certified(data, known, certificate, trust)
    loss, lengths = _objective(known), _lengths(known)
    used = _with_precision(settings or TrainSettings(), known)
    sources = _sources(Path(spec))
    readings = [bind(container, selection or Selection()) for container in open_any(data)]
    rows = digest_rows(readings)
    pairs, fates = _pairs(readings, sources, lengths)
    model = load_model(sources.policy, used.device)
    before = _reference(sources, pairs, used, progress) if not resume else None
    identity = digest(_identity(known, rows, used))
    done = fit(
        model, pairs, loss, used, reference=before, out=folder, identity=identity, resume=resume, progress=progress
    )
    lineage = _record(known, rows, used, done, fates, certificate)
    _save(model, lineage, folder, used)
    return lineage


def _objective(spec: TrainingSpec) -> PreferenceLoss:
    values = spec.values
    return PreferenceLoss(values["objective"], LossOptions(float(values["beta"]), float(values["labelSmoothing"])))


def _lengths(spec: TrainingSpec) -> Lengths:
    values = spec.values
    return Lengths(values["maxLength"], values["maxPromptLength"], values["truncation"])


def _with_precision(settings: TrainSettings, spec: TrainingSpec) -> TrainSettings:
    asked = spec.values["precision"]
    if asked not in ("fp32", "bf16"):
        raise UsageError("this trainer has no such precision", where="precision", got=asked, expected="fp32 or bf16")
    on_gpu = torch.device(settings.device).type == "cuda"
    if on_gpu and not torch.cuda.is_available():
        raise UsageError("no GPU can be used", where="device", got=settings.device, expected="cpu")
    return replace(settings, bf16=asked == "bf16" and on_gpu)


def _sources(spec: Path) -> Sources:
    raw = read_toml(spec, "the training specification")

    def folder(key: str) -> Path:
        path = raw[key].get("path")
        if not path or not (spec.parent / path).is_dir():
            raise UsageError("training needs a local folder", where=f"{spec.name}: {key}.path", got=str(path))
        return spec.parent / str(path)

    mode = raw["reference_model"]["mode"]
    if mode == "precomputed":
        raise UsageError("this trainer computes them itself", where="reference_model.mode", got=mode, expected="same")
    template = raw["chat_template"]
    if template["mode"] == "file" and "path" not in template:
        raise UsageError("training needs the template itself", where="chat_template.path", got="a digest only")
    text: str | None = "" if template["mode"] == "tokenizer" else None
    if template["mode"] == "file":
        text = read_file(spec.parent / template["path"], "the template").decode()
    tokenizer = folder("tokenizer") if raw["tokenizer"].get("path") else folder("policy_model")
    return Sources(folder("policy_model"), None if mode == "same" else folder("reference_model"), tokenizer, text)


def _pairs(readings: Sequence[Reading], sources: Sources, lengths: Lengths) -> tuple[list[TokenPair], Counter[str]]:
    return tokenize(comparisons(readings), load_tokenizer(sources.tokenizer), lengths, template=sources.template)


def _reference(
    sources: Sources, pairs: list[TokenPair], settings: TrainSettings, progress: Progress | None
) -> torch.Tensor | None:
    if sources.reference is None or not pairs:
        return None
    return reference_logps(load_model(sources.reference, settings.device), pairs, settings, progress)


def _identity(spec: TrainingSpec, rows: RowDigests, settings: TrainSettings) -> dict[str, Any]:
    """Return what decides the weights: `checkpoint_every` does not."""
    chosen = {name: str(value) for name, value in asdict(settings).items() if name != "checkpoint_every"}
    return {"spec": spec.digest, "orderedRoot": rows.ordered_root, "settings": chosen}


def _record(
    spec: TrainingSpec,
    rows: RowDigests,
    settings: TrainSettings,
    done: Trained,
    fates: Counter[str],
    certificate: Place | None,
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "training": spec.to_json(),
        "specDigest": spec.digest,
        **rows.to_json(),
        "settings": asdict(settings),
        "precision": "bf16" if settings.bf16 else "fp32",
        "leftOutOrCut": {reason: n for reason, n in sorted(fates.items()) if n},
        "certificate": None if certificate is None else Path(certificate).name,
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}},
        "metrics": done.summary,
    }


_PACKAGES = ("dpo-audit", "torch", "transformers", "tokenizers")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _save(model: HubModel, lineage: dict[str, Any], folder: Path, settings: TrainSettings) -> None:
    if settings.adapt.startswith("lora"):
        merge_low_rank(model)
    model.causal.save_pretrained(folder / "model")
    write_atomically(folder / "lineage.json", (json.dumps(lineage, indent=2, sort_keys=True) + "\n").encode())
