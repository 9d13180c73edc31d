"""How a tensor prints: as in PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import _dtypes

if TYPE_CHECKING:
    from ._graph import Value
    from ._tensor import Tensor

_PRINTED_BY_DEFAULT = (_dtypes.float32, _dtypes.int64, _dtypes.bool_)


def text(tensor: Tensor) -> str:
    """``tensor([1., 2.], grad_fn=<PowBackward0>)``; fetches the data, nothing else."""
    array = _dtypes.readable(tensor.numpy(), tensor.dtype)
    numbers = np.array2string(array, separator=", ", prefix="tensor(", precision=4)
    notes = []
    if array.size == 0 and tensor.ndim != 1:
        notes.append(f"size={tensor.shape}")
    if tensor.dtype not in _PRINTED_BY_DEFAULT:
        notes.append(f"dtype={tensor.dtype!r}")
    if tensor.is_leaf and tensor.requires_grad:
        notes.append("requires_grad=True")
    elif tensor.requires_grad:
        notes.append(f"grad_fn=<{_grad_fn_name(tensor._value)}>")
    return "".join(["tensor(", numbers, *(f", {note}" for note in notes), ")"])


def _grad_fn_name(value: Value) -> str:
    """The name of its grad_fn as far as it is known without a request; a composite operator's is not."""
    if value.grad_fn is not None:
        return value.grad_fn.name()
    known = value.node.overload.grad_fn if value.node and value.node.overload else ""
    return known or "..."
