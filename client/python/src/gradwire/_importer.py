"""Reads PyTorch modules by torch.export. The only place that imports torch, and only when a module is imported."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import _dtypes, _random
from ._dtypes import TensorType
from ._errors import UnsupportedModuleError
from ._schema import Overload

#: What only checks, and gives nothing.
_CHECKS = frozenset({"_assert_tensor_metadata", "_assert_async", "_assert_scalar", "sym_constrain_range_for_size"})
#: Arguments about memory, which is the server's business.
_MEMORY = frozenset({"layout", "device", "pin_memory", "memory_format", "non_blocking"})
_FIXED = "shapes here are fixed"
#: What the server has whole, and torch would take apart.
_KEPT = ("scaled_dot_product_attention",)


@dataclass(frozen=True)
class Slot:
    """Stands in arguments for a tensor: a result of a step, or an input where ``step`` is negative."""

    step: int
    result: int = 0


@dataclass(frozen=True)
class Step:
    """One call of an operator; ``types`` are those of its results, ``place`` tells where the module makes it."""

    name: str
    op: str
    overload: Overload
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    types: list[TensorType]
    place: str


@dataclass(frozen=True)
class Input:
    """An input of the graph: a parameter, buffer or constant by its name in the module, or an argument of the call."""

    name: str
    kind: str
    type: TensorType | None
    value: Any = None


@dataclass
class Graph:
    """What a module does in one mode. Slots with step −1 − i are ``inputs[i]``."""

    inputs: list[Input] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)
    updates: dict[str, Slot] = field(default_factory=dict)
    constants: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)
    in_spec: Any = None
    out_spec: Any = None


def torch() -> Any:
    """The torch package; ImportError with advice where it is absent."""
    try:
        import torch
    except ImportError as error:
        raise ImportError("importing modules needs PyTorch: pip install 'gradwire[torch]'") from error
    return torch


def flatten(tree: Any) -> tuple[list[Any], Any]:
    """Leaves and structure by torch's rules, which know the containers that were registered with it."""
    from torch.utils import _pytree

    leaves, spec = _pytree.tree_flatten(tree)
    return list(leaves), spec


def unflatten(leaves: list[Any], spec: Any) -> Any:
    """The structure with other leaves."""
    from torch.utils import _pytree

    return _pytree.tree_unflatten(leaves, spec)


def array(tensor: Any) -> tuple[np.ndarray[Any, Any], str]:
    """A tensor's data, and the name of its dtype."""
    host = tensor.detach().cpu().resolve_conj()
    name = str(host.dtype).removeprefix("torch.")
    return (host.float() if name == "bfloat16" else host).contiguous().numpy(), name


