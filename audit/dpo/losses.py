"""Preference losses as pure functions of four vectors of sequence log-probabilities.

Notation: one entry a pair; `c` and `r` are the log-ratios policy - reference of the chosen and the rejected response
(nats, summed over tokens), `d = c - r`, `b` = beta, `e` = label smoothing, `s` = logistic function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from audit.errors import UsageError


@dataclass(frozen=True, slots=True)
class LogProbs:
    """Log-probabilities of both responses of n pairs. Shapes: all (n,), floating point; lengths in tokens."""

    policy_chosen: Tensor
    policy_rejected: Tensor
    reference_chosen: Tensor
    reference_rejected: Tensor
    chosen_length: Tensor
    rejected_length: Tensor

    @property
    def c(self) -> Tensor:
        """Log-ratio of the chosen response."""
        return self.policy_chosen - self.reference_chosen

    @property
    def r(self) -> Tensor:
        """Log-ratio of the rejected response."""
        return self.policy_rejected - self.reference_rejected

    @property
    def d(self) -> Tensor:
        """Difference of the log-ratios: the margin over beta."""
        return self.c - self.r

    @property
    def d_norm(self) -> Tensor:
        """The same with each log-ratio divided by its response's tokens."""
        return self.c / self.chosen_length.clamp(min=1) - self.r / self.rejected_length.clamp(min=1)


@dataclass(frozen=True, slots=True)
class LossOptions:
    """Numbers of a loss."""

    beta: float = 0.1
    label_smoothing: float = 0.0
    """Share of labels taken to be flipped, from 0 and below 0.5."""
    discopop_tau: float = 0.05


def _smoothed(x: Tensor, o: LossOptions) -> Tensor:
    e = o.label_smoothing
    return -(1 - e) * logsigmoid(o.beta * x) - e * logsigmoid(-o.beta * x)


def sigmoid(p: LogProbs, o: LossOptions) -> Tensor:
    """-(1-e) log s(b d) - e log s(-b d). DPO (arXiv 2305.18290, eq. 7); with e > 0 cDPO (Mitchell 2023, eq. 3).

    TRL's `sigmoid` ignores label smoothing; the original code, and this function, apply it.
    """
    return _smoothed(p.d, o)


def sigmoid_norm(p: LogProbs, o: LossOptions) -> Tensor:
    """-log s(b d_norm): `sigmoid` of log-ratios averaged over tokens (arXiv 2411.15124, eq. 6)."""
    return -logsigmoid(o.beta * p.d_norm)


def robust(p: LogProbs, o: LossOptions) -> Tensor:
    """(-(1-e) log s(b d) + e log s(-b d)) / (1-2e). Robust DPO (arXiv 2403.00409): unbiased under flips at rate e."""
    e = o.label_smoothing
    return (-(1 - e) * logsigmoid(o.beta * p.d) + e * logsigmoid(-o.beta * p.d)) / (1 - 2 * e)


def hinge(p: LogProbs, o: LossOptions) -> Tensor:
    """max(0, 1 - b d). SLiC's calibration loss (arXiv 2305.10425) on log-ratios, as RSO has it (arXiv 2309.06657)."""
    return torch.relu(1 - o.beta * p.d)


def ipo(p: LogProbs, o: LossOptions) -> Tensor:
    """(d_norm - 1/(2b))^2. IPO (arXiv 2310.12036, eq. 17), log-ratios averaged over tokens as TRL does."""
    return (p.d_norm - 1 / (2 * o.beta)) ** 2


def ipo_sum(p: LogProbs, o: LossOptions) -> Tensor:
    """(d - 1/(2b))^2. IPO (arXiv 2310.12036, eq. 17), log-ratios summed over tokens as in the paper."""
    return (p.d - 1 / (2 * o.beta)) ** 2


def kto_pair(p: LogProbs, o: LossOptions) -> Tensor:
    """(1 - s(b (c - KL_r))) + (1 - s(b (KL_c - r))). KTO on pairs (arXiv 2402.01306, eq. 8), both halves added.

    KL_c and KL_r are the batch means of c and r, at least 0 and without gradient: an estimate of the paper's reference
    point, so that the loss depends on which pairs share a batch.
    """
    kl_chosen = p.c.mean().clamp(min=0).detach()
    kl_rejected = p.r.mean().clamp(min=0).detach()
    return 2 - torch.sigmoid(o.beta * (p.c - kl_rejected)) - torch.sigmoid(o.beta * (kl_chosen - p.r))


def exo_pair(p: LogProbs, o: LossOptions) -> Tensor:
    """KL of (s(b d), s(-b d)) from (1-e, e). EXO-pref (arXiv 2402.00856, eq. 16); needs e > 0."""
    e = torch.as_tensor(o.label_smoothing, dtype=p.d.dtype, device=p.d.device)
    x = o.beta * p.d
    won = torch.sigmoid(x) * (logsigmoid(x) - torch.log1p(-e))
    return won + torch.sigmoid(-x) * (logsigmoid(-x) - torch.log(e))


def nca_pair(p: LogProbs, o: LossOptions) -> Tensor:
    """-log s(b c) - (log s(-b c) + log s(-b r)) / 2. NCA for pairs (arXiv 2402.05369, section 3)."""
    c, r = o.beta * p.c, o.beta * p.r
    return -logsigmoid(c) - 0.5 * logsigmoid(-c) - 0.5 * logsigmoid(-r)


