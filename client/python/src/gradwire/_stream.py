"""The stream of a Session: graph first, tensors in chunks, any number of runs."""

from __future__ import annotations

import collections
import queue
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
import numpy as np

from . import _digests, _dtypes, _errors, _packing, _wire
from ._digests import Digests
from ._dtypes import TensorType

CHUNK_BYTES = 1 << 20
RUNS_AHEAD = 4  # enough to keep the server busy; more would only wait there
_PART_BYTES = CHUNK_BYTES - (1 << 16)  # a graph part; the rest is for what is around it

Array = np.ndarray[Any, Any]


@dataclass
class Outcome:
    """What came back: data by name, a gradient of None for an input that was not used."""

    outputs: dict[str, tuple[Array, TensorType]] = field(default_factory=dict)
    gradients: dict[str, tuple[Array, TensorType] | None] = field(default_factory=dict)
    grad_fns: list[Any] = field(default_factory=list)
    statistics: Any = None
    guarantees: Any = None
    anomaly: Any = None
    grad_checks: list[Any] = field(default_factory=list)


@dataclass(eq=False)
class Pending:
    """A run under way, or what came of it."""

    run_id: int
    partial: dict[tuple[str, str], tuple[bytearray, TensorType]] = field(default_factory=dict)
    result: Outcome | _errors.GradwireError | None = None


class Stream:
    """One stream. The caller's thread reads; gRPC's own thread writes, and makes chunks as they go out.

    Errors of a run leave the stream open, all others end it. Every method raises GradwireError.
    """

    _call: Any

    def __init__(self, method: Any, settings: Mapping[str, Any], digests: Digests):
        self._digests = digests
        self._batches: queue.SimpleQueue[Iterable[Any] | None] = queue.SimpleQueue()
        self._pending: collections.deque[Pending] = collections.deque()  # runs under way, in their order
        self._over = False
        self._packed = False
        self._idle = False  # everything asked for has been answered
        self._call = method(self._messages(), **settings)

    def open(self, program: Any, backward: Any, options: Any) -> list[Any]:
        """Names the program of the following runs; returns its grad_fns.

        It is sent unless a server of the client has seen it before; then only if this one has not.
        """
        self._idle = False
        self._packed = _packing.is_asked(options)
        key = _digests.key(program)
        digest = self._digests.find(key)
        if digest is not None:
            self._batches.put([open_message(digest, backward, options)])
            try:
                grad_fns, answered = self._opened()
            except _errors.GradwireError as error:
                if error.reason != "GRAPH_UNKNOWN":
                    raise
                self._digests.forget(key)
                if not self._idle:  # the stream has ended
                    raise
                self._idle = False
            else:
                if answered == digest:
                    return grad_fns
                self._digests.forget(key)
                self._abandon()
                raise _errors.GradwireError("the server opened another program than the one asked for", code="INTERNAL")
        self._batches.put(open_messages(program, backward, options))
        grad_fns, answered = self._opened()
        self._digests.learn(key, answered)
        return grad_fns

    def _opened(self) -> tuple[list[Any], bytes]:
        """The answer to an Open: grad_fns and digest."""
        grad_fns: list[Any] = []
        while True:
            response = self._next("opened", "run_error")
            if response.HasField("run_error"):
                self._idle = True
                raise _errors.from_status(response.run_error.status)
            grad_fns.extend(response.opened.grad_fns)
            if not response.opened.continues:
                self._idle = True
                return grad_fns, response.opened.digest

    def start(self, inputs: Mapping[str, tuple[Array, TensorType]], message: Any) -> Pending:
        """Sends inputs and an Execute; waits only where too many runs are under way."""
        while len(self._pending) >= RUNS_AHEAD:
            self._advance()
        self._idle = False
        for name, (array, kind) in inputs.items():
            self._batches.put(input_chunks(name, array, kind, self._packed))
        self._batches.put([message])
        pending = Pending(message.execute.run_id)
        self._pending.append(pending)
        return pending

    def finish(self, run: Pending) -> Outcome:
        """Takes what comes back for a run, and for those before it."""
        while run.result is None:
            self._advance()
        if isinstance(run.result, _errors.GradwireError):
            raise run.result
        return run.result

    def execute(self, inputs: Mapping[str, tuple[Array, TensorType]], message: Any) -> Outcome:
        """Sends inputs, runs, and takes what comes back."""
        return self.finish(self.start(inputs, message))

    def _advance(self) -> None:
        """Takes one message of the first run under way."""
        run = self._pending[0]
        response = self._next("chunk", "executed", "run_error")
        answer = getattr(response, response.WhichOneof("message"))
        if answer.run_id != run.run_id:
            raise self._out_of_turn()
        if response.HasField("chunk"):
            _take_chunk(answer, run.partial)
            return
        run.result = (
            _outcome(answer, run.partial) if response.HasField("executed") else _errors.from_status(answer.status)
        )
        run.partial.clear()
        self._pending.popleft()
        self._idle = not self._pending

    def close(self) -> None:
        """Ends the stream; cancels what is under way on it."""
        self._over = True
        self._batches.put(None)
        try:
            while self._idle:
                next(self._call)
        except (StopIteration, grpc.RpcError):
            pass
        finally:
            self._idle = False
            self._call.cancel()

    def _messages(self) -> Iterator[Any]:
        for batch in iter(self._batches.get, None):
            for message in batch:
                if self._over:
                    return
                yield message

    def _next(self, *expected: str) -> Any:
        try:
            response = next(self._call)
        except StopIteration:
            raise _errors.GradwireError("the server ended the stream", code="INTERNAL") from None
        except grpc.RpcError as error:
            raise _errors.from_call(error) from None
        except BaseException:
            self.close()
            raise
        if response.WhichOneof("message") not in expected:
            raise self._out_of_turn()
        return response

    def _out_of_turn(self) -> _errors.GradwireError:
        self._abandon()
        return _errors.GradwireError("the server sent a message out of turn", code="INTERNAL")

    def _abandon(self) -> None:
        """Ends the stream of a server that need not be heard to the end."""
        self._idle = False
        self.close()


