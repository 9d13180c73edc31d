"""Fetches what is not known yet: data by Run or Session, types by Plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from . import _client, _stream, _transport, _wire
from ._dtypes import TensorType, from_wire
from ._graph import Node, Parameter, Value
from ._options import Options
from ._program import Recording, Selection

if TYPE_CHECKING:
    import numpy as np


def select(
    targets: Sequence[Value], roots: Sequence[Value] = (), options: Options | None = None, whole: bool = False
) -> Selection:
    """The selection for a request, after computing the data of leaves that are copies of values not computed yet."""
    selection = Selection(targets, roots, whole)
    for value in selection.inputs:
        if isinstance(value, Parameter):
            value.ask_type()
    pending = selection.pending()
    if not pending:
        return selection
    compute(pending, options)
    return Selection(targets, roots, whole)


def compute(values: Iterable[Value], options: Options | None = None) -> None:
    """Fills in the data of the values, by at most one request more than there are chains of pending leaves.

    Raises GradwireError.
    """
    values = list(values)
    _take_sources(values)
    wanted = [value.source or value for value in values if value.data is None]
    if not wanted:
        return
    selection = select(wanted, (), options)
    recording = Recording(selection, wanted)
    client = _client.current_client()
    resolved = client.resolve(options)
    outcome = client.send(request(recording, None, resolved.to_wire("none")), resolved)
    store(recording, outcome)
    _take_sources(values)


def _take_sources(values: Iterable[Value]) -> None:
    """Copies what has been computed to the leaves that wait for it."""
    for value in values:
        source = value.source
        if value.data is None and source is not None and source.data is not None and source.type is not None:
            value.fill(source.data, source.type)


def request(recording: Recording, backward: Any, options: Any) -> _transport.Request:
    """The request for a recording whose inputs are all known."""
    inputs: dict[str, tuple[np.ndarray[Any, Any], TensorType]] = {}
    for name, value in recording.inputs.items():
        if isinstance(value, Parameter):
            raise TypeError(
                f"{name!r} has no data: it stands for an argument of a function that is being recorded. Inside it,"
                " only operators and gradwire.grad or jvp can be used, no values, and no backward()"
            )
        assert value.data is not None and value.leaf_type is not None
        inputs[name] = (value.data, value.leaf_type)
    answer = 0
    for output in recording.program.graph.outputs:
        kind = recording.values[output].type
        answer += kind.nbytes if kind else 0
    for name in backward.inputs if backward is not None else ():
        answer += inputs[name][1].nbytes
    return _transport.Request(recording.program, inputs, backward, options, answer)


def store(recording: Recording, outcome: _stream.Outcome) -> None:
    """Fills in what a run returned."""
    for name, (data, kind) in outcome.outputs.items():
        value = recording.values[name]
        if value.data is None:
            value.fill(data, kind)


def array_of(value: Value) -> np.ndarray[Any, Any]:
    """The value's data, fetched if need be. Raises GradwireError."""
    if value.data is None:
        compute([value])
    assert value.data is not None
    return value.data


def type_of(value: Value) -> TensorType:
    """The value's type, asked for if need be. Raises GradwireError."""
    if value.type is None:
        _take_sources([value])
        source = value.source
        if isinstance(value, Parameter):
            value.ask_type()
        elif source is not None:
            value.leaf_type = type_of(source)
        elif value.node is not None:
            value.node.types = result_types(value.node)
    assert value.type is not None
    return value.type


def result_types(node: Node) -> list[TensorType]:
    """Types of all results of a node, by Plan; those of its ancestors are kept, too. Raises GradwireError."""
    target = Value(node)
    recording = Recording(select([target]), [target])
    client = _client.current_client()
    resolved = client.resolve(None)
    message = _wire.PlanRequest(program=recording.program, options=resolved.to_wire("none"))
    store_types(recording, client.send_plan(message, resolved).types)
    assert node.types is not None
    return node.types


def store_types(recording: Recording, types: Iterable[Any]) -> None:
    """Keeps the types that a Plan told: ValueType messages."""
    found: dict[Node, list[TensorType]] = {}
    for entry in types:
        node = recording.nodes.get(entry.name.partition(":")[0])
        if node is not None:
            found.setdefault(node, []).append(from_wire(entry.type))
    for node, kinds in found.items():
        if node.types is None:
            node.types = kinds
