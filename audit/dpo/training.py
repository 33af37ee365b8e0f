"""The training loop: from pairs in token ids to a trained model, resumable and the same bits each time on a CPU.

Order of work: reference log-probabilities once; then for each step a batch of pairs of like length, read in
micro-batches whose gradients add up, clipped, one AdamW step with a linearly falling rate.
"""

from __future__ import annotations

import io
import json
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from audit.dpo.logps import Batch, TokenPair, collate, logps
from audit.dpo.losses import OF_THE_BATCH, LogProbs, PreferenceLoss
from audit.dpo.models import as_trunk, choose_weights
from audit.errors import AuditError, UsageError
from audit.report.atomic import write_atomically

WINDOW: Final = 32
"""Batches within which pairs are sorted by length."""
RECENT: Final = 20
"""Steps whose mean loss is watched."""
RUNAWAY: Final = 5.0
"""Times the first mean loss: above it training has diverged."""
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """Hyper-parameters that a specification does not fix."""

    lr: float = 1e-6
    epochs: int = 1
    batch: int = 16
    """Pairs a step."""
    micro: int = 4
    """Pairs read at once; changes memory and speed, not what is learned."""
    adapt: str = "full"
    """`full`, `last:K` or `lora:R`."""
    warmup: float = 0.0
    """Share of the steps in which the rate rises."""
    weight_decay: float = 0.0
    clip: float = 1.0
    """Largest norm of a step's gradient."""
    seed: int = 0
    checkpoint_every: int = 0
    """Steps; 0: never."""
    device: str = "cpu"
    bf16: bool = False
    """Matrix products in bfloat16; weights and sums stay in single precision."""

    def __post_init__(self) -> None:
        whole = {"epochs": self.epochs, "batch": self.batch, "micro": self.micro}
        for name, value in whole.items():
            if value < 1:
                raise UsageError("too small", where=name, got=str(value), expected="at least 1")
        for name, number in {"lr": self.lr, "clip": self.clip}.items():
            if not (math.isfinite(number) and number > 0):
                raise UsageError("no such number", where=name, got=f"{number:g}", expected="above 0")
        if not 0 <= self.warmup < 1 or self.weight_decay < 0 or self.checkpoint_every < 0:
            raise UsageError("a number is out of range", where="warmup, weight_decay or checkpoint_every")


@dataclass(frozen=True, slots=True)
class Trained:
    """What a run ends with."""

    steps: int
    losses: tuple[float, ...]
    """Mean loss of each step."""
    summary: dict[str, Any]


def schedule(lengths: Sequence[int], batch: int, seed: int, epoch: int) -> list[list[int]]:
    """Return the batches of one epoch: every pair once, like lengths together, in an order of the seed and epoch.

    Args:
        lengths: tokens of each pair.
        batch: pairs a batch; the last may be smaller.
        seed: of the run.
        epoch: from 0.
    """
    own = random.Random(f"{seed}:{epoch}")  # noqa: S311 - an order, not a secret
    order = list(range(len(lengths)))
    own.shuffle(order)
    batches = []
    for start in range(0, len(order), batch * WINDOW):
        window = sorted(order[start : start + batch * WINDOW], key=lambda i: (lengths[i], i))
        batches += [window[i : i + batch] for i in range(0, len(window), batch)]
    own.shuffle(batches)
    return batches


@torch.no_grad()
def reference_logps(
    model: nn.Module, pairs: Sequence[TokenPair], settings: TrainSettings, progress: Progress | None = None
) -> Tensor:
    """Return the log-probabilities of a model that stays as it is: shape (2, n), chosen first, on the CPU."""
    found = torch.zeros(2, len(pairs))
    order = sorted(range(len(pairs)), key=lambda i: pairs[i].packed_length)
    for start in range(0, len(order), settings.micro):
        some = order[start : start + settings.micro]
        with _precision(settings):
            both = logps(as_trunk(model), collate([pairs[i] for i in some], settings.device))
        found[:, some] = torch.stack(both).float().cpu()
        if progress:
            progress("reference", start + len(some), len(pairs))
    return found