def export(module: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """The module as an ExportedProgram in its present mode. Raises UnsupportedModuleError where torch cannot."""
    try:
        with warnings.catch_warnings():
            # Of recurrent layers, which keep their weights in a list beside the parameters.
            warnings.filterwarnings("ignore", ".*were assigned during export")
            return torch().export.export(module, tuple(args), dict(kwargs), strict=False)
    except Exception as error:
        name = type(module).__name__
        raise UnsupportedModuleError(f"torch.export cannot trace {name}: {_first_line(error)}") from error


def read(exported: Any) -> Graph:
    """The steps of an ExportedProgram in Core ATen. Raises UnsupportedModuleError, which names every node at fault."""
    table = torch().export.default_decompositions()
    for name in _KEPT:
        table.pop(getattr(torch().ops.aten, name).default, None)
    try:
        program = exported.run_decompositions(table)
    except Exception as error:
        raise UnsupportedModuleError(f"torch cannot decompose the module: {_first_line(error)}") from error
    return _Reader(program).graph


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


class _Reader:
    def __init__(self, program: Any):
        self._program = program
        self._torch = torch()
        self._slots: dict[Any, Any] = {}
        self._faults: list[str] = []
        self.graph = Graph(in_spec=program.call_spec.in_spec, out_spec=program.call_spec.out_spec)
        self._read_inputs()
        for node in program.graph.nodes:
            if node.op == "call_function":
                self._read_call(node)
            elif node.op == "get_attr":
                self._faults.append(f"{node.target} (a nested graph) at {_place(node)}")
        if self._faults:
            raise UnsupportedModuleError("the module cannot be imported:\n  " + "\n  ".join(self._faults))
        self._read_outputs()

    def _read_inputs(self) -> None:
        nodes = [node for node in self._program.graph.nodes if node.op == "placeholder"]
        for i, (node, spec) in enumerate(zip(nodes, self._program.graph_signature.input_specs)):
            kind = spec.kind.name
            value = node.meta.get("val")
            if kind == "CONSTANT_TENSOR" or (kind == "BUFFER" and spec.persistent is False):
                name = str(spec.target)
                self.graph.constants[name], _ = array(self._program.constants[name])
                kind = "CONSTANT_TENSOR" if kind == "CONSTANT_TENSOR" else "BUFFER"
            elif kind not in ("PARAMETER", "BUFFER", "USER_INPUT"):
                self._faults.append(f"an input of kind {kind}, {spec.arg.name!r}")
            if self._is_dynamic(value):
                self._fault(node, f"the input {spec.arg.name!r}: its shape is dynamic; {_FIXED}")
                continue
            tensor = isinstance(value, self._torch.Tensor)
            type_ = self._types(value)[0] if tensor else None
            name = str(spec.target) if spec.target else str(spec.arg.name)
            self.graph.inputs.append(Input(name, kind, type_, None if tensor else getattr(spec.arg, "value", None)))
            self._slots[node] = Slot(-1 - i)

    def _read_call(self, node: Any) -> None:
        if node.target is operator.getitem:
            source, index = node.args
            self._slots[node] = Slot(self._slots[source].step, index) if source in self._slots else Slot(0)
            return
        text = str(node.target)
        namespace, _, rest = text.partition(".")
        op, _, overload_name = rest.partition(".")
        if op in _CHECKS:
            return
        val = node.meta.get("val")
        if self._is_dynamic(val):
            self._fault(node, f"{text} at {_place(node)}: its shape depends on data or is dynamic; {_FIXED}")
            return
        overload = _overload(op, overload_name) if namespace == "aten" else None
        if overload is None:
            self._fault(node, f"{text} at {_place(node)}: the server has no such operator")
            return
        step = len(self.graph.steps)
        kwargs = {name: self._argument(arg) for name, arg in node.kwargs.items() if name not in _MEMORY}
        args = tuple(self._argument(arg) for arg in node.args)
        types = self._types(val)
        self._slots[node] = Slot(step)
        self.graph.steps.append(Step(node.name, op, overload, args, kwargs, types, _place(node)))

    def _fault(self, node: Any, text: str) -> None:
        self._slots[node] = Slot(0)
        self._faults.append(text)

    def _is_dynamic(self, val: Any) -> bool:
        """Whether a size, or a number that the program computes with, is not known."""
        if isinstance(val, (list, tuple)):
            return any(self._is_dynamic(item) for item in val)
        if isinstance(val, self._torch.Tensor):
            return any(type(size) is not int for size in val.shape)
        return isinstance(val, (self._torch.SymInt, self._torch.SymFloat, self._torch.SymBool))

    def _types(self, val: Any) -> list[TensorType]:
        return [
            TensorType(_dtypes.dtype(str(item.dtype).removeprefix("torch.")), tuple(item.shape))
            for item in (val if isinstance(val, (list, tuple)) else [val])
        ]

    def _argument(self, arg: Any) -> Any:
        if isinstance(arg, self._torch.fx.Node):
            return self._slots.get(arg, Slot(0))
        if isinstance(arg, (list, tuple)):
            return [self._argument(item) for item in arg]
        if isinstance(arg, (self._torch.dtype, self._torch.memory_format, self._torch.layout)):
            return str(arg).removeprefix("torch.")
        return str(arg) if isinstance(arg, self._torch.device) else arg

    def _read_outputs(self) -> None:
        (output,) = (node for node in self._program.graph.nodes if node.op == "output")
        for arg, spec in zip(output.args[0], self._program.graph_signature.output_specs):
            kind = spec.kind.name
            if kind == "BUFFER_MUTATION":
                self.graph.updates[str(spec.target)] = self._argument(arg)
            elif kind == "USER_OUTPUT":
                self.graph.outputs.append(self._argument(arg))
            else:
                raise UnsupportedModuleError(f"the module has an output of kind {kind}: it changes {spec.target}")


def _overload(op: str, name: str) -> Overload | None:
    """The overload that is called; of a random operator the one that also takes the number of the draw."""
    from . import _operators

    found = _operators.OPERATORS.get(op)
    wanted = "" if name == "default" else name
    overloads = found.overloads if found else ()
    called = next((o for o in overloads if o.schema.overload == wanted), None)
    if called is None:
        return None
    numbered = {*called.schema.by_name, _random.GENERATOR}
    return next((o for o in overloads if o.schema.by_name.keys() == numbered), called)


def _place(node: Any) -> str:
    """Module path and line of code: ``layer1.0.conv1 (resnet.py:90, in forward)``."""
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    path = str(stack[-1][0]) if stack else ""
    lines = [line.strip() for line in (node.meta.get("stack_trace") or "").splitlines()]
    own = [line for line in lines if line.startswith("File ") and "/torch/" not in line] or lines[-2:-1]
    line = own[-1].removeprefix("File ") if own else "line unknown"
    return f"{path or 'the module itself'} ({line})"
