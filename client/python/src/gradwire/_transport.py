"""Sends a request: small ones by Run, large ones by Session in chunks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import grpc

from . import _dtypes, _errors, _packing, _stream, _wire
from ._digests import Digests
from ._dtypes import TensorType
from ._resilience import Hedged, Resilience, Throttle
from ._stream import Array, Outcome

#: Above it a request goes by Session; answers above ANSWER_BYTES come by it.
REQUEST_BYTES = 1 << 20
ANSWER_BYTES = 4 << 20


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


class Stub:
    """The service's methods on a channel, and what its servers are known to have seen."""

    def __init__(self, channel: grpc.Channel, resilience: Resilience):
        self.digests = Digests()
        path = f"/{_wire.SERVICE}/"
        self.run: Any = channel.unary_unary(
            path + "Run", _wire.RunRequest.SerializeToString, _wire.RunResponse.FromString
        )
        self.plan: Any = channel.unary_unary(
            path + "Plan", _wire.PlanRequest.SerializeToString, _wire.PlanResponse.FromString
        )
        self.info: Any = channel.unary_unary(
            path + "GetServerInfo", _wire.GetServerInfoRequest.SerializeToString, _wire.GetServerInfoResponse.FromString
        )
        self.session = channel.stream_stream(
            path + "Session", _wire.SessionRequest.SerializeToString, _wire.SessionResponse.FromString
        )
        if resilience.hedges > 1:
            throttle = Throttle(resilience)
            self.run, self.plan, self.info = (Hedged(m, resilience, throttle) for m in (self.run, self.plan, self.info))


def call(method: Any, message: Any, **settings: Any) -> Any:
    """A unary call; gRPC cancels it where the caller is interrupted. Raises GradwireError."""
    try:
        return method(message, **settings)
    except grpc.RpcError as error:
        raise _errors.from_call(error) from None


def send(stub: Stub, request: Request, **settings: Any) -> Outcome:
    """Runs the request once. Raises GradwireError."""
    if request.is_large:
        return _run_in_session(stub, request, settings)
    try:
        return _run(stub, request, settings)
    except _errors.GradwireError as error:
        if not _asks_for_session(error):
            raise
    return _run_in_session(stub, request, settings)


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
        tensor.data, tensor.encoding = _packing.pack(_dtypes.to_bytes(array), _packing.is_asked(request.options))
    answer = call(stub.run, message, **settings)
    outcome = Outcome(statistics=answer.statistics, guarantees=answer.guarantees, grad_fns=list(answer.grad_fns))
    outcome.outputs = {output.name: _tensor(output.tensor) for output in answer.outputs}
    for gradient in answer.gradients:
        used = gradient.WhichOneof("state") == "value"
        outcome.gradients[gradient.input] = _tensor(gradient.value) if used else None
    outcome.anomaly = answer.anomaly if answer.HasField("anomaly") else None
    outcome.grad_checks = list(answer.grad_checks)
    return outcome


def _run_in_session(stub: Stub, request: Request, settings: dict[str, Any]) -> Outcome:
    stream = _stream.Stream(stub.session, settings, stub.digests)
    try:
        grad_fns = stream.open(request.program, request.backward, request.options)
        outcome = stream.execute(request.inputs, _stream.execution(1))
        outcome.grad_fns = outcome.grad_fns or grad_fns
        return outcome
    finally:
        stream.close()


def _tensor(message: Any) -> tuple[Array, TensorType]:
    kind = _dtypes.from_wire(message)
    return _dtypes.from_bytes(_packing.unpack(message.data, message.encoding, kind.nbytes), kind), kind