def fit(
    model: nn.Module,
    pairs: Sequence[TokenPair],
    loss: PreferenceLoss,
    settings: TrainSettings,
    *,
    reference: Tensor | None = None,
    out: Path | None = None,
    identity: str = "",
    resume: bool = False,
    progress: Progress | None = None,
) -> Trained:
    """Train a model in place.

    Args:
        model: a `Trunk` with `layers`, on the settings' device.
        pairs: in token ids.
        loss: the objective.
        settings: hyper-parameters.
        reference: log-probabilities as of `reference_logps`; None: of the model as it is now.
        out: folder of `log.jsonl` and `checkpoint.pt`; None: neither is written.
        identity: of data, specification and model; a checkpoint of another identity is refused.
        resume: go on from the checkpoint in `out`.
        progress: told the steps done.

    Raises:
        UsageError: there is nothing to train on, a setting contradicts the loss, or the checkpoint is another run's.
        AuditError: the loss is no number any more, or has run away.
    """
    if not pairs:
        raise UsageError("no pair is left to train on", where="DATA")
    if loss.name in OF_THE_BATCH and settings.micro < settings.batch:
        raise UsageError(f"{loss.name} needs a whole batch at once", where="micro", expected="the size of a batch")
    checkpoint = _load_checkpoint(out, identity) if resume else None
    if checkpoint:
        reference = checkpoint["reference"]
    elif reference is None:
        reference = reference_logps(model, pairs, settings, progress)
    run = _Run(model, pairs, loss, settings, reference, out, identity)
    if checkpoint:
        run.restore(checkpoint)
    return run.to_the_end(progress)


