"""Tensors made from nothing. They are leaves, made on this side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _dtypes, _random
from ._dtypes import DType
from ._tensor import Tensor, tensor

if TYPE_CHECKING:
    from ._tensor import DTypeLike, Number, TensorLike

def _leaf(
    array: np.ndarray[Any, Any], dtype: DTypeLike | None, default: DType, requires_grad: bool, name: str
) -> Tensor:
    wanted = default if dtype is None else _dtypes.dtype(dtype)
    return tensor(array, wanted, requires_grad, name=name)


def _shape(size: tuple[Any, ...]) -> tuple[int, ...]:
    given: Sequence[Any] = size[0] if len(size) == 1 and isinstance(size[0], (list, tuple)) else size
    return tuple(int(length) for length in given)


def full(
    size: int | Sequence[int], fill_value: Number, *, dtype: DTypeLike | None = None, requires_grad: bool = False,
    name: str = "",
) -> Tensor:  # fmt: skip
    """A tensor of that shape with the same number everywhere; its dtype follows the number's unless given."""
    default = _dtypes.dtype(type(fill_value))
    return _leaf(np.full(size, fill_value), dtype, default, requires_grad, name)


def ones(
    *size: int | Sequence[int], dtype: DTypeLike | None = None, requires_grad: bool = False, name: str = ""
) -> Tensor:
    """Ones in that shape, float32 unless given: ``ones(2, 3)`` or ``ones((2, 3))``."""
    return _leaf(np.ones(_shape(size), np.float32), dtype, _dtypes.float32, requires_grad, name)


def zeros(
    *size: int | Sequence[int], dtype: DTypeLike | None = None, requires_grad: bool = False, name: str = ""
) -> Tensor:
    """Zeros in that shape, float32 unless given."""
    return _leaf(np.zeros(_shape(size), np.float32), dtype, _dtypes.float32, requires_grad, name)


def rand(
    *size: int | Sequence[int], dtype: DTypeLike | None = None, requires_grad: bool = False, name: str = ""
) -> Tensor:
    """Uniform random numbers from [0, 1), float32 unless given; see manual_seed."""
    return _leaf(_random.host.random(_shape(size), np.float32), dtype, _dtypes.float32, requires_grad, name)


def randn(
    *size: int | Sequence[int], dtype: DTypeLike | None = None, requires_grad: bool = False, name: str = ""
) -> Tensor:
    """Random numbers of the standard normal distribution, float32 unless given; see manual_seed."""
    return _leaf(_random.host.standard_normal(_shape(size)), dtype, _dtypes.float32, requires_grad, name)


def randint(low: int, high: int, size: Sequence[int], *, dtype: DTypeLike | None = None, name: str = "") -> Tensor:
    """Random integers from low to high − 1 in that shape, int64 unless given; see manual_seed."""
    return _leaf(_random.host.integers(low, high, tuple(size)), dtype, _dtypes.int64, False, name)


def randperm(n: int, *, name: str = "") -> Tensor:
    """The integers from 0 to n − 1 in random order, int64; see manual_seed."""
    return _leaf(_random.host.permutation(n), None, _dtypes.int64, False, name)


def arange(*limits: float, dtype: DTypeLike | None = None, requires_grad: bool = False, name: str = "") -> Tensor:
    """``arange(end)``, ``arange(start, end)`` or ``arange(start, end, step)``: evenly spaced numbers, end not included.

    int64 where all limits are ints, else float32, unless given.
    """
    default = _dtypes.int64 if all(isinstance(limit, int) for limit in limits) else _dtypes.float32
    return _leaf(np.arange(*limits), dtype, default, requires_grad, name)


def linspace(
    start: float, end: float, steps: int, *, dtype: DTypeLike | None = None, requires_grad: bool = False, name: str = ""
) -> Tensor:
    """That many evenly spaced numbers, both ends included; float32 unless given."""
    return _leaf(np.linspace(start, end, steps), dtype, _dtypes.float32, requires_grad, name)


def eye(
    n: int, m: int | None = None, *, dtype: DTypeLike | None = None, requires_grad: bool = False, name: str = ""
) -> Tensor:
    """Ones on the diagonal of an n × m matrix (square unless m is given), float32 unless given."""
    return _leaf(np.eye(n, m, dtype=np.float32), dtype, _dtypes.float32, requires_grad, name)


def from_numpy(array: np.ndarray[Any, Any]) -> Tensor:
    """A leaf with a copy of the array, of its dtype."""
    return tensor(np.asarray(array))


def as_tensor(data: TensorLike, dtype: DTypeLike | None = None) -> Tensor:
    """The tensor itself if it is one of that dtype, else a leaf with a copy of the data."""
    if isinstance(data, Tensor) and (dtype is None or data.dtype is _dtypes.dtype(dtype)):
        return data
    return tensor(data, dtype)
