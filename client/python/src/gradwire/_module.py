"""Imported modules: what torch.export read, to be recorded on tensors of this package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from . import _dtypes, _importer, _record
from ._dtypes import TensorType
from ._evaluate import compute
from ._importer import Graph, Input, Slot, Step
from ._tensor import Tensor, tensor


def from_torch(
    module: Any, example_args: Sequence[Any] = (), example_kwargs: Mapping[str, Any] | None = None
) -> TorchModule:
    """Imports a PyTorch module, or a program that torch.export has made. Needs the extra: ``gradwire[torch]``.

    Args:
        module: an nn.Module, in the mode (train or eval) that it has; or an ExportedProgram
        example_args, example_kwargs: arguments of one call. Their shapes, dtypes and structure, and what is no tensor
            among them, hold for every call

    Raises UnsupportedModuleError where torch.export cannot trace it, where shapes are dynamic or depend on data, and
    where the server lacks an operator; it names the operators, their modules and lines of code.
    """
    return TorchModule(module, example_args, example_kwargs or {})


class TorchModule:
    """A PyTorch module whose calls are recorded: ``module(x)`` gives tensors in the structure that PyTorch gives.

    Parameters are leaves that require grad, so that ``backward()`` fills in their ``grad``; they are copies of the
    module's. Made by ``from_torch``.
    """

    def __init__(self, module: Any, args: Sequence[Any], kwargs: Mapping[str, Any]):
        torch = _importer.torch()
        self._graphs: dict[bool, Graph] = {}
        self._example = (tuple(args), dict(kwargs))
        self._source = module
        self._exported = isinstance(module, torch.export.ExportedProgram)
        self._training = False if self._exported else bool(module.training)
        self._parameters: dict[str, Tensor] = {}
        self._buffers: dict[str, Tensor] = {}
        self._updates: dict[str, Tensor] = {}
        self._read_state(torch)
        self._read_graph()

    def _read_state(self, torch: Any) -> None:
        source = self._source
        named = source.named_parameters() if self._exported else source.named_parameters(remove_duplicate=False)
        shared: dict[int, Tensor] = {}
        for name, parameter in named:
            if id(parameter) not in shared:
                data, dtype = _importer.array(parameter)
                shared[id(parameter)] = tensor(data, dtype, parameter.requires_grad, name=name)
            self._parameters[name] = shared[id(parameter)]
        for name, buffer in source.named_buffers():
            data, dtype = _importer.array(buffer)
            self._buffers[name] = tensor(data, dtype, name=name)
        self._state_names = list(source.state_dict)[:] if self._exported else list(source.state_dict())

    def _read_graph(self) -> Graph:
        graph = self._graphs.get(self._training)
        if graph is None:
            if self._exported:
                exported = self._source
            else:
                before = self._source.training
                self._source.train(self._training)
                try:
                    exported = _importer.export(self._source, *self._example)
                finally:
                    self._source.train(before)
            graph = self._graphs[self._training] = _importer.read(exported)
        return graph

    # State

    @property
    def training(self) -> bool:
        """Whether calls do what the module does in training."""
        return self._training

    def train(self, mode: bool = True) -> TorchModule:
        """From now on does what the module does in training (or not); exports it again where that is new."""
        if self._exported and mode != self._training:
            raise ValueError("an ExportedProgram has one mode; import the module to have both")
        before, self._training = self._training, mode
        try:
            self._read_graph()
        except BaseException:
            self._training = before
            raise
        return self

    def eval(self) -> TorchModule:
        """From now on does what the module does in evaluation."""
        return self.train(False)

    def parameters(self) -> Iterator[Tensor]:
        """The parameters, each once."""
        return (parameter for _, parameter in self.named_parameters())

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """Names and parameters; of one that has several names, the first."""
        seen: set[int] = set()
        for name, parameter in self._parameters.items():
            if id(parameter) not in seen:
                seen.add(id(parameter))
                yield name, parameter

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """Names and buffers, such as running statistics."""
        return iter(self._buffers.items())

    def zero_grad(self) -> None:
        """Forgets the gradients."""
        for parameter in self.parameters():
            parameter.grad = None

    def state_dict(self) -> dict[str, np.ndarray[Any, Any]]:
        """Parameters and persistent buffers by name, as PyTorch's: what load_state_dict takes, here and there."""
        found = {**self._parameters, **self._buffers}
        return {name: _dtypes.readable(found[name].numpy(), found[name].dtype) for name in self._state_names}

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> None:
        """Takes arrays, tensors of PyTorch or of this package for parameters and buffers, and forgets gradients.

        Raises KeyError where names are missing or unknown (not if ``strict`` is false), ValueError where shapes differ.
        """
        names = set(self._state_names)
        wrong = sorted(names ^ state.keys())
        if strict and wrong:
            raise KeyError(f"missing or unknown: {', '.join(wrong)}")
        known = {**self._parameters, **self._buffers}
        fresh = {}
        for name in names & state.keys():
            given = state[name]
            old = known[name]
            data = _importer.array(given)[0] if hasattr(given, "detach") and hasattr(given, "cpu") else given
            new = tensor(data, old.dtype)
            if new.shape != old.shape:
                raise ValueError(f"{name!r} has shape {old.shape}, but is given data of shape {new.shape}")
            fresh[name] = new
        for name, new in fresh.items():
            known[name].data = new
            known[name].grad = None

    # Calls

    @property
    def updates(self) -> dict[str, Tensor]:
        """What the last call made of the buffers that it changes, by name: recorded, not yet taken over."""
        return dict(self._updates)

    def update_buffers(self) -> None:
        """Takes over what the last call made of the buffers, by one request where it is not known yet."""
        compute([update._value for update in self._updates.values()])
        for name, update in self._updates.items():
            self._buffers[name].data = update
        self._updates = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Records a call. Arguments are tensors or arrays in the structure of the example's.

        Raises TypeError or ValueError where they are not like the example's.
        """
        graph = self._read_graph()
        values = _Values(self._inputs(graph, args, kwargs))
        for step in graph.steps:
            values.add(step)
        self._updates = {name: values.get(slot) for name, slot in graph.updates.items()}
        return _importer.unflatten([values.get(output) for output in graph.outputs], graph.out_spec)

    def _inputs(self, graph: Graph, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
        leaves, spec = _importer.flatten((tuple(args), dict(kwargs)))
        if spec != graph.in_spec:
            raise TypeError(f"the module was imported for arguments {graph.in_spec}, but is called with {spec}")
        given = iter(leaves)
        return [self._input(graph, wanted, given) for wanted in graph.inputs]

    def _input(self, graph: Graph, wanted: Input, given: Iterator[Any]) -> Any:
        if wanted.kind == "PARAMETER":
            return self._parameters[wanted.name]
        if wanted.kind == "BUFFER" and wanted.name in self._buffers:
            return self._buffers[wanted.name]
        if wanted.kind != "USER_INPUT":
            return tensor(graph.constants[wanted.name], name=wanted.name)
        leaf = next(given)
        if wanted.type is None:
            if leaf is not wanted.value and leaf != wanted.value:
                raise ValueError(f"{wanted.name!r} was {wanted.value!r} when the module was imported, not {leaf!r}")
            return leaf
        return _argument(wanted.name, wanted.type, leaf)

    @property
    def node_count(self) -> int:
        """Operators that a call records in the present mode."""
        return len(self._read_graph().steps)

    def place(self, node: str) -> str:
        """Where the module makes a node that an error or a grad_fn names: its module's path and line of code."""
        for graph in self._graphs.values():
            for step in graph.steps:
                if step.name == node or node.startswith(step.name + "/"):
                    return step.place
        raise KeyError(node)


