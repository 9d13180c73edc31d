"""From recorded values to a request: just the ancestors needed, known values as inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from . import _wire
from ._dtypes import DType
from ._graph import DIFFERENTIATING, Function, Node, Value

#: What makes a value through which no gradient flows.
DETACH = "detach"


class Selection:
    """The nodes and inputs that a request needs.

    Args:
        targets: values wanted
        roots: values that will be differentiated: their ancestors that require grad are needed as nodes even if known
        whole: everything is needed as nodes, even if known
    """

    def __init__(self, targets: Iterable[Value], roots: Iterable[Value] = (), whole: bool = False):
        seen: dict[Value, bool] = {}  # whether a derivative may be taken through the value
        nodes: set[Node] = set()
        todo = [(value, False) for value in targets] + [(value, True) for value in roots]
        self.differentiates = any(through for _, through in todo)
        while todo:
            value, through = todo.pop()
            if value in seen and seen[value] >= through:
                continue
            seen[value] = through
            node = value.node
            known = value.data is not None and not whole and not (through and value.requires_grad)
            if node is None or known:
                continue
            nodes.add(node)
            within = node.op in DIFFERENTIATING
            self.differentiates |= within
            inner = within or (through and value.requires_grad)
            todo.extend((operand, inner) for operand in node.operands())
        self.nodes = sorted(nodes, key=lambda node: node.sequence)
        self.inputs = [value for value in seen if value.node not in nodes]
        self.results: dict[Node, list[Value]] = {node: [] for node in self.nodes}
        for value in seen:
            if value.node in nodes:
                self.results[value.node].append(value)

    def pending(self) -> list[Value]:
        """Inputs whose data is that of values not computed yet."""
        return [value for value in self.inputs if value.source is not None and value.data is None]


class Writer:
    """Writes inputs, then nodes into one Graph message, with names unique in it. Nodes keep theirs before inputs do."""

    def __init__(self, graph: Any, functions: Functions, nodes: Iterable[Node]):
        self.graph = graph
        self.values: dict[str, Value] = {}
        self.nodes: dict[str, Node] = {}
        self._functions = functions
        self._names: dict[Value, str] = {}
        self._references: dict[Value, str] = {}
        self._taken: set[str] = set()
        self._node_names = {node: self._unique(node.name) for node in nodes}

    def name(self, value: Value) -> str:
        """How this graph calls the value."""
        return self._names[value]

    def __contains__(self, value: Value) -> bool:
        return value in self._names

    def write_nodes(self, results: Mapping[Node, list[Value]], differentiates: bool) -> None:
        """Adds the nodes; ``differentiates`` tells whether it matters where no gradient flows."""
        for node, name in self._node_names.items():
            self._write_node(node, name)
            for value in results[node]:
                self._define(value, name if value.index == 0 else f"{name}:{value.index}")
                if node.cut and differentiates:
                    self._write_detached(value, name)

    def write_input(self, value: Value, **fields: Any) -> str:
        """Adds an input for the value and returns its name."""
        name = self._unique(value.name.replace(":", "_"))
        self._define(value, name)
        self.graph.inputs.add(name=name, **fields)
        return name

    def write_outputs(self, names: Iterable[str]) -> None:
        self.graph.outputs.extend(names)

    def _unique(self, name: str) -> str:
        found, number = name, 1
        while found in self._taken:
            number += 1
            found = f"{name}_{number}"
        self._taken.add(found)
        return found

    def _define(self, value: Value, name: str) -> None:
        self._names[value] = self._references[value] = name
        self.values[name] = value

    def _write_node(self, node: Node, name: str) -> None:
        self.nodes[name] = node
        message = self.graph.nodes.add(name=name, op=node.op)
        for arg in node.args:
            self._write_argument(message.args.add(), arg)
        for keyword, arg in node.kwargs.items():
            self._write_argument(message.kwargs[keyword], arg)

    def _write_argument(self, message: Any, arg: Any) -> None:
        if isinstance(arg, Function):
            message.function = self._functions.name(arg)
        else:
            write_argument(message, arg, self._references.__getitem__)

    def _write_detached(self, value: Value, node_name: str) -> None:
        """What follows a cut node uses a detached copy of its results."""
        copy = self._unique(f"{node_name}.detached" if value.index == 0 else f"{node_name}.{value.index}.detached")
        self.graph.nodes.add(name=copy, op=DETACH).args.add(value=self._names[value])
        self._references[value] = copy


class Functions:
    """The functions of a Program, each written when it is first named."""

    def __init__(self, program: Any):
        self._program = program
        self._names: dict[Function, str] = {}

    def name(self, function: Function) -> str:
        """The function's name in the program."""
        found = self._names.get(function)
        if found is None:
            found, number = function.name, 1
            while found in self._program.functions:
                number += 1
                found = f"{function.name}_{number}"
            self._names[function] = found
            self._write(function, self._program.functions[found])
        return found

    def _write(self, function: Function, graph: Any) -> None:
        writer = Writer(graph, self, function.values)
        for parameter in function.parameters:
            writer.write_input(parameter)
        writer.write_nodes(function.values, True)
        writer.write_outputs(writer.name(result) for result in function.results)


class Recording:
    """A Program and what its names stand for."""

    def __init__(self, selection: Selection, targets: Iterable[Value]):
        self.program = _wire.Program()
        self.inputs: dict[str, Value] = {}
        self._writer = Writer(self.program.graph, Functions(self.program), selection.nodes)
        self.values, self.nodes, self.name = self._writer.values, self._writer.nodes, self._writer.name
        for value in selection.inputs:
            self._write_input(value)
        self._writer.write_nodes(selection.results, selection.differentiates)
        self._writer.write_outputs(dict.fromkeys(self.name(target) for target in targets))

    def __contains__(self, value: Value) -> bool:
        return value in self._writer

    @property
    def input_bytes(self) -> int:
        return sum(value.leaf_type.nbytes for value in self.inputs.values() if value.leaf_type)

    def _write_input(self, value: Value) -> None:
        assert value.leaf_type is not None
        dtype, shape = value.leaf_type
        requires_grad = value.requires_grad and value.is_leaf
        name = self._writer.write_input(value, dtype=dtype.number, dims=shape, requires_grad=requires_grad)
        self.inputs[name] = value


def write_argument(message: Any, arg: Any, reference: Callable[[Value], str]) -> None:
    """Fills an Argument message from the form that nodes hold."""
    if isinstance(arg, Value):
        message.value = reference(arg)
    elif arg is None:
        message.none.SetInParent()
    elif isinstance(arg, bool):
        message.bool = arg
    elif isinstance(arg, int):
        message.int = arg
    elif isinstance(arg, float):
        message.float = arg
    elif isinstance(arg, str):
        message.string = arg
    elif isinstance(arg, DType):
        message.dtype = arg.number
    elif isinstance(arg, complex):
        message.complex.real, message.complex.imag = arg.real, arg.imag
    else:
        _write_list(message, arg, reference)


def _write_list(message: Any, items: Sequence[Any], reference: Callable[[Value], str]) -> None:
    if any(item is None or isinstance(item, Value) for item in items):
        message.values.values.extend("" if item is None else reference(item) for item in items)
    elif items and all(isinstance(item, bool) for item in items):
        message.bools.values.extend(items)
    elif any(isinstance(item, float) for item in items):
        message.floats.values.extend(items)
    else:
        message.ints.values.extend(items)
        message.ints.SetInParent()
