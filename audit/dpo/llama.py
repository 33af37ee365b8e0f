"""A Llama in pure torch: the small model that needs no downloaded weights.

RMSNorm, rotary positions, grouped-query attention, SwiGLU, tied head (arXiv 2302.13971); no dropout, no biases.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention, silu


@dataclass(frozen=True, slots=True)
class LlamaShape:
    """Sizes; `width` must be a multiple of `heads`, `heads` one of `kv_heads`, and width / heads even."""

    vocabulary: int
    width: int = 160
    layers: int = 4
    heads: int = 4
    kv_heads: int = 4
    inner: int = 432
    theta: float = 10_000.0


class RmsNorm(nn.Module):
    """Divides by the root mean square, in single precision or better."""

    def __init__(self, width: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape."""
        wide = x if x.dtype == torch.float64 else x.float()
        scaled = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.eps)
        return self.weight * scaled.to(x.dtype)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate halves of the last dimension. Shapes: x (n, heads, t, k), cos and sin (n, 1, t, k/2)."""
    left, right = x.chunk(2, -1)
    return torch.cat((left * cos - right * sin, right * cos + left * sin), -1)


class Block(nn.Module):
    """Attention and feed-forward, each normalised before and added."""

    def __init__(self, shape: LlamaShape) -> None:
        super().__init__()
        self.shape = shape
        size = shape.width // shape.heads
        self.before_attention = RmsNorm(shape.width)
        self.q = nn.Linear(shape.width, shape.heads * size, bias=False)
        self.k = nn.Linear(shape.width, shape.kv_heads * size, bias=False)
        self.v = nn.Linear(shape.width, shape.kv_heads * size, bias=False)
        self.o = nn.Linear(shape.heads * size, shape.width, bias=False)
        self.before_inner = RmsNorm(shape.width)
        self.gate = nn.Linear(shape.width, shape.inner, bias=False)
        self.up = nn.Linear(shape.width, shape.inner, bias=False)
        self.down = nn.Linear(shape.inner, shape.width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, allowed: Tensor) -> Tensor:
        """Return (n, t, width)."""
        n, t, _ = x.shape
        y = self.before_attention(x)
        q = rotate(self.q(y).view(n, t, self.shape.heads, -1).transpose(1, 2), cos, sin)
        k = rotate(self.k(y).view(n, t, self.shape.kv_heads, -1).transpose(1, 2), cos, sin)
        v = self.v(y).view(n, t, self.shape.kv_heads, -1).transpose(1, 2)
        shared = self.shape.heads // self.shape.kv_heads
        k, v = k.repeat_interleave(shared, 1), v.repeat_interleave(shared, 1)
        seen = scaled_dot_product_attention(q, k, v, attn_mask=allowed)
        x = x + self.o(seen.transpose(1, 2).reshape(n, t, -1))
        y = self.before_inner(x)
        added: Tensor = x + self.down(silu(self.gate(y)) * self.up(y))
        return added


class Llama(nn.Module):
    """The trunk and its tied head."""

    def __init__(self, shape: LlamaShape, seed: int = 0) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.layers = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = RmsNorm(shape.width)
        own = torch.Generator().manual_seed(seed)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02, generator=own)

    @property
    def head(self) -> Tensor:
        """Output matrix, (vocabulary, width)."""
        return self.embedding.weight

    def hidden(self, ids: Tensor, positions: Tensor, allowed: Tensor) -> Tensor:
        """Return the normalised last hidden states.

        Args:
            ids: (n, t) token ids.
            positions: (n, t), from 0 in each sequence.
            allowed: (n, 1, t, t) booleans, True where the row's token may look at the column's.

        Returns:
            (n, t, width).
        """
        size = self.shape.width // self.shape.heads
        steps = torch.arange(0, size, 2, device=ids.device, dtype=torch.float64) / size
        angles = (positions.unsqueeze(-1) * self.shape.theta**-steps).unsqueeze(1)
        x = self.embedding(ids)
        cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        for layer in self.layers:
            x = layer(x, cos, sin, allowed)
        found: Tensor = self.norm(x)
        return found