def _argument(name: str, wanted: TensorType, given: Any) -> Tensor:
    leaf = given if isinstance(given, Tensor) else tensor(_host(given), None)
    found = leaf._value.type
    if found is not None and found != wanted:
        raise ValueError(
            f"{name!r} is {found.dtype!r}{list(found.shape)}, but the module was imported for"
            f" {wanted.dtype!r}{list(wanted.shape)}; shapes are fixed: import it again for others"
        )
    return leaf


def _host(given: Any) -> Any:
    return _importer.array(given)[0] if hasattr(given, "detach") and hasattr(given, "cpu") else given


class _Values:
    """The tensors of one call."""

    def __init__(self, inputs: list[Any]):
        self._inputs = inputs
        self._results: list[Any] = []

    def add(self, step: Step) -> None:
        """Records a step."""
        args = [self.get(arg) for arg in step.args]
        kwargs = {name: self.get(arg) for name, arg in step.kwargs.items()}
        self._results.append(_record.record_overload(step.op, step.overload, step.name, args, kwargs, step.types))

    def get(self, arg: Any) -> Any:
        """An argument with tensors in the place of slots."""
        if isinstance(arg, Slot):
            if arg.step < 0:
                return self._inputs[-1 - arg.step]
            results = self._results[arg.step]
            return results[arg.result] if isinstance(results, tuple) else results
        return [self.get(item) for item in arg] if isinstance(arg, list) else arg
