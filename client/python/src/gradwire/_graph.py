"""What is recorded: values, and the nodes that make them. Nothing here talks to a server."""

from __future__ import annotations

import contextlib
import contextvars
import itertools
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ._dtypes import TensorType

if TYPE_CHECKING:
    from ._gradfn import GradFn
    from ._schema import Overload
    from ._tensor import Tensor

_sequence = itertools.count()
_counters: dict[str, int] = {}
_counters_lock = threading.Lock()
_grad_enabled = contextvars.ContextVar("gradwire_grad_enabled", default=True)

#: Operators that differentiate: what they are given must be in the request as it was recorded.
DIFFERENTIATING = frozenset({"grad", "jvp", "jacobian", "hessian", "hvp", "sparse_jacobian"})


def fresh_name(base: str) -> str:
    """The next name of that kind: mul_1, mul_2, …"""
    with _counters_lock:
        number = _counters[base] = _counters.get(base, 0) + 1
    return f"{base}_{number}"


def is_grad_enabled() -> bool:
    """Whether operators record what backward() needs."""
    return _grad_enabled.get()


@contextlib.contextmanager
def no_grad() -> Iterator[None]:
    """Within it, results do not require grad. Works as a decorator, too."""
    token = _grad_enabled.set(False)
    try:
        yield
    finally:
        _grad_enabled.reset(token)


@contextlib.contextmanager
def enable_grad() -> Iterator[None]:
    """Undoes no_grad within it."""
    token = _grad_enabled.set(True)
    try:
        yield
    finally:
        _grad_enabled.reset(token)


class Node:
    """One call of an operator, never changed but for its name.

    ``cut`` tells that it was recorded under no_grad though its arguments require grad: no gradient flows through.
    """

    __slots__ = ("args", "cut", "kwargs", "name", "op", "overload", "sequence", "types")

    def __init__(
        self, op: str, overload: Overload | None, args: list[Any], kwargs: dict[str, Any], name: str, cut: bool
    ):
        self.op = op
        self.overload = overload
        self.args = args
        self.kwargs = kwargs
        self.name = name
        self.cut = cut
        self.sequence = next(_sequence)
        self.types: list[TensorType] | None = None

    def operands(self) -> Iterator[Value]:
        """The values among the arguments, with repetitions."""
        for arg in itertools.chain(self.args, self.kwargs.values()):
            if isinstance(arg, Value):
                yield arg
            elif isinstance(arg, list):
                yield from (item for item in arg if isinstance(item, Value))


class Value:
    """One tensor value: data that is there already (a leaf), or result ``index`` of a node, whose data may come later.

    ``source`` is set in a leaf that was made from a value not computed yet: its data will be that value's.
    """

    __slots__ = (
        "__weakref__",
        "data",
        "grad_fn",
        "index",
        "leaf_name",
        "leaf_type",
        "node",
        "owner",
        "requires_grad",
        "source",
    )

    def __init__(self, node: Node | None, index: int = 0, requires_grad: bool = False):
        self.node = node
        self.index = index
        self.requires_grad = requires_grad
        self.data: np.ndarray[Any, Any] | None = None
        self.leaf_type: TensorType | None = None
        self.leaf_name = ""
        self.owner: weakref.ref[Tensor] | None = None
        self.source: Value | None = None
        self.grad_fn: GradFn | None = None

    @property
    def is_leaf(self) -> bool:
        return self.node is None

    @property
    def type(self) -> TensorType | None:
        """Its type where it is known without asking the server."""
        if self.leaf_type is not None or self.node is None:
            return self.leaf_type
        return self.node.types[self.index] if self.node.types else None

    @property
    def name(self) -> str:
        """Its name in errors and grad_fns, unless another value of the same request has it."""
        if self.node is None:
            return self.leaf_name
        return self.node.name if self.index == 0 else f"{self.node.name}:{self.index}"

    def fill(self, data: np.ndarray[Any, Any], kind: TensorType) -> None:
        """Takes the data that the server computed. What can not be differentiated forgets how it came about."""
        self.leaf_type = kind
        self.data = data
        self.source = None
        if self.node is not None and not self.requires_grad:
            self.leaf_name = self.name.replace(":", "_")
            self.node = None


class Parameter(Value):
    """A value of a function that is recorded: it has no data, and a type that is asked for when it is needed."""

    __slots__ = ("_ask",)

    def __init__(self, name: str, ask: Callable[[], TensorType], known: TensorType | None):
        super().__init__(None, requires_grad=known is None or known.dtype.is_differentiable)
        self.leaf_name, self.leaf_type, self._ask = name, known, ask

    def ask_type(self) -> TensorType:
        """Its type, which may need a request."""
        if self.leaf_type is None:
            self.leaf_type = self._ask()
        return self.leaf_type


class Function:
    """What a Python function recorded, for the operators that take functions.

    Attributes:
        name: for errors
        arguments: stand for what it is called with
        captured: values from outside that it uses, passed to it behind the arguments
        results: what it returns
        values: its nodes in the order of recording, each with those of its results that are used
    """

    def __init__(self, name: str, arguments: Sequence[Value], results: Sequence[Value], since: int):
        self.name = name
        self.arguments = list(arguments)
        self.results = list(results)
        self.captured: list[Value] = []
        self.values: dict[Node, list[Value]] = {}
        self._collect(since)

    def _collect(self, since: int) -> None:
        """Takes what was recorded since then; whatever else is used is captured."""
        seen = set(self.arguments)
        todo = list(reversed(self.results))
        while todo:
            value = todo.pop()
            if value in seen:
                continue
            seen.add(value)
            if value.node is None or value.node.sequence < since:
                self.captured.append(value)
                continue
            if value.node not in self.values:
                self.values[value.node] = []
                todo.extend(value.node.operands())
            self.values[value.node].append(value)
        self.values = dict(sorted(self.values.items(), key=lambda item: item[0].sequence))

    @property
    def parameters(self) -> list[Value]:
        return self.arguments + self.captured

    def capture(self, values: Sequence[Value]) -> None:
        """Makes these the captured values, of which it uses some: functions of one operator share their operands."""
        self.captured = list(values)


def now() -> int:
    """A place in the order of recording: what is recorded from here on comes later."""
    return next(_sequence)


def leaf(data: np.ndarray[Any, Any], kind: TensorType, requires_grad: bool = False, name: str = "") -> Value:
    """A value whose data is known."""
    value = Value(None, requires_grad=requires_grad)
    value.data, value.leaf_type = data, kind
    value.leaf_name = name or fresh_name("tensor")
    return value


def detached(value: Value, requires_grad: bool = False) -> Value:
    """A leaf with the same data, now or as soon as it is computed."""
    copy = Value(None, requires_grad=requires_grad)
    copy.data, copy.leaf_type = value.data, value.type
    copy.leaf_name = value.name.replace(":", "_")
    if value.data is None:
        copy.source = value.source or value
    return copy