def bco_pair(p: LogProbs, o: LossOptions) -> Tensor:
    """-log s(b c) - log s(-b r). BCO (arXiv 2404.04656) on pairs, without its running reward shift, as TRL has it."""
    return -logsigmoid(o.beta * p.c) - logsigmoid(-o.beta * p.r)


def sppo_hard(p: LogProbs, o: LossOptions) -> Tensor:
    """(c - 1/(2b))^2 + (r + 1/(2b))^2. SPPO (arXiv 2405.00675, eq. 4.7) with win probabilities 1 and 0."""
    return (p.c - 0.5 / o.beta) ** 2 + (p.r + 0.5 / o.beta) ** 2


def aot(p: LogProbs, o: LossOptions) -> Tensor:
    """`sigmoid` of sorted policy gaps minus sorted reference gaps. AOT paired (arXiv 2406.05882), batchwise."""
    gaps = (p.policy_chosen - p.policy_rejected).sort().values
    return _smoothed(gaps - (p.reference_chosen - p.reference_rejected).sort().values, o)


def aot_unpaired(p: LogProbs, o: LossOptions) -> Tensor:
    """`sigmoid` of sorted c minus sorted r. AOT unpaired (arXiv 2406.05882): of the whole batch."""
    return _smoothed(p.c.sort().values - p.r.sort().values, o)


def apo_zero(p: LogProbs, o: LossOptions) -> Tensor:
    """1 - s(b c) + s(b r). APO-zero (arXiv 2408.06266, eq. 7)."""
    return 1 - torch.sigmoid(o.beta * p.c) + torch.sigmoid(o.beta * p.r)


def apo_down(p: LogProbs, o: LossOptions) -> Tensor:
    """s(b c) + 1 - s(b d). APO-down (arXiv 2408.06266, eq. 8)."""
    return torch.sigmoid(o.beta * p.c) + 1 - torch.sigmoid(o.beta * p.d)


def discopop(p: LogProbs, o: LossOptions) -> Tensor:
    """(1-m) (-log s(b d)) + m exp(-b d), m = s(b d / tau). DiscoPOP (arXiv 2406.08414, eq. 5)."""
    x = o.beta * p.d
    mix = torch.sigmoid(x / o.discopop_tau)
    return -logsigmoid(x) * (1 - mix) + torch.exp(-x) * mix


def sft(p: LogProbs, o: LossOptions) -> Tensor:  # noqa: ARG001 - one signature for all losses
    """-policy_chosen a token of the batch: its mean over pairs is the batch's mean token cross-entropy, as in TRL."""
    return -p.policy_chosen / p.chosen_length.to(p.policy_chosen.dtype).mean()


Loss = Callable[[LogProbs, LossOptions], Tensor]
LOSSES: Final[dict[str, Loss]] = {
    loss.__name__: loss
    for loss in (
        *(sigmoid, sigmoid_norm, robust, hinge, ipo, ipo_sum, kto_pair, exo_pair, nca_pair, bco_pair, sppo_hard),
        *(aot, aot_unpaired, apo_zero, apo_down, discopop, sft),
    )
}
"""By the names of `audit.training.Objective`, and `kto_pair` and `sft` beside."""
OF_THE_BATCH: Final = frozenset({"aot", "aot_unpaired", "kto_pair", "sft"})
"""Losses that depend on which pairs share a batch: they cannot be summed over micro-batches."""


@dataclass(frozen=True, slots=True)
class PreferenceLoss:
    """A named loss with its numbers, checked."""

    name: str
    options: LossOptions = field(default_factory=LossOptions)

    def __post_init__(self) -> None:
        if self.name not in LOSSES:
            raise UsageError("no such loss", where="objective", got=self.name, expected=", ".join(LOSSES))
        if not self.options.beta > 0:
            raise UsageError("no such beta", where="beta", got=str(self.options.beta), expected="above 0")
        if not 0 <= self.options.label_smoothing < 0.5:
            got = str(self.options.label_smoothing)
            raise UsageError("no such label smoothing", where="label_smoothing", got=got, expected="0 to below 0.5")
        if self.name == "exo_pair" and self.options.label_smoothing == 0:
            raise UsageError("exo_pair takes the logarithm of it", where="label_smoothing", got="0", expected="above 0")

    def __call__(self, pairs: LogProbs, weights: Tensor | None = None) -> Tensor:
        """Return the loss of each pair, shape (n,), times its weight where weights are given."""
        found = LOSSES[self.name](pairs, self.options)
        return found if weights is None else found * weights


def preference_loss(
    name: str, pairs: LogProbs, weights: Tensor | None = None, options: LossOptions | None = None
) -> Tensor:
    """Return the loss of each pair, shape (n,).

    Args:
        name: one of `LOSSES`.
        pairs: the log-probabilities.
        weights: shape (n,), of the pairs; the batch's loss is the mean of what is returned.
        options: beta and the like.

    Raises:
        UsageError: no such loss, or a number is out of its range.
    """
    return PreferenceLoss(name, options or LossOptions())(pairs, weights)
