"""Sends a request: small ones by Run, large ones by Session in chunks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import numpy as np

from . import _dtypes, _errors, _wire
from ._dtypes import TensorType

CHUNK_BYTES = 1 << 20
#: Above it a request goes by Session; answers above ANSWER_BYTES come by it.
REQUEST_BYTES = 1 << 20
ANSWER_BYTES = 4 << 20
_PART_BYTES = CHUNK_BYTES - (1 << 16)  # a graph part; the rest is for what is around it

Array = np.ndarray[Any, Any]


@dataclass
class Request:
    """A program, its inputs' data and how to run it; ``backward`` is None where nothing is differentiated."""

    program: Any
    inputs: dict[str, tuple[Array, TensorType]]
    backward: Any
    options: Any
    answer_bytes: int = 0  # the part of the answer's size that is known

    @property
    def is_large(self) -> bool:
        """Whether it is too large for Run, or its answer is."""
        data = sum(kind.nbytes for _, kind in self.inputs.values())
        return (
            data > REQUEST_BYTES or self.answer_bytes > ANSWER_BYTES or self.program.ByteSize() + data > REQUEST_BYTES
        )


@dataclass
class Outcome:
    """What came back: data by name, a gradient of None for an input that was not used."""

    outputs: dict[str, tuple[Array, TensorType]] = field(default_factory=dict)
    gradients: dict[str, tuple[Array, TensorType] | None] = field(default_factory=dict)
    grad_fns: list[Any] = field(default_factory=list)
    statistics: Any = None
    guarantees: Any = None
    anomaly: Any = None


class Stub:
    """The service's methods on a channel."""

    def __init__(self, channel: grpc.Channel):
        path = f"/{_wire.SERVICE}/"
        self.run = channel.unary_unary(path + "Run", _wire.RunRequest.SerializeToString, _wire.RunResponse.FromString)
        self.plan = channel.unary_unary(
            path + "Plan", _wire.PlanRequest.SerializeToString, _wire.PlanResponse.FromString
        )
        self.info = channel.unary_unary(
            path + "GetServerInfo", _wire.GetServerInfoRequest.SerializeToString, _wire.GetServerInfoResponse.FromString
        )
        self.session = channel.stream_stream(
            path + "Session", _wire.SessionRequest.SerializeToString, _wire.SessionResponse.FromString
        )


def call(method: Any, message: Any, **settings: Any) -> Any:
    """A unary call; it is cancelled where the caller is interrupted. Raises GradwireError."""
    pending = method.future(message, **settings)
    try:
        return pending.result()
    except grpc.RpcError as error:
        raise _errors.from_call(error) from None
    except BaseException:
        pending.cancel()
        raise


def send(stub: Stub, request: Request, **settings: Any) -> Outcome:
    """Runs the request once. Raises GradwireError."""
    if request.is_large:
        return _Stream(stub, request, settings).run()
    try:
        return _run(stub, request, settings)
    except _errors.GradwireError as error:
        if not _asks_for_session(error):
            raise
    return _Stream(stub, request, settings).run()


def _asks_for_session(error: _errors.GradwireError) -> bool:
    """Whether the answer was too large for one message, by the server's word or by this side's gRPC."""
    return error.reason == "RESPONSE_TOO_LARGE" or (
        error.code == "RESOURCE_EXHAUSTED" and not error.reason and "larger than max" in str(error)
    )


def _run(stub: Stub, request: Request, settings: dict[str, Any]) -> Outcome:
    message = _wire.RunRequest(program=request.program, backward=request.backward, options=request.options)
    for name, (array, kind) in request.inputs.items():
        tensor = message.inputs.add(name=name).tensor
        tensor.dtype = kind.dtype.number
        tensor.dims.extend(kind.shape)
        tensor.data = bytes(_dtypes.to_bytes(array))
    answer = call(stub.run, message, **settings)
    outcome = Outcome(statistics=answer.statistics, guarantees=answer.guarantees, grad_fns=list(answer.grad_fns))
    outcome.outputs = {output.name: _tensor(output.tensor) for output in answer.outputs}
    for gradient in answer.gradients:
        used = gradient.WhichOneof("state") == "value"
        outcome.gradients[gradient.input] = _tensor(gradient.value) if used else None
    outcome.anomaly = answer.anomaly if answer.HasField("anomaly") else None
    return outcome


def _tensor(message: Any) -> tuple[Array, TensorType]:
    kind = _dtypes.from_wire(message)
    return _dtypes.from_bytes(message.data, kind), kind


