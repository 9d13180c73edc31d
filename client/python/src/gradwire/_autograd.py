"""Derivatives: backward(), grad(), jvp(), and whole Jacobians and Hessians."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from . import _client, _dtypes, _evaluate, _gradfn, _graph, _record, _stream, _wire
from ._errors import NotDifferentiableError
from ._graph import Node, Value
from ._options import Options
from ._program import Recording

if TYPE_CHECKING:
    from ._tensor import Tensor

_accumulating = threading.Lock()


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Any = None,
    *,
    options: Options | None = None,
    timeout: float | None = None,
) -> None:
    """Adds the gradients of the tensors to ``grad`` of the leaves they depend on; one request.

    Args:
        tensors: what to differentiate, floating point or complex
        grad_tensors: for each tensor one of its shape and dtype to multiply its Jacobian with; None is 1, for a tensor
            of one element only

    Raises NotDifferentiableError where a tensor does not require grad, and GradwireError.
    """
    roots = [_value(tensor) for tensor in _sequence(tensors)]
    for root in roots:
        _require_grad(root)
    cotangents = _cotangents(grad_tensors, roots, tensors)
    leaves, retained = _differentiated(roots)
    extra = _retained_gradients(roots, cotangents, retained)
    targets = [*roots, *extra]
    options = Options(timeout=timeout).over(options or Options())
    selection = _evaluate.select([*targets, *(c for c in cotangents if c is not None)], roots, options)
    recording = Recording(selection, targets)
    client = _client.current_client()
    resolved = client.resolve(options)
    message = _backward_message(recording, roots, cotangents, leaves)
    outcome = client.send(_evaluate.request(recording, message, resolved.to_wire()), resolved)
    _evaluate.store(recording, outcome)
    _gradfn.store(recording, outcome.grad_fns)
    gradients = {recording.values[name]: tensor for name, tensor in outcome.gradients.items()}
    gradients.update((value, _array(gradient)) for value, gradient in zip(retained, extra))
    _accumulate(gradients)


def _backward_message(
    recording: Recording, roots: list[Value], cotangents: list[Value | None], leaves: list[Value]
) -> Any:
    message = _wire.Backward(roots=[recording.name(root) for root in roots])
    if any(cotangent is not None for cotangent in cotangents):
        for cotangent in cotangents:
            if cotangent is None:
                message.cotangents.add().ones.SetInParent()
            else:
                message.cotangents.add(value=recording.name(cotangent))
    message.inputs.extend(recording.name(leaf) for leaf in leaves)
    return message


def _differentiated(roots: list[Value]) -> tuple[list[Value], list[Value]]:
    """Leaves that get a gradient, and other values that keep theirs."""
    found = _ancestors(roots)
    leaves = [value for value in found if value.is_leaf]
    return leaves, [value for value in found if not value.is_leaf and value.owner is not None]


def _ancestors(roots: Iterable[Value]) -> list[Value]:
    """All values that require grad and that the roots depend on through such values, roots included."""
    seen = dict.fromkeys(root for root in roots if root.requires_grad)
    todo = list(seen)
    while todo:
        node = todo.pop().node
        for operand in node.operands() if node else ():
            if operand.requires_grad and operand not in seen:
                seen[operand] = None
                todo.append(operand)
    return list(seen)


def _retained_gradients(roots: list[Value], cotangents: list[Value | None], retained: list[Value]) -> list[Value]:
    """Results of a grad node for values inside the graph, as Backward serves inputs only."""
    if not retained:
        return []
    node = Node("grad", None, [roots, retained, cotangents], {}, _graph.fresh_name("grad"), False)
    return [Value(node, i) for i in range(len(retained))]


def _array(value: Value) -> _TensorData:
    assert value.data is not None and value.type is not None
    return value.data, value.type


_TensorData = tuple[_stream.Array, _dtypes.TensorType]


def _accumulate(gradients: dict[Value, _TensorData | None]) -> None:
    with _accumulating:
        for value, gradient in gradients.items():
            tensor = value.owner() if value.owner else None
            if tensor is None or gradient is None:
                continue
            tensor._add_grad(_graph.leaf(*gradient, name=value.name.replace(":", "_") + ".grad"))


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    *,
    allow_unused: bool = False,
    is_grads_batched: bool = False,
    create_graph: bool | None = None,
    retain_graph: bool | None = None,
    name: str | None = None,
) -> tuple[Tensor | None, ...]:
    """The gradients of outputs with respect to inputs, as ordinary tensors: they can be differentiated again.

    Nothing is sent until a value is needed. ``create_graph`` and ``retain_graph`` are accepted and mean nothing: graphs
    are never used up.

    Args:
        outputs: what to differentiate
        inputs: leaves or other tensors that require grad
        grad_outputs: for each output one of its shape and dtype, or None for 1 (outputs of one element only)
        allow_unused: None for an input that the outputs do not depend on, instead of NotDifferentiableError
        is_grads_batched: grad_outputs have one more dimension in front: many vectors at once; so have the results
        name: name of the node

    Returns one tensor for each input, of its shape and dtype.
    """
    roots = [_value(tensor) for tensor in _sequence(outputs)]
    wanted = [_value(tensor) for tensor in _sequence(inputs)]
    for value in [*roots, *wanted]:
        _require_grad(value)
    reached = set(_ancestors(roots))
    used = [value for value in wanted if value in reached]
    if len(used) < len(wanted) and not allow_unused:
        unused = next(value for value in wanted if value not in reached)
        raise NotDifferentiableError(
            f"the outputs do not depend on {unused.name!r}; allow_unused=True gives None for it",
            code="INVALID_ARGUMENT",
            reason="NOT_DIFFERENTIABLE",
        )
    args: list[Any] = [roots, used]
    if grad_outputs is not None:
        args.append(_cotangents(grad_outputs, roots, outputs))
    if is_grads_batched and (grad_outputs is None or None in args[2]):
        raise ValueError("is_grads_batched needs grad_outputs for all outputs")
    kwargs = {"is_grads_batched": True} if is_grads_batched else {}
    gradients = iter(_record.append("grad", "grad", None, args, kwargs, name=name, count=len(used)) if used else ())
    return tuple(next(gradients) if value in reached else None for value in wanted)


def jvp(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    tangents: Any,
    *,
    name: str | None = None,
) -> tuple[Tensor, ...]:
    """Forward mode: what the outputs change by when the inputs change by the tangents (of their shape and dtype).

    Returns one tensor for each output, of its shape and dtype.
    """
    roots = [_value(tensor) for tensor in _sequence(outputs)]
    wanted = [_value(tensor) for tensor in _sequence(inputs)]
    for value in [*roots, *wanted]:
        _require_grad(value)
    given = _cotangents(tangents, wanted, inputs)
    result: tuple[Tensor, ...] = _record.append(
        "jvp", "jvp", None, [roots, wanted, given], {}, name=name, count=len(roots)
    )
    return result


def jacobian(output: Tensor, inputs: Tensor | Sequence[Tensor], *, name: str | None = None) -> Any:
    """The derivative of every element of output with respect to every element of the inputs.

    The server takes forward or reverse mode, whichever needs fewer passes, and all passes at once.

    Returns a tensor of shape ``[*output.shape, *input.shape]`` for each input: a tuple where inputs is a sequence.
    """
    root, wanted = _value(output), [_value(tensor) for tensor in _sequence(inputs)]
    return _like(inputs, _whole("jacobian", [root], wanted, [], len(wanted), name))


def hessian(output: Tensor, inputs: Tensor | Sequence[Tensor], *, name: str | None = None) -> Any:
    """Second derivatives of an output of one element.

    Returns for each pair of inputs a tensor of shape ``[*first.shape, *second.shape]``: a tuple of tuples.
    """
    root, wanted = _value(output), [_value(tensor) for tensor in _sequence(inputs)]
    count = len(wanted)
    blocks = _whole("hessian", [root], wanted, [], count * count, name)
    return tuple(tuple(blocks[i * count : (i + 1) * count]) for i in range(count))


def hvp(output: Tensor, inputs: Tensor | Sequence[Tensor], v: Any, *, name: str | None = None) -> Any:
    """The Hessian of an output of one element times a vector, which has the inputs' shapes; it is not formed.

    Returns a tensor of each input's shape: a tuple where inputs is a sequence.
    """
    root, wanted = _value(output), [_value(tensor) for tensor in _sequence(inputs)]
    vectors = _cotangents(v, wanted, inputs)
    return _like(inputs, _whole("hvp", [root], wanted, [vectors], len(wanted), name))


def sparse_jacobian(output: Tensor, input: Tensor, *, name: str | None = None) -> tuple[Tensor, Tensor]:
    """The elements of the Jacobian that can be other than zero, by as few passes as a colouring of the pattern allows.

    The pattern follows from the graph alone.

    Returns indices, int64 of shape (2, n): element of output, element of input, both counted row by row, in order; and
    the n values.
    """
    for value in (_value(output), _value(input)):
        _require_grad(value)
    args = [_value(output), _value(input)]
    result: tuple[Tensor, Tensor] = _record.append(
        "sparse_jacobian", "sparse_jacobian", None, args, {}, name=name, count=2
    )
    result[0]._value.requires_grad = False
    return result


def _whole(
    op: str, roots: list[Value], wanted: list[Value], more: list[Any], count: int, name: str | None
) -> tuple[Any, ...]:
    for value in [*roots, *wanted]:
        _require_grad(value)
    args: list[Any] = [*roots, wanted, *more]
    results: tuple[Any, ...] = _record.append(op, op, None, args, {}, name=name, count=count)
    return results


def _like(given: Any, results: tuple[Any, ...]) -> Any:
    """One result where one tensor was given."""
    return results if isinstance(given, (list, tuple)) else results[0]


def _value(tensor: Any) -> Value:
    from ._tensor import Tensor

    if not isinstance(tensor, Tensor):
        raise TypeError(f"a Tensor is needed, but {type(tensor).__name__} is given")
    return tensor._value


def _cotangents(given: Any, values: list[Value], tensors: Any) -> list[Value | None]:
    """A vector for each value, None for ones; data takes the dtype of what it goes with."""
    from ._tensor import Tensor, tensor

    if given is None:
        return [None] * len(values)
    single = isinstance(tensors, Tensor) and not (
        isinstance(given, (list, tuple)) and len(given) == 1 and isinstance(given[0], Tensor)
    )
    items = [given] if single else _sequence(given)
    if len(items) != len(values):
        raise ValueError(f"{len(items)} tensors are given to go with {len(values)}")
    return [
        item._value if isinstance(item, Tensor)
        else None if item is None
        else tensor(item, dtype=_evaluate.type_of(value).dtype)._value
        for item, value in zip(items, values)
    ]  # fmt: skip


def _sequence(given: Any) -> list[Any]:
    return list(given) if isinstance(given, (list, tuple)) else [given]


def _require_grad(value: Value) -> None:
    if not value.requires_grad:
        raise NotDifferentiableError(
            f"{value.name!r} does not require grad and has no grad_fn",
            code="INVALID_ARGUMENT",
            reason="NOT_DIFFERENTIABLE",
        )
