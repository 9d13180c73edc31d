"""The backward graph as data: grad_fn, next_functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from . import _client, _evaluate, _wire
from ._dtypes import TensorType, from_wire
from ._graph import Value
from ._program import Recording

if TYPE_CHECKING:
    from ._tensor import Tensor

Key = tuple[str, int]


class GradFn:
    """The differentiation node of a tensor, like PyTorch's ``grad_fn``; describes what was recorded.

    ``str`` gives ``<PowBackward0>``.
    """

    def __init__(self, graph: _Graph, key: Key):
        self._graph = graph
        self._key = key
        self._message = graph.messages[key]

    def name(self) -> str:
        """PyTorch's name: "PowBackward0"; "AccumulateGrad" for a leaf."""
        return str(self._message.name)

    @property
    def node(self) -> str:
        """Name of the recorded node, or of the leaf."""
        return str(self._message.node)

    @property
    def next_functions(self) -> tuple[tuple[GradFn | None, int], ...]:
        """Where the gradients of its arguments go: (grad_fn, which of its inputs), with (None, 0) where none flows."""
        return tuple(self._graph.follow(edge) for edge in self._message.next_functions)

    @property
    def variable(self) -> Tensor | None:
        """The leaf whose grad an AccumulateGrad adds to; else None."""
        value = self._graph.leaves.get(self.node)
        if value is None:
            return None
        from ._tensor import Tensor

        owner = value.owner() if value.owner else None
        return Tensor._of(value) if owner is None else owner

    @property
    def sequence_number(self) -> int:
        """Order of recording; higher runs earlier in the backward pass."""
        return int(self._message.sequence_number)

    @property
    def result_types(self) -> tuple[TensorType, ...]:
        """Types of the node's results."""
        return tuple(from_wire(kind) for kind in self._message.result_types)

    @property
    def saved(self) -> dict[str, int]:
        """What the backward pass keeps from the forward pass: name to bytes, 0 for a view."""
        return {saved.name: saved.bytes for saved in self._message.saved}

    @property
    def profile(self) -> dict[str, dict[str, int]]:
        """With the option profile: {"forward": {"nanoseconds": …, "flops": …, "bytes_moved": …}, "backward": …}."""
        sides = [side for side in ("forward", "backward") if self._message.HasField(side)]
        return {
            side: {
                name: getattr(getattr(self._message, side), name) for name in ("nanoseconds", "flops", "bytes_moved")
            }
            for side in sides
        }

    def walk(self) -> Iterator[GradFn]:
        """This one and all behind it, each once, in the order of the backward pass."""
        seen = {self._key: self}
        todo = [self]
        while todo:
            for successor, _ in todo.pop().next_functions:
                if successor is not None and successor._key not in seen:
                    seen[successor._key] = successor
                    todo.append(successor)
        yield from sorted(seen.values(), key=lambda fn: (fn.name() == "AccumulateGrad", -fn.sequence_number))

    def to_dot(self) -> str:
        """The graph behind it in the language of Graphviz."""
        fns = list(self.walk())
        ids = {fn._key: f"n{i}" for i, fn in enumerate(fns)}
        lines = ["digraph grad_fn {", "  node [shape=box];"]
        for fn in fns:
            label = f"{fn.name()}\\n{fn.node}".replace('"', '\\"')
            lines.append(f'  {ids[fn._key]} [label="{label}"];')
        for fn in fns:
            targets = [successor for successor, _ in fn.next_functions if successor is not None]
            lines += [f"  {ids[fn._key]} -> {ids[target._key]};" for target in targets]
        return "\n".join([*lines, "}", ""])

    def __repr__(self) -> str:
        return f"<{self.name()}>"


class _Graph:
    """The grad_fns of one request."""

    def __init__(self, recording: Recording, messages: Iterable[Any]):
        self.messages: dict[Key, Any] = {(m.node, m.output): m for m in messages if m.name}
        self.leaves = {name: value for name, value in recording.inputs.items() if value.requires_grad}
        self._fns: dict[Key, GradFn] = {}

    def get(self, key: Key) -> GradFn | None:
        if key not in self._fns and key in self.messages:
            self._fns[key] = GradFn(self, key)
        return self._fns.get(key)

    def follow(self, edge: Any) -> tuple[GradFn | None, int]:
        fn = self.get((edge.node, edge.input_number)) or self.get((edge.node, 0))
        return fn, edge.input_number if fn else 0


def store(recording: Recording, messages: Iterable[Any]) -> None:
    """Gives the values of a request their grad_fns."""
    graph = _Graph(recording, messages)
    for name, value in recording.values.items():
        if value.requires_grad and value.node is not None:
            value.grad_fn = graph.get((name.partition(":")[0], value.index)) or value.grad_fn


def grad_fn_of(value: Value) -> GradFn | None:
    """The value's grad_fn, asked for if need be; None for a leaf and where no grad is needed. Raises GradwireError."""
    if value.node is None or not value.requires_grad:
        return None
    if value.grad_fn is None:
        recording = Recording(_evaluate.select([value], [value]), [value])
        client = _client.current_client()
        options = client.resolve(None)
        wanted = tuple(dict.fromkeys([*recording.inputs, *recording.nodes]))
        message = _wire.PlanRequest(program=recording.program, options=options.to_wire("nodes", wanted))
        answer = client.send_plan(message, options)
        _evaluate.store_types(recording, answer.types)
        store(recording, answer.grad_fns)
    return value.grad_fn