class _Stream:
    """One request by Session: this thread reads, gRPC's thread writes what ``_messages`` yields."""

    _call: Any

    def __init__(self, stub: Stub, request: Request, settings: dict[str, Any]):
        self._request = request
        self._opened = threading.Event()
        self._over = False
        self._outcome = Outcome()
        self._partial: dict[tuple[str, str], tuple[bytearray, TensorType]] = {}
        self._call = stub.session(self._messages(), **settings)

    def run(self) -> Outcome:
        try:
            for response in self._call:
                if self._take(response):
                    break
            else:
                raise _errors.GradwireError("the stream ended before the run did", code="INTERNAL")
        except grpc.RpcError as error:
            raise _errors.from_call(error) from None
        finally:
            self._over = True
            self._opened.set()
            self._call.cancel()
        return self._outcome

    def _messages(self) -> Iterator[Any]:
        yield from open_messages(self._request.program, self._request.backward, self._request.options)
        self._opened.wait()
        for name, (array, kind) in self._request.inputs.items():
            for message in input_chunks(name, array, kind):
                if self._over:
                    return
                yield message
        last = _wire.SessionRequest()
        last.execute.run_id = 1
        yield last

    def _take(self, response: Any) -> bool:
        """Keeps what the response brings; true at the end of the run."""
        kind = response.WhichOneof("message")
        if kind == "opened":
            self._outcome.grad_fns.extend(response.opened.grad_fns)
            if not response.opened.continues:
                self._opened.set()
        elif kind == "chunk":
            self._take_chunk(response.chunk)
        elif kind == "run_error":
            raise _errors.from_status(response.run_error.status)
        elif kind == "executed":
            self._finish(response.executed)
        return bool(kind == "executed")

    def _take_chunk(self, chunk: Any) -> None:
        what = chunk.result.WhichOneof("kind")
        key = (what, getattr(chunk.result, what))
        if key not in self._partial:
            kind = _dtypes.from_wire(chunk.type)
            self._partial[key] = (bytearray(kind.nbytes), kind)
        self._partial[key][0][chunk.offset : chunk.offset + len(chunk.data)] = chunk.data

    def _finish(self, executed: Any) -> None:
        outcome = self._outcome
        done = {key: (_dtypes.from_bytes(data, kind), kind) for key, (data, kind) in self._partial.items()}
        outcome.outputs = {name: tensor for (what, name), tensor in done.items() if what == "output"}
        outcome.gradients = {gradient.input: done.get(("gradient", gradient.input)) for gradient in executed.gradients}
        outcome.statistics, outcome.guarantees = executed.statistics, executed.guarantees
        outcome.grad_fns = list(executed.grad_fns) or outcome.grad_fns
        outcome.anomaly = executed.anomaly if executed.HasField("anomaly") else None


def open_messages(program: Any, backward: Any, options: Any) -> Iterator[Any]:
    """Open, and GraphPart messages where the program is large."""
    first = _wire.SessionRequest()
    first.open.options.CopyFrom(options)
    if backward is not None:
        first.open.backward.CopyFrom(backward)
    if program.ByteSize() <= _PART_BYTES:
        first.open.program.CopyFrom(program)
        yield first
        return
    first.open.graph_continues = True
    first.open.program.SetInParent()
    yield first
    parts = [(name, part) for name, graph in program.functions.items() for part in graph_parts(graph)]
    parts += [("", part) for part in graph_parts(program.graph)]
    for i, (function, part) in enumerate(parts):
        message = _wire.SessionRequest()
        message.graph_part.function = function
        message.graph_part.graph.CopyFrom(part)
        message.graph_part.last = i == len(parts) - 1
        yield message


def graph_parts(graph: Any) -> Iterator[Any]:
    """Pieces of a graph that fit a message each; at least one."""
    part, size = _wire.Graph(), 0
    for entries in ("inputs", "nodes", "outputs"):
        for entry in getattr(graph, entries):
            length = (len(entry.encode()) if isinstance(entry, str) else entry.ByteSize()) + 8
            if size and size + length > _PART_BYTES:
                yield part
                part, size = _wire.Graph(), 0
            getattr(part, entries).append(entry)
            size += length
    yield part


def input_chunks(name: str, array: Array, kind: TensorType) -> Iterator[Any]:
    """TensorChunk messages for an input's data; one without data where it has no elements."""
    data = _dtypes.to_bytes(array)
    for offset in range(0, max(len(data), 1), CHUNK_BYTES):
        message = _wire.SessionRequest()
        message.chunk.input = name
        message.chunk.offset = offset
        message.chunk.encoding = _wire.ENCODING_RAW
        message.chunk.data = bytes(data[offset : offset + CHUNK_BYTES])
        if offset == 0:
            message.chunk.type.dtype = kind.dtype.number
            message.chunk.type.dims.extend(kind.shape)
        yield message
