"""TRL's own losses on given log-probabilities: its `_compute_loss`, called with a model that only hands them out.

python -m tests.dpo.trl_losses     # writes trl_losses.json; needs trl (tests that read the file do not)
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

GOLDEN = Path(__file__).with_name("trl_losses.json")
PAIRS, TOKENS = 6, 9
BETA, TAU = 0.3, 0.05
SMOOTHING = {"robust": 0.1, "exo_pair": 0.1, "aot": 0.1, "aot_unpaired": 0.1}
"""`sigmoid` of TRL takes no smoothing; the others are held against it with some."""
NAMES = (
    *("sigmoid", "sigmoid_norm", "hinge", "ipo", "exo_pair", "nca_pair", "robust", "bco_pair", "sppo_hard", "aot"),
    *("aot_unpaired", "apo_zero", "apo_down", "discopop", "sft"),
)


def batch(seed: int = 0) -> dict[str, Tensor]:
    """Return per-token log-probabilities of chosen then rejected, shape (2n, T), their mask, and references, (n,)."""
    made = torch.Generator().manual_seed(seed)
    lengths = torch.randint(2, TOKENS + 1, (2 * PAIRS,), generator=made)
    mask = (torch.arange(TOKENS) < lengths[:, None]).long()
    tokens = -3 * torch.rand(2 * PAIRS, TOKENS, generator=made, dtype=torch.float64) * mask
    shift = torch.randn(2 * PAIRS, generator=made, dtype=torch.float64)
    reference = tokens.sum(1) + 2 * shift
    return {"tokens": tokens, "mask": mask, "chosen": reference[:PAIRS], "rejected": reference[PAIRS:]}


def trl_loss(name: str, given: dict[str, Tensor], smoothing: float) -> tuple[float, Tensor]:
    """Return TRL's mean loss and its gradient by the per-token log-probabilities, shape (2n, T)."""
    from trl import DPOTrainer

    leaf = given["tokens"].clone().requires_grad_()
    nothing = torch.zeros_like(given["tokens"])
    out = SimpleNamespace(
        log_probs=leaf, entropy=nothing, mean_logits=nothing, is_top1=nothing.bool(), log_sum_sq_probs=nothing
    )
    gather = SimpleNamespace(device=torch.device("cpu"), gather=lambda x: x, gather_for_metrics=lambda x: x)
    trainer: Any = SimpleNamespace(
        model=SimpleNamespace(training=False), accelerator=gather, aux_loss_enabled=False, ld_alpha=None,
        precompute_ref_logps=True, f_divergence_type="reverse_kl", loss_types=[name], loss_weights=[1.0], beta=BETA,
        label_smoothing=smoothing, args=SimpleNamespace(discopop_tau=TAU), use_weighting=False, _total_train_tokens=0,
        _tp_size=1, _metrics=defaultdict(lambda: defaultdict(list)),
    )  # fmt: skip
    prompt = torch.zeros(2 * PAIRS, 1, dtype=torch.long)  # one token of prompt: completions begin at the second
    mask = torch.cat([prompt, given["mask"]], dim=1)
    inputs = {
        "input_ids": torch.ones_like(mask), "attention_mask": torch.ones_like(mask), "completion_mask": mask,
        "ref_chosen_logps": given["chosen"], "ref_rejected_logps": given["rejected"],
    }  # fmt: skip
    loss = DPOTrainer._compute_loss(trainer, lambda **_: out, inputs, False)
    (gradient,) = torch.autograd.grad(loss, leaf)
    return float(loss.detach()), gradient * given["mask"]


def main() -> None:
    """Write the golden values."""
    import trl

    told: dict[str, Any] = {"trl": trl.__version__, "beta": BETA, "seed": 0, "losses": {}}
    for name in NAMES:
        loss, gradient = trl_loss(name, batch(), SMOOTHING.get(name, 0.0))
        told["losses"][name] = {"loss": loss, "gradient": [round(g, 12) for g in gradient.sum(1).tolist()]}
    GOLDEN.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