def _take_chunk(chunk: Any, partial: dict[tuple[str, str], tuple[bytearray, TensorType]]) -> None:
    what = chunk.result.WhichOneof("kind")
    key = (what, getattr(chunk.result, what))
    if key not in partial:
        kind = _dtypes.from_wire(chunk.type)
        partial[key] = (bytearray(kind.nbytes), kind)
    buffer = partial[key][0]
    data = _packing.unpack(chunk.data, chunk.encoding, len(buffer) - chunk.offset)
    buffer[chunk.offset : chunk.offset + len(data)] = data


def _outcome(executed: Any, partial: dict[tuple[str, str], tuple[bytearray, TensorType]]) -> Outcome:
    done = {key: (_dtypes.from_bytes(data, kind), kind) for key, (data, kind) in partial.items()}
    return Outcome(
        outputs={name: tensor for (what, name), tensor in done.items() if what == "output"},
        gradients={gradient.input: done.get(("gradient", gradient.input)) for gradient in executed.gradients},
        grad_fns=list(executed.grad_fns),
        statistics=executed.statistics,
        guarantees=executed.guarantees,
        anomaly=executed.anomaly if executed.HasField("anomaly") else None,
        grad_checks=list(executed.grad_checks),
    )


def execution(
    run_id: int, fetch: Iterable[str] | None = None, carry: Mapping[str, str] | None = None, seed: int | None = None
) -> Any:
    """An Execute message; ``fetch`` names outputs to send back (default: all), ``carry`` maps inputs to outputs."""
    message = _wire.SessionRequest()
    execute = message.execute
    execute.run_id = run_id
    if fetch is not None:
        execute.fetch.SetInParent()
        for name in fetch:
            execute.fetch.results.add(output=name)
    for target, output in (carry or {}).items():
        execute.carry.add(input=target).result.output = output
    if seed is not None:
        execute.seed = seed
    return message


def open_message(digest: bytes | None, backward: Any, options: Any) -> Any:
    """Open by a digest, or without a source yet."""
    message = _wire.SessionRequest()
    message.open.options.CopyFrom(options)
    if backward is not None:
        message.open.backward.CopyFrom(backward)
    if digest is not None:
        message.open.digest = digest
    return message


def open_messages(program: Any, backward: Any, options: Any) -> Iterator[Any]:
    """Open with the program, and GraphPart messages where it is large."""
    first = open_message(None, backward, options)
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


def input_chunks(name: str, array: Array, kind: TensorType, packed: bool = False) -> Iterator[Any]:
    """TensorChunk messages for an input's data; one without data where it has no elements."""
    data = _dtypes.to_bytes(array)
    for offset in range(0, max(len(data), 1), CHUNK_BYTES):
        message = _wire.SessionRequest()
        message.chunk.input = name
        message.chunk.offset = offset
        message.chunk.data, message.chunk.encoding = _packing.pack(data[offset : offset + CHUNK_BYTES], packed)
        if offset == 0:
            message.chunk.type.dtype = kind.dtype.number
            message.chunk.type.dims.extend(kind.shape)
        yield message
