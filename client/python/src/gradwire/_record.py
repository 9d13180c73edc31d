"""Records operator calls: binds arguments to a schema as the server does, and makes the node."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import _dtypes, _graph, _random
from ._dtypes import TensorType
from ._graph import Node, Value
from ._schema import MISSING, Overload, Parameter, Schema


class _Mismatch(TypeError):
    """The arguments are not those of this overload."""


# What becomes of a list of values is told by the tensor module, which imports this one.
_wrap: Callable[[Value], Any]
_value_of: Callable[[Any], Value | None]


def connect_tensors(wrap: Callable[[Value], Any], value_of: Callable[[Any], Value | None]) -> None:
    """Tells how a Tensor is made from a value and a value taken from a Tensor."""
    global _wrap, _value_of
    _wrap, _value_of = wrap, value_of


def record(op: str, name: str | None, *args: Any, **kwargs: Any) -> Any:
    """Records a call of an operator of the catalogue and returns its result, or a tuple of its results.

    Raises TypeError where the arguments fit none of its overloads. Types and shapes are the server's business.
    """
    from . import _operators

    operator = _operators.OPERATORS.get(op)
    if operator is None:
        raise NotImplementedError(f"this version knows no operator {op!r}")
    failures = []
    for overload in operator.overloads:
        try:
            return record_overload(op, overload, name, args, kwargs)
        except _Mismatch as mismatch:
            failures.append(f"{overload.schema.text}: {mismatch}")
    raise TypeError(f"{op}() got arguments that fit none of\n  " + "\n  ".join(failures))


def record_overload(
    op: str, overload: Overload, name: str | None, args: Sequence[Any], kwargs: dict[str, Any],
    types: list[TensorType] | None = None,
) -> Any:  # fmt: skip
    """Records a call of one overload, whose results have these types where they are known; TypeError as above."""
    positional, keywords = _bind(overload.schema, args, kwargs)
    if _random.GENERATOR in overload.schema.by_name and kwargs.get(_random.GENERATOR) is None:
        keywords.setdefault(_random.GENERATOR, _random.next_number())
    from . import _operators

    key = overload.schema.key
    if len(_operators.OPERATORS[op].overloads) > 1 and not overload.schema.overload:
        key += ".default"
    return append(key, op, overload, positional, keywords, name=name, types=types)


def append(
    key: str, base: str, overload: Overload | None, args: list[Any], kwargs: dict[str, Any], *, name: str | None = None,
    count: int | None = None, types: list[TensorType] | None = None,
) -> Any:  # fmt: skip
    """Adds a node; ``count`` results, or as many as ``types``, the overload's schema or else the server say."""
    node = Node(key, overload, args, kwargs, checked_name(name) if name else _graph.fresh_name(base), False)
    depends = any(operand.requires_grad for operand in node.operands())
    possible = overload is None or overload.differentiable or key in _graph.DIFFERENTIATING
    requires_grad = depends and possible and _graph.is_grad_enabled()
    node.cut = depends and possible and not requires_grad
    node.types = types
    names = overload.schema.results if overload else None
    if count is None and names is not None:
        count = len(names)
    if count is None and types is not None:
        count = len(types)
    if count is None:
        from . import _evaluate

        node.types = _evaluate.result_types(node)
        count = len(node.types)
    values = [Value(node, i, requires_grad) for i in range(count)]
    for value, label in zip(values, names or ()):
        if label in _INTEGER_RESULTS:
            value.requires_grad = False
    for value, kind in zip(values, types or ()):
        value.requires_grad &= kind.dtype.is_differentiable
    tensors = [_wrap(value) for value in values]
    if names == ("",):
        return tensors[0]
    return _result_tuple(names or (), tensors)


#: Results that are positions or counts, whatever the operator.
_INTEGER_RESULTS = frozenset({"indices", "inverse_indices", "counts", "info", "pivots", "index"})


def _result_tuple(names: Sequence[str], tensors: list[Any]) -> Any:
    from . import _operators

    fields = [n + "_" if n in ("count", "index") else n for n in names]
    kind = getattr(_operators, "".join(part.title() for field in fields for part in field.split("_")), None)
    return kind(*tensors) if names and all(names) and kind else tuple(tensors)


def checked_name(name: str) -> str:
    """The name; ValueError where the wire contract does not allow it."""
    if not name or ":" in name:
        raise ValueError(f"a name must not be empty or contain ':', but is {name!r}")
    return name


