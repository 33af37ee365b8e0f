"""Losses and gradients are TRL's: live where TRL is installed, and by the values it gave once everywhere."""

from __future__ import annotations

import json

import pytest

torch = pytest.importorskip("torch")

from audit.dpo.losses import LogProbs, LossOptions, preference_loss  # noqa: E402 - torch first
from tests.dpo.trl_losses import BETA, GOLDEN, NAMES, PAIRS, SMOOTHING, TAU, batch, trl_loss  # noqa: E402

# TRL makes a 32-bit tensor of the smoothing for exo_pair: its loss is off by the rounding of 0.1.
CLOSE = {"exo_pair": 1e-6}


def ours(name: str, seed: int, smoothing: float) -> tuple[float, torch.Tensor]:
    """Return the mean loss and its gradient by the per-token log-probabilities."""
    given = batch(seed)
    leaf = given["tokens"].clone().requires_grad_()
    sums, lengths = leaf.sum(1), given["mask"].sum(1)
    pairs = LogProbs(sums[:PAIRS], sums[PAIRS:], given["chosen"], given["rejected"], lengths[:PAIRS], lengths[PAIRS:])
    options = LossOptions(beta=BETA, label_smoothing=smoothing, discopop_tau=TAU)
    loss = preference_loss(name, pairs, options=options).mean()
    (gradient,) = torch.autograd.grad(loss, leaf)
    return float(loss.detach()), gradient * given["mask"]


@pytest.mark.parametrize("name", NAMES)
def test_values_that_trl_gave(name: str) -> None:
    """Loss and gradient of each of TRL's losses, from the file."""
    told = json.loads(GOLDEN.read_text())["losses"][name]
    loss, gradient = ours(name, 0, SMOOTHING.get(name, 0.0))
    close = CLOSE.get(name, 1e-9)
    assert loss == pytest.approx(told["loss"], rel=close, abs=close)
    assert gradient.sum(1).tolist() == pytest.approx(told["gradient"], rel=close, abs=max(close, 1e-9))


@pytest.mark.parametrize("name", NAMES)
def test_trl_itself(name: str) -> None:
    """The same against the installed TRL, on three batches."""
    pytest.importorskip("trl")
    for seed in range(3):
        smoothing = SMOOTHING.get(name, 0.0)
        loss, gradient = ours(name, seed, smoothing)
        given = batch(seed)
        told, expected = trl_loss(name, given, smoothing)
        close = CLOSE.get(name, 1e-9)
        assert loss == pytest.approx(told, rel=close, abs=close)
        assert torch.allclose(gradient, expected, rtol=close, atol=max(close, 1e-9))
