"""A service in this process that computes nothing: it keeps the requests and answers as told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import grpc
import numpy as np

from gradwire import _dtypes, _wire

PREFIX = "/gradwire.v1.AutogradService/"


class Fake(grpc.GenericRpcHandler):
    """Every output is a float32 scalar 7, every gradient ones; every value of a plan is float32 of shape (2, 3)."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.sessions: list[list[Any]] = []
        self.metadata: list[dict[str, str]] = []
        self.before: Callable[[Any, Any], Any] = lambda request, context: None
        self.programs: dict[bytes, Any] = {}  # graphs that came by sessions; cleared, they are forgotten
        self.digest: Callable[[bytes], bytes] = lambda digest: digest
        self.number: Callable[[int], int] = lambda run_id: run_id
        self.output = np.array(7, np.float32)
        self._server = grpc.server(futures.ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers([self])
        self.port = self._server.add_insecure_port("localhost:0")
        self._server.start()

    @property
    def target(self) -> str:
        return f"localhost:{self.port}"

    def stop(self) -> None:
        self._server.stop(None)

    def service(self, details: Any) -> Any:
        method = details.method.removeprefix(PREFIX)
        if method == "Session":
            return grpc.stream_stream_rpc_method_handler(
                self._session, _wire.SessionRequest.FromString, _wire.SessionResponse.SerializeToString
            )
        kinds = {
            "Run": (self._run, _wire.RunRequest, _wire.RunResponse),
            "Plan": (self._plan, _wire.PlanRequest, _wire.PlanResponse),
            "GetServerInfo": (self._info, _wire.GetServerInfoRequest, _wire.GetServerInfoResponse),
        }
        if method not in kinds:  # health, which is taken for good then
            return None
        handler, request, response = kinds[method]
        return grpc.unary_unary_rpc_method_handler(
            lambda r, c: self._handle(handler, r, c), request.FromString, response.SerializeToString
        )

    def _handle(self, handler: Any, request: Any, context: Any) -> Any:
        self.requests.append(request)
        self.metadata.append(dict(context.invocation_metadata()))
        return self.before(request, context) or handler(request)

    def _run(self, request: Any) -> Any:
        answer = _wire.RunResponse()
        types = {i.name: _dtypes.from_wire(i) for i in request.program.graph.inputs}
        for name in request.program.graph.outputs:
            output = answer.outputs.add(name=name)
            fill(output.tensor, np.zeros(types[name].shape, np.float32) if name in types else self.output)
        for name in request.backward.inputs:
            fill(answer.gradients.add(input=name).value, np.ones(types[name].shape, types[name].dtype.numpy))
        return answer

    def _plan(self, request: Any) -> Any:
        answer = _wire.PlanResponse()
        for node in request.program.graph.nodes:
            for name in (node.name, node.name + ":1") if node.op == "two" else (node.name,):
                entry = answer.types.add(name=name)
                entry.type.dtype = _dtypes.float32.number
                entry.type.dims.extend((2, 3))
        return answer

    def _info(self, request: Any) -> Any:
        return _wire.GetServerInfoResponse(version="1.2.3")

    def _session(self, requests: Iterator[Any], context: Any) -> Iterator[Any]:
        log: list[Any] = []
        self.sessions.append(log)
        graph = _wire.Graph()
        for request in requests:
            log.append(request)
            kind = request.WhichOneof("message")
            if kind == "open" and request.open.digest:
                self.before(request, context)
                graph = self.programs.get(request.open.digest)
                yield unknown() if graph is None else self._opened(graph)
            elif (kind == "open" and not request.open.graph_continues) or (
                kind == "graph_part" and request.graph_part.last
            ):
                self.before(request, context)
                graph = graph_of(log)
                yield self._opened(graph)
            elif kind == "execute":
                yield from self._execute(log, graph, self.number(request.execute.run_id))

    def _opened(self, graph: Any) -> Any:
        digest = hashlib.sha256(graph.SerializeToString(deterministic=True)).digest()
        self.programs[digest] = graph
        answer = _wire.SessionResponse()
        answer.opened.digest = self.digest(digest)
        return answer

    def _execute(self, log: list[Any], graph: Any, run_id: int) -> Iterator[Any]:
        for name in graph.outputs:
            data = bytes(_dtypes.to_bytes(self.output))
            for offset in range(0, len(data), 1 << 20):
                answer = _wire.SessionResponse()
                answer.chunk.run_id, answer.chunk.offset = run_id, offset
                answer.chunk.result.output = name
                answer.chunk.data = data[offset : offset + (1 << 20)]
                if offset == 0:
                    answer.chunk.type.dtype = _dtypes.dtype(self.output.dtype).number
                    answer.chunk.type.dims.extend(self.output.shape)
                yield answer
        answer = _wire.SessionResponse()
        answer.executed.run_id = run_id
        for name in log[0].open.backward.inputs:
            answer.executed.gradients.add(input=name).unused.SetInParent()
        yield answer


def unknown() -> Any:
    """The answer to an Open by a digest that is not known."""
    answer = _wire.SessionResponse()
    status = answer.run_error.status
    status.code, status.message = grpc.StatusCode.FAILED_PRECONDITION.value[0], "no such graph"
    detail = status.details.add()
    detail.type_url = "type.googleapis.com/google.rpc.ErrorInfo"
    detail.value = _wire.DETAILS["google.rpc.ErrorInfo"](reason="GRAPH_UNKNOWN").SerializeToString()
    return answer


def fill(message: Any, array: Any) -> None:
    message.dtype = _dtypes.dtype(array.dtype).number
    message.dims.extend(array.shape)
    message.data = bytes(_dtypes.to_bytes(array))


def graph_of(log: list[Any]) -> Any:
    """The graph that a session was opened with."""
    graph = _wire.Graph()
    for request in log:
        if request.WhichOneof("message") == "graph_part":
            graph.MergeFrom(request.graph_part.graph)
        elif request.WhichOneof("message") == "open":
            graph.MergeFrom(request.open.program.graph)
    return graph


def refuse(context: Any, code: grpc.StatusCode, message: str, *details: Any) -> None:
    """Ends a call with google.rpc details."""
    status = _wire.Status(code=code.value[0], message=message)
    for detail in details:
        packed = status.details.add()
        packed.type_url = "type.googleapis.com/" + detail.DESCRIPTOR.full_name
        packed.value = detail.SerializeToString()
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(code, message)