class _Run:
    """The state of one training."""

    def __init__(
        self,
        model: nn.Module,
        pairs: Sequence[TokenPair],
        loss: PreferenceLoss,
        settings: TrainSettings,
        reference: Tensor,
        out: Path | None,
        identity: str,
    ) -> None:
        self.model, self.pairs, self.loss, self.settings = model, pairs, loss, settings
        self.reference, self.out, self.identity = reference, out, identity
        self.weights = choose_weights(model, settings.adapt, settings.seed)
        self.optimizer = torch.optim.AdamW(
            self.weights.values(), lr=settings.lr, weight_decay=settings.weight_decay, betas=(0.9, 0.999), eps=1e-8
        )
        self.lines: list[dict[str, Any]] = []
        self.a_epoch = math.ceil(len(pairs) / settings.batch)
        self.total = self.a_epoch * settings.epochs
        model.eval()  # no dropout, as in the DPO paper's code

    def to_the_end(self, progress: Progress | None) -> Trained:
        started, first = time.perf_counter(), len(self.lines)
        for batch in self._batches(first):
            line = self._step(batch)
            self.lines.append(line)
            self._stop_if_lost()
            done = len(self.lines)
            if progress:
                left = (time.perf_counter() - started) / (done - first) * (self.total - done)
                progress(f"loss {line['loss']:.4f}, {left / 60:.1f} min left", done, self.total)
            every = self.settings.checkpoint_every
            if self.out and every and (done % every == 0 or done == self.total):
                self._save()
        self._write_log()
        return Trained(len(self.lines), tuple(line["loss"] for line in self.lines), self._summary())

    def _batches(self, first: int) -> Iterator[list[int]]:
        lengths = [pair.packed_length for pair in self.pairs]
        for epoch in range(first // self.a_epoch, self.settings.epochs):
            batches = schedule(lengths, self.settings.batch, self.settings.seed, epoch)
            yield from batches[max(0, first - epoch * self.a_epoch) :]

    def _rate(self, step: int) -> float:
        rising = math.ceil(self.settings.warmup * self.total)
        share = (step + 1) / (rising + 1) if step < rising else (self.total - step) / max(1, self.total - rising)
        return self.settings.lr * share

    def _step(self, some: list[int]) -> dict[str, Any]:
        rate = self._rate(len(self.lines))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        parts = []
        for start in range(0, len(some), self.settings.micro):
            micro = some[start : start + self.settings.micro]
            with _precision(self.settings):
                pairs, batch = self._log_probs(micro)
            each = self.loss(pairs, batch.weights.to(pairs.d.dtype))
            (each.sum() / len(some)).backward()  # type: ignore[no-untyped-call]
            parts.append(torch.stack((each, pairs.d, pairs.c, pairs.r)).detach())
        norm = float(torch.nn.utils.clip_grad_norm_(self.weights.values(), self.settings.clip))
        if math.isfinite(norm):
            self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        each, margin, chosen, rejected = torch.cat(parts, 1).double().cpu()
        beta = self.loss.options.beta
        return {
            "step": len(self.lines) + 1,
            "loss": float(each.mean()),
            "margin": beta * float(margin.mean()),
            "accuracy": float((margin > 0).double().mean()),
            "chosen": beta * float(chosen.mean()),
            "rejected": beta * float(rejected.mean()),
            "gradient_norm": norm,
            "lr": rate,
        }

    def _log_probs(self, micro: list[int]) -> tuple[LogProbs, Batch]:
        batch = collate([self.pairs[i] for i in micro], self.settings.device)
        chosen, rejected = logps(as_trunk(self.model), batch)
        reference = self.reference[:, micro].to(chosen)
        lengths = batch.lengths.to(chosen.dtype).chunk(2)
        return LogProbs(chosen, rejected, reference[0], reference[1], lengths[0], lengths[1]), batch

    def _stop_if_lost(self) -> None:
        line, losses = self.lines[-1], [line["loss"] for line in self.lines]
        where = f"step {line['step']} of {self.total}"
        fix = "lower the learning rate, or look at the rows of this step; the last checkpoint is as it was"
        if not (math.isfinite(line["loss"]) and math.isfinite(line["gradient_norm"])):
            self._write_log()
            got = f"loss {line['loss']}, gradient norm {line['gradient_norm']}"
            raise AuditError("the loss is no number any more", where=where, got=got, fix=fix)
        first, last = losses[:RECENT], losses[-RECENT:]
        if len(losses) >= 2 * RECENT and sum(last) > RUNAWAY * sum(first):
            self._write_log()
            got = f"mean loss {sum(last) / RECENT:.4g}, at first {sum(first) / RECENT:.4g}"
            raise AuditError("training has diverged", where=where, got=got, fix=fix)

    def _write_log(self) -> None:
        if self.out:
            write_atomically(self.out / "log.jsonl", "".join(json.dumps(_plain(x)) + "\n" for x in self.lines).encode())

    def _save(self) -> None:
        state = {
            "identity": self.identity,
            "lines": self.lines,
            "reference": self.reference,
            "weights": {name: weight.detach() for name, weight in self.weights.items()},
            "optimizer": self.optimizer.state_dict(),
            "random": torch.get_rng_state(),
        }
        content = io.BytesIO()
        torch.save(state, content)
        self._write_log()
        write_atomically(Path(self.out or ".") / "checkpoint.pt", content.getvalue())

    def restore(self, state: dict[str, Any]) -> None:
        with torch.no_grad():
            for name, weight in self.weights.items():
                weight.copy_(state["weights"][name])
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        self.lines = list(state["lines"])

    def _summary(self) -> dict[str, Any]:
        last = self.lines[-RECENT:]
        means = {name: sum(x[name] for x in last) / len(last) for name in ("loss", "margin", "accuracy")}
        return {"pairs": len(self.pairs), "steps": len(self.lines), "lastSteps": len(last), **means}


def _load_checkpoint(out: Path | None, identity: str) -> dict[str, Any]:
    path = (out or Path()) / "checkpoint.pt"
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as fault:
        raise UsageError("there is no checkpoint to go on from", where=str(path)) from fault
    if state.get("identity") != identity:
        fix = "resume with the same data, specification, model and settings, or train into another folder"
        raise UsageError("this checkpoint is of another run", where=str(path), fix=fix)
    return state


def _plain(line: dict[str, Any]) -> dict[str, Any]:
    """Return a line as JSON can hold it: what is no number becomes null."""
    return {name: value if math.isfinite(value) else None for name, value in line.items()}


def _precision(settings: TrainSettings) -> AbstractContextManager[Any]:
    kind = torch.device(settings.device).type
    return torch.autocast(kind, torch.bfloat16) if settings.bf16 else nullcontext()
