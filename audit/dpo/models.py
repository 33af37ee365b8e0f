"""Models to be trained: any local Hugging Face causal language model, and which of its weights move."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, cast

import torch
from torch import Tensor, nn

from audit.dpo.logps import TokenPair, Trunk, collate, logps
from audit.errors import MissingExtraError, UsageError

AGREES: Final = 2e-3
"""Nats between the shared and the plain pass of a few tokens; single precision alone stays far below."""


class HubModel(nn.Module):
    """A causal language model of transformers behind the interface of `Trunk`."""

    def __init__(self, causal: Any) -> None:
        super().__init__()
        self.causal = causal

    @property
    def head(self) -> Tensor:
        """Output matrix, (vocabulary, width)."""
        return cast("Tensor", self.causal.get_output_embeddings().weight)

    @property
    def layers(self) -> nn.ModuleList:
        """The blocks, first to last."""
        return cast("nn.ModuleList", self.causal.base_model.layers)

    def hidden(self, ids: Tensor, positions: Tensor, allowed: Tensor) -> Tensor:
        """Return (n, t, width)."""
        found = self.causal.base_model(input_ids=ids, position_ids=positions, attention_mask=allowed, use_cache=False)
        return cast("Tensor", found.last_hidden_state)


def load_model(folder: Path, device: torch.device | str = "cpu") -> HubModel:
    """Load a model in single precision from a local folder; no code of the folder is run, nothing is fetched.

    The pass that shares the prompt is checked against the model's own on a few tokens, so that a model whose attention
    or head differs from what this trainer takes for granted (windows, soft caps) is refused and not trained wrongly.

    Raises:
        MissingExtraError: transformers is not installed.
        UsageError: the folder holds no such model, or the two passes differ.
    """
    try:
        import transformers  # heavy, and not needed for the small Llama
    except ImportError as fault:
        raise MissingExtraError("transformers", "dpo", "training a Hugging Face model") from fault
    try:
        causal: Any = transformers.AutoModelForCausalLM.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, dtype=torch.float32, attn_implementation="sdpa"
        )
    except (OSError, ValueError) as fault:
        raise UsageError("no causal language model can be loaded", where=str(folder), got=str(fault)[:300]) from fault
    if not hasattr(causal.base_model, "layers"):
        raise UsageError("this architecture has no list of blocks", where=str(folder), got=type(causal).__name__)
    model = HubModel(causal.to(device).eval())
    _check_passes(model, folder, device)
    return model


@torch.no_grad()
def _check_passes(model: HubModel, folder: Path, device: torch.device | str) -> None:
    size = len(model.head)
    token = [(7 * i * i + 3 * i + 1) % size for i in range(24)]
    pair = TokenPair(tuple(token[:8]), tuple(token[8:14]), tuple(token[14:]))
    shared = torch.cat(logps(model, collate([pair], device)))
    plain = []
    for side in (pair.chosen, pair.rejected):
        ids = torch.tensor([[*pair.prompt, *side]], device=device)
        scores = model.causal(input_ids=ids, use_cache=False).logits[0, len(pair.prompt) - 1 : -1].float()
        plain.append(scores.log_softmax(-1).gather(1, torch.tensor(side, device=device)[:, None]).sum())
    gap = float((shared - torch.stack(plain)).abs().max())
    if not gap <= AGREES:
        raise UsageError(
            "this model computes something else when both responses share one prompt",
            where=str(folder),
            got=f"log-probabilities {gap:g} nats apart",
            expected=f"at most {AGREES:g}",
        )


class LowRank(nn.Module):
    """A frozen linear map plus scale * B A: LoRA (arXiv 2106.09685, eq. 3), B from zero and scale 2."""

    SCALE: Final = 2.0

    def __init__(self, inner: nn.Linear, rank: int, own: torch.Generator) -> None:
        super().__init__()
        self.inner = inner
        like = inner.weight
        start = torch.randn(rank, inner.in_features, generator=own) / inner.in_features**0.5
        self.a = nn.Parameter(start.to(like))
        self.b = nn.Parameter(torch.zeros(inner.out_features, rank).to(like))

    def forward(self, x: Tensor) -> Tensor:
        """Return what the inner map returns, plus the correction."""
        found: Tensor = self.inner(x) + (x @ self.a.T @ self.b.T) * self.SCALE
        return found

    @torch.no_grad()
    def merged(self) -> nn.Linear:
        """Return the inner map with the correction added to its weights."""
        self.inner.weight += self.SCALE * (self.b @ self.a)
        return self.inner


def choose_weights(model: nn.Module, adapt: str, seed: int = 0) -> dict[str, nn.Parameter]:
    """Freeze what is not trained and return the rest by name.

    Args:
        model: with `layers`; changed in place.
        adapt: `full`, `last:K` (the last K blocks) or `lora:R` (rank R on every linear map of the blocks).
        seed: of LoRA's start.

    Raises:
        UsageError: no such way, or more blocks than there are.
    """
    kind, _, number = adapt.partition(":")
    layers = cast("nn.ModuleList", model.layers)
    count = int(number) if number.isdecimal() and len(number) < 6 else 0
    if adapt != "full" and (kind not in ("last", "lora") or count < 1 or (kind == "last" and count > len(layers))):
        expected = f"full, last:K with K from 1 to {len(layers)}, or lora:R"
        raise UsageError("no such choice of weights", where="adapt", got=adapt, expected=expected)
    model.requires_grad_(adapt == "full")
    if kind == "last":
        for layer in list(layers)[-count:]:
            layer.requires_grad_(requires_grad=True)
    if kind == "lora":
        own = torch.Generator().manual_seed(seed)
        for name, module in [*layers.named_modules()]:
            if isinstance(module, nn.Linear):
                _replace(layers, name, LowRank(module, count, own))
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def merge_low_rank(model: nn.Module) -> None:
    """Add every LoRA correction to its weights, so that the model can be saved as it was loaded."""
    layers = cast("nn.ModuleList", model.layers)
    for name, module in [*layers.named_modules()]:
        if isinstance(module, LowRank):
            _replace(layers, name, module.merged())


def _replace(root: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, leaf = name.rpartition(".")
    setattr(root.get_submodule(parent), leaf, module)


def as_trunk(model: nn.Module) -> Trunk:
    """Return the model under its interface, for the type checker."""
    return cast("Trunk", model)
