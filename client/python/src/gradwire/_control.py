"""Operators that take Python functions: vmap, cond, while_loop, scan, checkpoint, custom_gradient.

A function is called once, with stand-ins for its arguments, and what it records is sent to the server as a function of
the program. Inside it there are operators and derivatives, but no values: Python's own ``if`` and ``while`` cannot
depend on a tensor there. Tensors from outside may be used, and derivatives flow to them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import _trace, _tree
from ._graph import Value


def vmap(func: Callable[..., Any], in_dims: Any = 0, out_dims: Any = 0) -> Callable[..., Any]:
    """Maps a function over a dimension of its arguments, as torch.vmap: one request, no loop.

    Args:
        func: takes and returns tensors, or nested tuples, lists and dicts of them
        in_dims: which dimension of each argument is mapped over, None for an argument that goes in whole; one for all,
            or one for each, nested like the arguments
        out_dims: where the results have that dimension; one for all, or one for each result

    Returns a function of the same arguments with one more dimension. Its results have it, too.

    >>> per_sample = gw.vmap(gw.func.grad(loss), in_dims=(None, 0, 0))(weights, images, labels)
    """

    def mapped(*args: Any) -> Any:
        leaves, rebuild = _tree.flatten(args)
        dims = _tree.broadcast(tuple(in_dims) if isinstance(in_dims, list) else in_dims, args)
        operands = _trace.values(leaves)
        if all(dim is None for dim in dims):
            raise ValueError("vmap needs an argument to map over: in_dims is None for all")
        stand_ins: list[Value] = [
            _trace.parameter(f"arg_{i}", operand, _trace.whole if dim is None else _trace.without(dim))
            for i, (operand, dim) in enumerate(zip(operands, dims))
        ]
        function, structure = _trace.record(func, stand_ins, rebuild)
        batched = [i for i, dim in enumerate(dims) if dim is not None]
        shared = [i for i, dim in enumerate(dims) if dim is None]
        function.arguments = [stand_ins[i] for i in batched + shared]
        additional = [operands[i] for i in shared] + function.captured
        results = _tree.unflatten(structure, function.results)
        outs = _tree.broadcast(tuple(out_dims) if isinstance(out_dims, list) else out_dims, results)
        arguments = [function, [operands[i] for i in batched], [dims[i] for i in batched], additional, outs]
        return _tree.unflatten(structure, _trace.append("vmap", arguments, {}, len(outs), None))

    return mapped


def cond(
    pred: Any, true_fn: Callable[..., Any], false_fn: Callable[..., Any], operands: Any = (), *, name: str | None = None
) -> Any:
    """``true_fn(*operands)`` where pred holds, else ``false_fn(*operands)``, as torch.cond; only one of them is run.

    Args:
        pred: bool tensor of one element
        true_fn, false_fn: return the same structure of tensors of the same types
    """
    leaves, rebuild = _tree.flatten(tuple(operands))
    given = _trace.values(leaves)

    def stand_ins() -> list[Value]:
        return [_trace.parameter(f"operand_{i}", value) for i, value in enumerate(given)]

    chosen, structure = _trace.record(true_fn, stand_ins(), rebuild)
    other, _ = _trace.record(false_fn, stand_ins(), rebuild)
    _same_count("cond: false_fn", other.results, len(chosen.results), "true_fn")
    captured = _trace.share_captured(chosen, other)
    arguments = [*_trace.values([pred]), chosen, other, given + captured]
    return _tree.unflatten(structure, _trace.append("cond", arguments, {}, len(chosen.results), name))


def while_loop(
    cond_fn: Callable[..., Any],
    body_fn: Callable[..., Any],
    carried_inputs: Any,
    *,
    max_iterations: int | None = None,
    name: str | None = None,
) -> Any:
    """Repeats ``carried = body_fn(*carried)`` while ``cond_fn(*carried)`` holds; returns the last ``carried``.

    Args:
        cond_fn: returns a bool tensor of one element
        body_fn: returns as many tensors as it is given, of the same types
        carried_inputs: tuple or list of tensors
        max_iterations: the most rounds; more are an error. Needed for reverse mode, which keeps so many copies of the
            carried tensors
    """
    leaves, rebuild = _tree.flatten(tuple(carried_inputs))
    carried = _trace.values(leaves)

    def stand_ins() -> list[Value]:
        return [_trace.parameter(f"carry_{i}", value) for i, value in enumerate(carried)]

    test, _ = _trace.record(cond_fn, stand_ins(), rebuild)
    body, _ = _trace.record(body_fn, stand_ins(), rebuild)
    _same_count("while_loop: cond_fn", test.results, 1, "it must return")
    _same_count("while_loop: body_fn", body.results, len(carried), "carried_inputs")
    captured = _trace.share_captured(test, body)
    kwargs = {} if max_iterations is None else {"max_iterations": max_iterations}
    results = _trace.append("while_loop", [test, body, carried, captured], kwargs, len(carried), name)
    return type(carried_inputs)(_tree.unflatten(rebuild, results))


def scan(
    combine_fn: Callable[..., Any],
    init: Any,
    xs: Any = None,
    *,
    dim: int = 0,
    reverse: bool = False,
    length: int | None = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """Goes through slices of xs with a carried state: ``carry, y = combine_fn(carry, x)``; the ys are stacked.

    Args:
        combine_fn: its carry has the types of init
        init: tensor, or nested tensors: the first carry
        xs: tensor, or nested tensors, to take slices of; None for none, with ``length``
        dim: the dimension of xs to go along
        reverse: from the last slice to the first; ys still stand at the places of their xs
        length: how many rounds, where xs does not tell

    Returns the last carry, and the ys with a new first dimension.
    """
    carries, rebuild_carry = _tree.flatten(init)
    slices, rebuild_x = _tree.flatten(() if xs is None else xs)
    carried, sliced = _trace.values(carries), _trace.values(slices)
    stand_ins: list[Value] = [_trace.parameter(f"carry_{i}", value) for i, value in enumerate(carried)]
    stand_ins += [_trace.parameter(f"x_{i}", value, _trace.without(dim)) for i, value in enumerate(sliced)]

    def rebuild(items: Any) -> Any:
        carry = rebuild_carry(items)
        return carry, (None if xs is None else rebuild_x(items))

    count: list[int] = []

    def combine(carry: Any, x: Any) -> Any:
        new, y = combine_fn(carry, x)
        count.append(len(_tree.flatten(new)[0]))
        return new, () if y is None else y

    combine.__name__ = _trace.name_of(combine_fn)
    function, structure = _trace.record(combine, stand_ins, rebuild)
    if count[0] != len(carried):
        raise ValueError(f"scan: combine_fn returns a carry of {count[0]} tensors, but init has {len(carried)}")
    kwargs: dict[str, Any] = {} if length is None else {"length": length}
    kwargs |= {} if dim == 0 else {"dim": dim}
    kwargs |= {"reverse": True} if reverse else {}
    arguments = [function, carried, sliced, function.captured]
    results = _trace.append("scan", arguments, kwargs, len(function.results), name)
    carry, ys = _tree.unflatten(structure, results)
    return _tree.unflatten(rebuild_carry, _tree.flatten(carry)[0]), ys


def checkpoint(function: Callable[..., Any], *args: Any, name: str | None = None) -> Any:
    """``function(*args)`` whose inner values are not kept for the backward pass but computed again there."""
    return _apply("checkpoint", function, args, name)


def call_function(function: Callable[..., Any], *args: Any) -> Any:
    """``function(*args)`` as a function of the program."""
    return _apply("call", function, args, None)


def _apply(op: str, fn: Callable[..., Any], args: tuple[Any, ...], name: str | None) -> Any:
    leaves, rebuild = _tree.flatten(args)
    operands = _trace.values(leaves)
    stand_ins: list[Value] = [_trace.parameter(f"arg_{i}", value) for i, value in enumerate(operands)]
    function, structure = _trace.record(fn, stand_ins, rebuild)
    arguments = [function, operands + function.captured]
    return _tree.unflatten(structure, _trace.append(op, arguments, {}, len(function.results), name))


def custom_gradient(function: Callable[..., Any], vjp: Callable[..., Any]) -> Callable[..., Any]:
    """A function with a derivative of its own.

    Args:
        function: takes and returns tensors
        vjp: takes the arguments, the results and a cotangent for each result, each group as a tuple, and returns one
            cotangent for each argument. Tensors that ``function`` uses from outside get no gradient.

    >>> clipped = gw.custom_gradient(lambda x: x.clone(), lambda args, results, grads: grads[0].clamp(-1, 1))
    """

    def custom(*args: Any) -> Any:
        operands = _trace.values(args)
        stand_ins: list[Value] = [_trace.parameter(f"arg_{i}", value) for i, value in enumerate(operands)]
        forward, structure = _trace.record(function, stand_ins, lambda items: tuple(items))
        results = [
            _trace.parameter(f"{kind}_{i}", value)
            for kind in ("result", "grad")
            for i, value in enumerate(forward.results)
        ]
        arguments = [_trace.parameter(f"arg_{i}", value) for i, value in enumerate(operands)]
        counts = len(operands), len(forward.results)

        def derivative(*items: Any) -> Any:
            a, r = counts
            found = vjp(items[:a], items[a : a + r], items[a + r :])
            return tuple(found) if isinstance(found, (tuple, list)) else (found,)

        derivative.__name__ = _trace.name_of(vjp)
        backward, _ = _trace.record(derivative, [*arguments, *results], lambda items: tuple(items))
        _same_count("custom_gradient: vjp", backward.results, len(operands), "function's arguments")
        captured = _trace.share_captured(forward, backward)
        backward.arguments, backward.captured = [*arguments, *captured, *results], []
        nodes = _trace.append("custom_gradient", [forward, backward, operands, captured], {}, counts[1], None)
        return _tree.unflatten(structure, nodes)

    return custom


def _same_count(what: str, results: list[Value], count: int, where: str) -> None:
    if len(results) != count:
        raise ValueError(f"{what} returns {len(results)} tensors, but {where} has {count}")
