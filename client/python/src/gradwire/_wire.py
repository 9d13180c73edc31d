"""The wire contract: message classes made from ``protocol.binpb``.

The descriptors live in a pool of their own, so any protobuf runtime will do, and other packages may bring their own
copy of ``google.rpc``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

SERVICE = "gradwire.v1.AutogradService"


def _pool() -> descriptor_pool.DescriptorPool:
    file = Path(__file__).with_name("protocol.binpb")
    if not file.exists():
        raise ImportError(f"{file} is missing: run generate.py of the client's sources")
    pool = descriptor_pool.DescriptorPool()
    for proto in descriptor_pb2.FileDescriptorSet.FromString(file.read_bytes()).file:
        pool.Add(proto)
    return pool


_POOL = _pool()


def _message(name: str) -> Any:
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(name))


def _enum(name: str) -> Any:
    return _POOL.FindEnumTypeByName("gradwire.v1." + name)


Argument = _message("gradwire.v1.Argument")
Backward = _message("gradwire.v1.Backward")
GetServerInfoRequest = _message("gradwire.v1.GetServerInfoRequest")
GetServerInfoResponse = _message("gradwire.v1.GetServerInfoResponse")
Graph = _message("gradwire.v1.Graph")
GradCheck = _message("gradwire.v1.GradCheck")
Options = _message("gradwire.v1.Options")
PlanRequest = _message("gradwire.v1.PlanRequest")
PlanResponse = _message("gradwire.v1.PlanResponse")
Program = _message("gradwire.v1.Program")
RunRequest = _message("gradwire.v1.RunRequest")
RunResponse = _message("gradwire.v1.RunResponse")
SessionRequest = _message("gradwire.v1.SessionRequest")
SessionResponse = _message("gradwire.v1.SessionResponse")
Tensor = _message("gradwire.v1.Tensor")

Status = _message("google.rpc.Status")
#: Error details that are understood, by full name.
DETAILS = {
    name: _message(name)
    for name in ("google.rpc.ErrorInfo", "google.rpc.BadRequest", "google.rpc.RetryInfo", "gradwire.v1.Anomaly")
}
#: Numbers of the Precision values by the last part of their name in lower case: {"exact": 1, …}.
PRECISIONS = {value.name.removeprefix("PRECISION_").lower(): value.number for value in _enum("Precision").values}
GRAD_FN_MODES = {value.name.removeprefix("GRAD_FN_MODE_").lower(): value.number for value in _enum("GradFnMode").values}
DTYPES = {value.name.removeprefix("DTYPE_").lower(): value.number for value in _enum("Dtype").values}
DEVICE_KINDS = {value.number: value.name.removeprefix("DEVICE_KIND_").lower() for value in _enum("DeviceKind").values}
ENCODINGS = {value.name.removeprefix("ENCODING_").lower(): value.number for value in _enum("Encoding").values}
