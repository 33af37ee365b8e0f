"""Pairs as token ids, and the log-probabilities of both responses from one pass that reads the prompt once.

A pair is one sequence: prompt, chosen, rejected. The rejected response does not see the chosen one, and both count
their positions from the prompt's end, so that the sums equal those of two separate passes. Only the states that
predict a response's token meet the output matrix: with a large vocabulary that is most of the work saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

PROMPT, CHOSEN, REJECTED, PAD = range(4)


@dataclass(frozen=True, slots=True)
class TokenPair:
    """One pair in token ids; no part is empty."""

    prompt: tuple[int, ...]
    chosen: tuple[int, ...]
    rejected: tuple[int, ...]
    weight: float = 1.0

    @property
    def packed_length(self) -> int:
        """Tokens that a pass reads."""
        return len(self.prompt) + len(self.chosen) + len(self.rejected)

    @property
    def logical_length(self) -> int:
        """Tokens of both sequences, the prompt counted twice: what a trainer without sharing reads."""
        return self.packed_length + len(self.prompt)


class Trunk(Protocol):
    """What a model must offer."""

    @property
    def head(self) -> Tensor:
        """Output matrix, (vocabulary, width)."""

    def hidden(self, ids: Tensor, positions: Tensor, allowed: Tensor) -> Tensor:
        """Return (n, t, width)."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Pairs side by side, padded on the right."""

    ids: Tensor
    """(n, t)"""
    positions: Tensor
    """(n, t)"""
    allowed: Tensor
    """(n, 1, t, t) booleans."""
    predicts: Tensor
    """(m,) index into the flattened (n * t) states: those that predict a response's token."""
    targets: Tensor
    """(m,) the tokens they predict."""
    owner: Tensor
    """(m,) which sum a target belongs to: pair i's chosen is i, its rejected n + i."""
    lengths: Tensor
    """(2 n,) tokens of the responses, in the same order."""
    weights: Tensor
    """(n,)"""


def collate(pairs: Sequence[TokenPair], device: torch.device | str = "cpu") -> Batch:
    """Return the batch of some pairs.

    Args:
        pairs: at least one.
        device: where the tensors go.
    """
    n, t = len(pairs), max(pair.packed_length for pair in pairs)
    ids = torch.zeros(n, t, dtype=torch.long)
    positions = torch.zeros(n, t, dtype=torch.long)
    part = torch.full((n, t), PAD)
    predicts: list[int] = []
    owner: list[int] = []
    for i, pair in enumerate(pairs):
        p, c, r = len(pair.prompt), len(pair.chosen), len(pair.rejected)
        ids[i, : p + c + r] = torch.tensor((*pair.prompt, *pair.chosen, *pair.rejected))
        positions[i, : p + c + r] = torch.tensor((*range(p + c), *range(p, p + r)))
        part[i, : p + c + r] = torch.tensor([PROMPT] * p + [CHOSEN] * c + [REJECTED] * r)
        last = i * t + p - 1  # the prompt's last token predicts the first of both
        predicts += [*range(last, last + c), last, *range(last + c + 1, last + c + r)]
        owner += [i] * c + [n + i] * r
    causal = torch.ones(t, t, dtype=torch.bool).tril()
    seen = (part[:, None, :] == PROMPT) | (part[:, None, :] == part[:, :, None]) & (part[:, None, :] != PAD)
    allowed = causal & seen | torch.eye(t, dtype=torch.bool)
    targets = [token for pair in pairs for token in (*pair.chosen, *pair.rejected)]
    lengths = [len(pair.chosen) for pair in pairs] + [len(pair.rejected) for pair in pairs]
    tensors = (ids, positions, allowed.unsqueeze(1), *(torch.tensor(x) for x in (predicts, targets, owner, lengths)))
    weights = torch.tensor([pair.weight for pair in pairs], dtype=torch.float32)
    return Batch(*(tensor.to(device) for tensor in (*tensors, weights)))


def logps(model: Trunk, batch: Batch, *, rows: int = 4096) -> tuple[Tensor, Tensor]:
    """Return the summed log-probabilities of the chosen and the rejected responses.

    Args:
        model: the policy or the reference.
        batch: n pairs.
        rows: states that meet the output matrix at once: bounds the memory of a pass without gradients.

    Returns:
        Two vectors of shape (n,), nats, in single precision or better.
    """
    hidden = model.hidden(batch.ids, batch.positions, batch.allowed).flatten(0, 1)
    states = hidden.index_select(0, batch.predicts)
    found = []
    for part, targets in zip(torch.split(states, rows), torch.split(batch.targets, rows), strict=True):
        scores = part @ model.head.to(part.dtype).T
        wide = scores if scores.dtype == torch.float64 else scores.float()
        found.append(-cross_entropy(wide, targets, reduction="none"))
    each = torch.cat(found)
    n = len(batch.ids)
    sums = each.new_zeros(2 * n).index_add(0, batch.owner, each)
    return sums[:n], sums[n:]
