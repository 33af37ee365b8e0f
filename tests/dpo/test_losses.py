"""Losses: identities, finite differences and arithmetic by hand."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from audit.dpo.losses import LOSSES, LogProbs, LossOptions, preference_loss  # noqa: E402
from audit.errors import UsageError  # noqa: E402
from audit.training import Objective  # noqa: E402


def pairs(seed: int = 0, n: int = 6) -> LogProbs:
    own = torch.Generator().manual_seed(seed)
    four = [-20 * torch.rand(n, generator=own, dtype=torch.float64) - 1 for _ in range(4)]
    lengths = [torch.randint(1, 30, (n,), generator=own).double() for _ in range(2)]
    return LogProbs(*four, *lengths)


def test_every_objective_has_a_loss() -> None:
    """Each name that a specification may hold is a loss here."""
    assert {str(name) for name in Objective} <= set(LOSSES)


def test_no_movement_costs_log_2() -> None:
    """With policy = reference the margin is 0: -log s(0) = log 2."""
    p = pairs()
    still = LogProbs(
        p.policy_chosen, p.policy_rejected, p.policy_chosen, p.policy_rejected, p.chosen_length, p.rejected_length
    )
    for name in ("sigmoid", "robust", "sigmoid_norm", "aot", "aot_unpaired"):
        assert preference_loss(name, still).tolist() == pytest.approx([math.log(2)] * 6)


def test_robust_without_flips_is_sigmoid() -> None:
    """Their formulas are one at e = 0."""
    assert torch.equal(preference_loss("robust", pairs()), preference_loss("sigmoid", pairs()))


def test_robust_is_unbiased_under_flips() -> None:
    """(1-e) l(x) + e l(-x) with l robust at e is -log s(x): here e = 0.2."""
    p, o = pairs(), LossOptions(0.1, 0.2)
    turned = LogProbs(
        p.policy_rejected, p.policy_chosen, p.reference_rejected, p.reference_chosen, p.rejected_length, p.chosen_length
    )
    mixed = 0.8 * preference_loss("robust", p, None, o) + 0.2 * preference_loss("robust", turned, None, o)
    assert torch.allclose(mixed, preference_loss("sigmoid", p), atol=1e-12)


def test_by_hand() -> None:
    """With c = 2, r = -4, beta 0.5, lengths 2 and 4: d = 6, d_norm = 1 + 1 = 2."""
    one = LogProbs(*(torch.tensor([x], dtype=torch.float64) for x in (-1.0, -9.0, -3.0, -5.0, 2.0, 4.0)))
    o = LossOptions(0.5)
    assert preference_loss("hinge", one, None, o).item() == 0  # 1 - 3 < 0
    assert preference_loss("ipo_sum", one, None, o).item() == 25  # (6 - 1)^2
    assert preference_loss("ipo", one, None, o).item() == 1  # (2 - 1)^2
    assert preference_loss("sppo_hard", one, None, o).item() == 10  # (2 - 1)^2 + (-4 + 1)^2
    assert preference_loss("sigmoid", one, None, o).item() == pytest.approx(math.log(1 + math.exp(-3)))
    assert preference_loss("sft", one, None, o).item() == 0.5  # 1 nat over 2 tokens


@pytest.mark.parametrize("name", sorted(set(LOSSES) - {"kto_pair"}))
def test_gradients_are_those_of_finite_differences(name: str) -> None:
    """Autograd agrees with central differences in double precision (kto_pair holds a detached mean)."""
    p, o = pairs(3), LossOptions(0.1, 0.1)

    def loss(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
        moved = LogProbs(chosen, rejected, p.reference_chosen, p.reference_rejected, p.chosen_length, p.rejected_length)
        return preference_loss(name, moved, None, o)

    inputs = [x.clone().requires_grad_() for x in (p.policy_chosen, p.policy_rejected)]
    assert torch.autograd.gradcheck(loss, inputs)


def test_weights_multiply() -> None:
    """A pair of weight 2 counts twice, one of weight 0 not at all."""
    found = preference_loss("sigmoid", pairs(n=2), torch.tensor([2.0, 0.0], dtype=torch.float64))
    assert found.tolist() == [2 * preference_loss("sigmoid", pairs(n=2))[0].item(), 0]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("nosuch", LossOptions()),
        ("exo_pair", LossOptions()),
        ("robust", LossOptions(0.1, 0.5)),
        ("ipo", LossOptions(0)),
    ],
)
def test_what_makes_no_sense_is_refused(name: str, options: LossOptions) -> None:
    """An unknown loss, exo without smoothing, half the labels flipped, beta 0."""
    with pytest.raises(UsageError):
        preference_loss(name, pairs(), None, options)
