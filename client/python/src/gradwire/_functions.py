"""Functions about any tensors: fetch many, name one, call an operator by name."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _evaluate, _operators, _record
from ._options import Options
from ._tensor import Tensor, tensor


def evaluate(*tensors: Tensor, options: Options | None = None, timeout: float | None = None) -> None:
    """Computes the tensors together, by one request; what is known already costs nothing. Raises GradwireError."""
    options = Options(timeout=timeout).over(options or Options())
    _evaluate.compute([tensor._value for tensor in tensors], options)


def name(tensor: Tensor, name: str) -> Tensor:
    """Names what made the tensor, for errors and grad_fns; returns the tensor. Names may be used again."""
    value = tensor._value
    if value.node is None:
        value.leaf_name = _record.checked_name(name)
    else:
        value.node.name = _record.checked_name(name)
    return tensor


def call(op: str, *args: Any, name: str | None = None, **kwargs: Any) -> Any:
    """Calls any operator of the server by its name, such as "addmm" or "pow.Tensor_Scalar".

    One that this client does not know takes tensors, numbers, strings, dtypes, None, and lists of them as they are; the
    server then says how many results there are, so that a request is sent.
    """
    if op in _operators.OPERATORS:
        return _record.record(op, name, *args, **kwargs)
    results = _record.append(
        op,
        op.partition(".")[0],
        None,
        [_plain(arg) for arg in args],
        {k: _plain(arg) for k, arg in kwargs.items()},
        name=name,
    )
    return results[0] if len(results) == 1 else results


def _plain(arg: Any) -> Any:
    if isinstance(arg, Tensor):
        return arg._value
    if isinstance(arg, (list, tuple)):
        return [_plain(item) for item in arg]
    if isinstance(arg, np.ndarray):
        return tensor(arg)._value
    return arg.item() if isinstance(arg, np.generic) else arg
