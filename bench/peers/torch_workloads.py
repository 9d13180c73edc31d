"""The workloads in PyTorch: functions of their inputs that return the loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def seed(a: Tensor) -> Tensor:
    return ((a + 2) ** 2).sum()


def elementwise(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    return (torch.tanh(a * b + c) ** 2).sum()


def chain(a: Tensor) -> Tensor:
    for _ in range(500):
        a = torch.sin(a) * 1.01 + 0.1
    return a.sum()


def loop(h: Tensor, a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    for _ in range(1000):
        h = h + 0.01 * (torch.sin(h) * a - h * b + c * torch.tanh(h))
    return h.sum()


def norm(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return F.log_softmax(F.gelu(F.layer_norm(x, (768,), weight, bias)), dim=-1).mean()


def mlp(x: Tensor, labels: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor, w3: Tensor, b3: Tensor) -> Tensor:
    x = F.relu(F.linear(x, w1, b1))
    x = F.relu(F.linear(x, w2, b2))
    return F.cross_entropy(F.linear(x, w3, b3), labels)


def attention(
    x: Tensor,
    gain1: Tensor,
    shift1: Tensor,
    wq: Tensor,
    bq: Tensor,
    wk: Tensor,
    bk: Tensor,
    wv: Tensor,
    bv: Tensor,
    wo: Tensor,
    bo: Tensor,
    gain2: Tensor,
    shift2: Tensor,
    w1: Tensor,
    b1: Tensor,
    w2: Tensor,
    b2: Tensor,
) -> Tensor:
    batch, length, width = x.shape

    def heads(n: Tensor, w: Tensor, b: Tensor) -> Tensor:
        return F.linear(n, w, b).view(batch, length, 8, width // 8).transpose(1, 2)

    n = F.layer_norm(x, (width,), gain1, shift1)
    mixed = F.scaled_dot_product_attention(heads(n, wq, bq), heads(n, wk, bk), heads(n, wv, bv))
    x = x + F.linear(mixed.transpose(1, 2).reshape(batch, length, width), wo, bo)
    n = F.layer_norm(x, (width,), gain2, shift2)
    x = x + F.linear(F.gelu(F.linear(n, w1, b1)), w2, b2)
    return (x**2).mean()


def conv(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    x = F.max_pool2d(F.relu(F.conv2d(x, w1, b1, padding=1)), 2)
    x = F.max_pool2d(F.relu(F.conv2d(x, w2, b2, padding=1)), 2)
    return (x**2).mean()
