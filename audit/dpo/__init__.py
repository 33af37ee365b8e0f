"""The reference DPO trainer: losses, a shared-prefix forward, and a loop that can be read in one sitting.

Needs the extra `dpo`. This package, and what builds on it, is the only one that loads torch.
"""

from importlib import import_module
from typing import Any

from audit.errors import MissingExtraError

try:
    import torch as torch
except ImportError as fault:
    raise MissingExtraError("torch", "dpo", "training") from fault

__all__ = ["TrainSettings", "preference_loss", "train"]

_HOMES = {"train": "audit.dpo.lineage", "TrainSettings": "audit.dpo.training", "preference_loss": "audit.dpo.losses"}


def __getattr__(name: str) -> Any:
    """Load the public names on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'audit.dpo' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