def _bind(schema: Schema, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Arguments in the form that nodes hold, without those that equal their default."""
    packed = schema.packed
    if packed and len(args) >= len(schema.positional):
        first = len(schema.positional) - 1
        if isinstance(args[first], numbers.Integral) or (packed.kind == "Tensor" and _value_of(args[first])):
            args = [*args[:first], list(args[first:])]
    elif packed and packed.kind == "int" and len(args) == len(schema.positional) - 1 and packed.name not in kwargs:
        args = [*args, []]
    if len(args) > len(schema.positional):
        raise _Mismatch(f"{len(args)} positional arguments are too many")
    unknown = kwargs.keys() - schema.by_name.keys()
    if unknown:
        raise _Mismatch(f"{min(unknown)!r} is no parameter of it")
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    for i, parameter in enumerate(schema.parameters):
        given: Any = MISSING
        if i < len(args) and not parameter.keyword_only:
            if parameter.name in kwargs:
                raise _Mismatch(f"{parameter.name!r} is given twice")
            given = args[i]
        elif parameter.name in kwargs:
            given = kwargs[parameter.name]
        elif parameter.required:
            raise _Mismatch(f"{parameter.name!r} is missing")
        if given is MISSING or _is_default(given, parameter):
            continue
        accepted = accept(given, parameter)
        if not parameter.keyword_only and len(positional) == i:
            positional.append(accepted)
        else:
            keywords[parameter.name] = accepted
    return positional, keywords


def _is_default(given: Any, parameter: Parameter) -> bool:
    default = parameter.default
    return given is default or (
        type(given) is type(default) and isinstance(given, (int, float, str)) and given == default
    )


def accept(given: Any, parameter: Parameter) -> Any:
    """The argument in the form that nodes hold: a Value, number, string, DType, None, or a list of them.

    Raises TypeError where the parameter does not take it.
    """
    if given is None:
        if not parameter.optional:
            raise _Mismatch(f"{parameter.name!r} must not be None")
        return None
    if not parameter.is_list:
        return _accept_item(given, parameter)
    if isinstance(given, (list, tuple)) or (
        isinstance(given, np.ndarray) and given.ndim == 1 and parameter.kind != "Tensor"
    ):
        return [None if item is None and parameter.optional_items else _accept_item(item, parameter) for item in given]
    if parameter.size:
        return [_accept_item(given, parameter)] * parameter.size
    raise _Mismatch(f"{parameter.name!r} must be a list, but is {type(given).__name__}")


def _accept_item(item: Any, parameter: Parameter) -> Any:
    if isinstance(item, np.generic):
        item = item.item() if parameter.kind != "Tensor" else np.asarray(item)
    value = _value_of(item)
    if parameter.kind == "Tensor":
        if value is not None:
            return value
        if isinstance(item, (bool, int, float, complex)) and not parameter.is_list:
            return _number(item)
        if isinstance(item, (np.ndarray, list, tuple, int, float, complex)):
            array, dtype = _dtypes.to_array(item)
            return _graph.leaf(array, _dtypes.TensorType(dtype, array.shape))
    elif value is None:
        take = _TAKES.get(parameter.kind)
        accepted = take(item) if take else item
        if accepted is not None:
            return accepted
    raise _Mismatch(f"{parameter.name!r} must be {parameter.kind}, but is {type(item).__name__}")


def _number(item: Any) -> Any:
    if isinstance(item, int) and not isinstance(item, bool) and not -(2**63) <= item < 2**63:
        raise _Mismatch(f"{item} does not fit 64 bits")
    return item


def _integer(item: Any) -> Any:
    return _number(int(item)) if isinstance(item, numbers.Integral) else None


def _dtype(item: Any) -> Any:
    try:
        return _dtypes.dtype(item)
    except TypeError:
        return None


_TAKES: dict[str, Callable[[Any], Any]] = {
    "Scalar": lambda item: _number(item) if isinstance(item, (bool, int, float, complex)) else None,
    "int": _integer,
    "float": lambda item: float(item) if isinstance(item, numbers.Real) else None,
    "bool": lambda item: bool(item) if isinstance(item, (bool, int)) else None,
    "str": lambda item: item if isinstance(item, str) else None,
    "ScalarType": _dtype,
}
