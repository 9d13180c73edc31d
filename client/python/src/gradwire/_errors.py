"""What can go wrong, by the canonical codes and the typed details that the service sends."""

from __future__ import annotations

from typing import Any

import grpc

from . import _wire


class GradwireError(Exception):
    """A request failed.

    Attributes:
        code: canonical name, "INVALID_ARGUMENT"
        reason: why, "SHAPE_MISMATCH"; "" where the server did not say
        node, op, argument: where in the graph, "" where it is not about one
        field: path in the request, "graph.nodes[12].args[1]", or ""
        metadata: all that the server said about it, by name
        retry_after: seconds to wait before trying again, or None
        anomaly: the first non-finite value (detect_anomaly), a message with node, output, backward and inputs, or None
    """

    def __init__(
        self, message: str, *, code: str = "UNKNOWN", reason: str = "", field: str = "",
        metadata: dict[str, str] | None = None, retry_after: float | None = None, anomaly: Any = None,
    ):  # fmt: skip
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.field = field
        self.metadata = dict(metadata or {})
        self.node = self.metadata.get("node", "")
        self.op = self.metadata.get("op", "")
        self.argument = self.metadata.get("argument", "")
        self.retry_after = retry_after
        self.anomaly = anomaly


class InvalidGraphError(GradwireError, ValueError):
    """The graph breaks a rule: an unknown operator, types or shapes that do not fit, a limit that no server allows."""


class UnsupportedModuleError(NotImplementedError):
    """A PyTorch module that cannot be imported: the text names what stands against it, with module paths and lines."""


class NotDifferentiableError(InvalidGraphError):
    """A derivative was asked for where there is none."""


class NonFiniteError(GradwireError, ArithmeticError):
    """With detect_anomaly: a value that is NaN or infinite was computed; ``anomaly`` tells where."""


class DeviceUnavailableError(GradwireError):
    """The server does not have the device that was asked for."""


class ResourceExhaustedError(GradwireError):
    """The server is full for the moment; ``retry_after`` says how many seconds to wait, where it knows."""


class DeadlineExceededError(GradwireError, TimeoutError):
    """The answer did not come in time."""


class UnavailableError(GradwireError, ConnectionError):
    """No server could be reached, or it is shutting down."""


_BY_REASON: dict[str, type[GradwireError]] = {
    "NOT_DIFFERENTIABLE": NotDifferentiableError,
    "DEVICE_UNAVAILABLE": DeviceUnavailableError,
}
_BY_CODE: dict[str, type[GradwireError]] = {
    "INVALID_ARGUMENT": InvalidGraphError,
    "RESOURCE_EXHAUSTED": ResourceExhaustedError,
    "DEADLINE_EXCEEDED": DeadlineExceededError,
    "UNAVAILABLE": UnavailableError,
}
_CODES = {code.value[0]: code.name for code in grpc.StatusCode}


def from_call(error: Any) -> GradwireError:
    """The typed form of a grpc.RpcError."""
    status = None
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            status = _wire.Status.FromString(value)
    return _make(error.code().name, error.details() or "", status.details if status else ())


def from_status(status: Any) -> GradwireError:
    """The typed form of a google.rpc.Status message."""
    return _make(_CODES.get(status.code, "UNKNOWN"), status.message, status.details)


def _make(code: str, message: str, packed: Any) -> GradwireError:
    details = {}
    for any_message in packed:
        name = any_message.type_url.rpartition("/")[2]
        if name in _wire.DETAILS:
            details[name] = _wire.DETAILS[name].FromString(any_message.value)
    info = details.get("google.rpc.ErrorInfo")
    bad = details.get("google.rpc.BadRequest")
    retry = details.get("google.rpc.RetryInfo")
    anomaly = details.get("gradwire.v1.Anomaly")
    reason = info.reason if info else ""
    kind = NonFiniteError if anomaly is not None else _BY_REASON.get(reason) or _BY_CODE.get(code, GradwireError)
    return kind(
        message or code,
        code=code,
        reason=reason,
        field=bad.field_violations[0].field if bad and bad.field_violations else "",
        metadata=dict(info.metadata) if info else {},
        retry_after=retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9 if retry else None,
        anomaly=anomaly,
    )
