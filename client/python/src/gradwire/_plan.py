"""What the server says of itself and of a request, without running one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import _evaluate, _wire
from ._dtypes import TensorType, from_wire
from ._program import Recording

if TYPE_CHECKING:
    from ._client import Client
    from ._options import Options
    from ._tensor import Tensor


@dataclass(frozen=True)
class Step:
    """One pass over memory or one call of a kernel, and the recorded nodes that it serves."""

    nodes: tuple[str, ...]
    backward: bool
    kernel: str
    text: str
    flops: int
    bytes_moved: int


@dataclass(frozen=True)
class Plan:
    """What computing some tensors would need.

    Attributes:
        flops, bytes_moved, peak_bytes: floating point operations, bytes read and written, most bytes held at one time
        types: element type and shape of every recorded value, by name
        steps: what would be run, in order
    """

    flops: int
    bytes_moved: int
    peak_bytes: int
    types: dict[str, TensorType]
    steps: tuple[Step, ...]


def plan(client: Client, tensors: Sequence[Tensor], options: Options | None) -> Plan:
    """Asks for the plan of computing the tensors from their leaves."""
    values = [tensor._value for tensor in tensors]
    recording = Recording(_evaluate.select(values, (), options), values)
    resolved = client.resolve(options)
    message = _wire.PlanRequest(program=recording.program, options=resolved.to_wire("none"))
    answer = client.send_plan(message, resolved)
    _evaluate.store_types(recording, answer.types)
    return Plan(
        answer.price.flops,
        answer.price.bytes_moved,
        answer.price.peak_bytes,
        {entry.name: from_wire(entry.type) for entry in answer.types},
        tuple(
            Step(tuple(s.nodes), s.backward, s.kernel, s.text, s.price.flops, s.price.bytes_moved) for s in answer.steps
        ),
    )


@dataclass(frozen=True)
class Device:
    """A device of the server: name as in the option ``device``, kind ("cpu", "cuda"), memory in bytes."""

    name: str
    kind: str
    total_bytes: int
    available_bytes: int
    library: str


class ServerInfo:
    """What a server is and can do.

    Attributes:
        version: of the server
        devices: the default one first
        operators: schemas of each operator by its name
        limits: value by name, in the unit that ``limit_units`` gives
    """

    def __init__(self, message: Any):
        self.version: str = message.version
        self.devices = tuple(
            Device(
                d.name, _wire.DEVICE_KINDS.get(d.kind, ""), d.total_bytes, d.available_bytes,
                f"{d.library} {d.library_version}".strip(),
            )
            for d in message.devices
        )  # fmt: skip
        self.operators = {op.name: tuple(o.schema for o in op.overloads) for op in message.operators}
        self.limits = {limit.name: limit.value for limit in message.limits}
        self.limit_units = {limit.name: limit.unit for limit in message.limits}

    def __repr__(self) -> str:
        devices = ", ".join(device.name for device in self.devices)
        return f"ServerInfo(version={self.version!r}, devices=[{devices}], {len(self.operators)} operators)"
