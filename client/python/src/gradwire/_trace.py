"""Records Python functions, for the operators that take functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from . import _evaluate, _graph, _record, _tree
from ._dtypes import TensorType
from ._graph import Function, Parameter, Value

#: What type an argument of a function has, given that of the operand it is made from.
Slice = Callable[[TensorType], TensorType]


def whole(kind: TensorType) -> TensorType:
    """The operand as it is."""
    return kind


def without(dim: int) -> Slice:
    """One slice of the operand along a dimension."""

    def drop(kind: TensorType) -> TensorType:
        rank = len(kind.shape)
        if not -rank <= dim < rank:
            raise ValueError(f"dimension {dim} is out of range for a tensor of {rank} dimensions")
        at = dim % rank
        return TensorType(kind.dtype, kind.shape[:at] + kind.shape[at + 1 :])

    return drop


def parameter(name: str, operand: Value, take: Slice = whole) -> Parameter:
    """Stands for what the function gets of an operand."""
    known = operand.type
    return Parameter(name, lambda: take(_evaluate.type_of(operand)), take(known) if known else None)


def values(tensors: Sequence[Any]) -> list[Value]:
    """The tensors' values; data becomes a leaf. Raises TypeError for what is neither."""
    from ._tensor import Tensor, tensor

    return [(item if isinstance(item, Tensor) else tensor(item))._value for item in tensors]


def record(
    fn: Callable[..., Any], arguments: Sequence[Value], rebuild: _tree.Rebuild
) -> tuple[Function, _tree.Rebuild]:
    """Calls ``fn`` with stand-ins; returns what it recorded, and how its result is built of results."""
    from ._tensor import Tensor

    since = _graph.now()
    result = fn(*rebuild(iter([Tensor._of(argument) for argument in arguments])))
    leaves, structure = _tree.flatten(result)
    return Function(name_of(fn), arguments, values(leaves), since), structure


def name_of(fn: Callable[..., Any]) -> str:
    """The function's name as errors give it."""
    name = getattr(fn, "__name__", type(fn).__name__).strip("<>")
    return "".join(char if char.isalnum() or char == "_" else "_" for char in name) or "function"


def share_captured(*functions: Function) -> list[Value]:
    """Gives functions that get the same operands the same captured values; returns these."""
    captured = list(dict.fromkeys(value for function in functions for value in function.captured))
    for function in functions:
        function.capture(captured)
    return captured


def append(op: str, args: list[Any], kwargs: dict[str, Any], count: int, name: str | None) -> tuple[Any, ...]:
    """Adds a node with ``count`` results."""
    results: tuple[Any, ...] = _record.append(op, op, None, args, kwargs, name=name, count=count)
    return results
