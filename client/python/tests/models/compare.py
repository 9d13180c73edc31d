"""Compares imported modules with PyTorch: loss, every parameter's gradient, running statistics, time.

As a program it prints docs/models.md's table: python tests/models/compare.py TARGET
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from architectures import NAMES
from torch import nn

import gradwire as gw

#: What loss, gradients and buffers may differ by, of their own size, or of a thousandth of the whole gradient's.
TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-4}
LEAST_PART = 1e-3

#: Models that compute a part in float32 whatever their own dtype: T5 the variances that it normalizes by.
PARTLY_SINGLE = {"T5 (2 layers)"}


def tolerance(name: str, dtype: torch.dtype) -> float:
    """What a model's figures in a dtype may differ by from PyTorch's."""
    return TOLERANCE[torch.float32 if name in PARTLY_SINGLE else dtype]


@dataclass(frozen=True)
class Comparison:
    """Relative errors of one model in one mode and dtype; seconds of a later step, forward and backward."""

    nodes: int
    loss: float
    gradient: float
    worst: str
    buffers: float
    seconds: float
    torch_seconds: float


def prepare(name: str, dtype: torch.dtype, training: bool) -> tuple[nn.Module, tuple[Any, ...], dict[str, Any]]:
    """The module without what is random, as PyTorch draws other numbers; and the arguments in its dtype."""
    torch.manual_seed(0)
    module, args, kwargs = NAMES[name]()
    randomize(module)
    module = module.to(dtype).train(training)
    for part in module.modules():
        if isinstance(part, nn.Hardsigmoid):
            part.forward = exact_hardsigmoid
        for rate in ("p", "drop_prob", "dropout"):
            if type(part).__name__ in ("Dropout", "DropPath", "StochasticDepth") or rate == "dropout":
                if isinstance(getattr(part, rate, None), float):
                    setattr(part, rate, 0.0)
    given = tuple(arg.to(dtype) if arg.is_floating_point() else arg for arg in args)
    return module, given, kwargs


def randomize(module: nn.Module) -> None:
    """Weights that keep signals at one size through all layers: what vanishes is lost to rounding, in PyTorch, too."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if parameter.dim() > 1:
                nn.init.kaiming_normal_(parameter, nonlinearity="linear")
            elif name.endswith("bias"):
                parameter.normal_(0, 0.1)
            else:
                parameter.uniform_(0.5, 1.5)


def exact_hardsigmoid(x: torch.Tensor) -> torch.Tensor:
    """PyTorch's own derivative has a sixth in float32, also in float64."""
    return nn.functional.relu6(x + 3) / 6


def first(output: Any) -> Any:
    """The tensor that the loss is made of: the output, or the first one of several."""
    return output if isinstance(output, (torch.Tensor, gw.Tensor)) else output[0]


def compare(name: str, dtype: torch.dtype, training: bool) -> Comparison:
    module, args, kwargs = prepare(name, dtype, training)
    imported = gw.from_torch(module, args, kwargs)
    weights = torch.randn(first(module.eval()(*args, **kwargs)).shape, dtype=dtype)
    module.train(training)
    module.load_state_dict({k: torch.tensor(v) for k, v in imported.state_dict().items()})
    loss = (first(module(*args, **kwargs)) * weights).sum()
    loss.backward()
    gradients = {k: p.grad.clone() for k, p in module.named_parameters() if p.grad is not None}
    buffers = {k: b.clone() for k, b in module.named_buffers()}

    ours = step(imported, args, kwargs, weights)
    found = dict(imported.named_parameters())
    least = LEAST_PART * float(torch.stack([g.norm() for g in gradients.values()]).norm())
    errors = {k: distance(found[k].grad, g, least) for k, g in gradients.items()}
    worst = max(errors, key=lambda k: errors[k])
    unused = [k for k, p in found.items() if k not in gradients and p.grad is not None and np.any(p.grad.numpy())]
    assert not unused, f"parameters that PyTorch gives no gradient: {unused}"
    imported.update_buffers()
    kept = dict(imported.named_buffers())
    buffer_errors = [distance(kept[k], b, 1.0) for k, b in buffers.items()]
    loss_error = abs(float(ours.item()) - float(loss.detach())) / max(abs(float(loss.detach())), 1.0)

    start = time.perf_counter()
    step(imported, args, kwargs, weights)
    between = time.perf_counter()
    (first(module(*args, **kwargs)) * weights).sum().backward()
    end = time.perf_counter()
    return Comparison(
        imported.node_count, loss_error, errors[worst], worst, max(buffer_errors, default=0.0),
        between - start, end - between,
    )  # fmt: skip


def step(imported: gw.TorchModule, args: Any, kwargs: Any, weights: torch.Tensor) -> gw.Tensor:
    imported.zero_grad()
    loss: gw.Tensor = (first(imported(*args, **kwargs)) * weights.numpy()).sum()
    loss.backward()
    return loss


def distance(found: gw.Tensor | None, expected: torch.Tensor, least: float) -> float:
    if found is None:
        return float("inf")
    difference = found.numpy().astype(np.float64) - expected.numpy().astype(np.float64)
    return float(np.linalg.norm(difference) / max(float(expected.double().norm()), least))


def main(target: str) -> None:
    print("| model | mode | nodes | worst gradient, float64 | float32 | ms, float32 | PyTorch |")
    print("|---|---|---|---|---|---|---|")
    with gw.Client(target, timeout=120):
        for name in NAMES:
            for training in (False, True):
                double, single = (compare(name, dtype, training) for dtype in TOLERANCE)
                print(
                    f"| {name} | {'train' if training else 'eval'} | {single.nodes} | {double.gradient:.0e} |"
                    f" {single.gradient:.0e} | {1000 * single.seconds:.0f} | {1000 * single.torch_seconds:.0f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main(sys.argv[1])
