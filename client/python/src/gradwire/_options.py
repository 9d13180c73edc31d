"""How requests are run."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from . import _random, _wire


@dataclass(frozen=True)
class Options:
    """How to run a request; what is None is left to the client's own options, then to the server.

    Attributes:
        device: "cpu", "cuda:0"
        deterministic: whether equal requests must give equal bits (the server's default: yes)
        detect_anomaly: raise NonFiniteError at the first value that is NaN or infinite
        keep_going: with detect_anomaly, finish and report it in ``client.last_run.anomaly``
        profile: measure each node; the figures are in its grad_fn
        precision: rounding allowed in products of float32: "exact", "tf32", "bfloat16"
        seed: key of the random operators; None: what manual_seed was given, else 0
        timeout: seconds until DeadlineExceededError
    """

    device: str | None = None
    deterministic: bool | None = None
    detect_anomaly: bool | None = None
    keep_going: bool | None = None
    profile: bool | None = None
    precision: str | None = None
    seed: int | None = None
    timeout: float | None = None

    def __post_init__(self) -> None:
        if self.precision is not None and self.precision not in _wire.PRECISIONS:
            raise ValueError(f"precision must be one of exact, tf32, bfloat16, but is {self.precision!r}")

    def over(self, base: Options) -> Options:
        """These options, and the base's where they are None."""
        own = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}
        return replace(base, **own) if own else base

    def to_wire(self, grad_fns: str = "", grad_fn_nodes: tuple[str, ...] = ()) -> Any:
        """The Options message; ``grad_fns`` is "none", "nodes" or "" for those on the backward path."""
        message = _wire.Options()
        for name in ("device", "deterministic", "detect_anomaly", "keep_going", "profile"):
            given = getattr(self, name)
            if given is not None:
                setattr(message, name, given)
        message.seed = _random.default_seed() if self.seed is None else self.seed % 2**64
        if self.precision is not None:
            message.precision = _wire.PRECISIONS[self.precision]
        if grad_fns:
            message.grad_fns.mode = _wire.GRAD_FN_MODES[grad_fns]
            message.grad_fns.nodes.extend(grad_fn_nodes)
        return message


_current = contextvars.ContextVar("gradwire_options", default=Options())


def current() -> Options:
    """The options of the enclosing ``options`` blocks."""
    return _current.get()


@contextlib.contextmanager
def options(
    *, device: str | None = None, deterministic: bool | None = None, detect_anomaly: bool | None = None,
    keep_going: bool | None = None, profile: bool | None = None, precision: str | None = None, seed: int | None = None,
    timeout: float | None = None,
) -> Iterator[None]:  # fmt: skip
    """Within it, requests of this thread are run so; see Options."""
    given = Options(device, deterministic, detect_anomaly, keep_going, profile, precision, seed, timeout)
    token = _current.set(given.over(_current.get()))
    try:
        yield
    finally:
        _current.reset(token)
