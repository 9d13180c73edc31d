"""How requests are run."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from . import _packing, _random, _wire


@dataclass(frozen=True)
class GradCheck:
    """How gradients are compared with central finite differences after a run; what is 0 is left to the server.

    Attributes:
        samples: directions tried of each input: an element, or the real or imaginary part of one (the server's
            default: 16; all of them where an input has no more)
        eps: step to either side (1e-6 for inputs of 64 bits, 1e-2 of 32)
        atol: an error is allowed up to atol + rtol * abs(numeric) (1e-5 for inputs of 64 bits, 1e-2 of 32)
        rtol: see atol (1e-3 for inputs of 64 bits, 1e-2 of 32)
        seed: by which directions are drawn
    """

    samples: int = 0
    eps: float = 0.0
    atol: float = 0.0
    rtol: float = 0.0
    seed: int = 0

    def to_wire(self) -> Any:
        """The GradCheck message."""
        return _wire.GradCheck(
            samples=self.samples, eps=self.eps, atol=self.atol, rtol=self.rtol, seed=self.seed % 2**64
        )


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
        gradcheck: compare gradients with finite differences; True for the server's tolerances. The answer stands in
            ``client.last_run.grad_checks``, one for each input with ``passed``, ``max_absolute_error``, ``worst_index``
        encoding: "zstd" packs tensors, both ways, where that makes them smaller: for slow networks; default: "raw"
        seed: key of the random operators; None: what manual_seed was given, else 0
        timeout: seconds until DeadlineExceededError
    """

    device: str | None = None
    deterministic: bool | None = None
    detect_anomaly: bool | None = None
    keep_going: bool | None = None
    profile: bool | None = None
    precision: str | None = None
    encoding: str | None = None
    seed: int | None = None
    timeout: float | None = None
    gradcheck: GradCheck | bool | None = None

    def __post_init__(self) -> None:
        if self.precision is not None and self.precision not in _wire.PRECISIONS:
            raise ValueError(f"precision must be one of exact, tf32, bfloat16, but is {self.precision!r}")
        if self.encoding not in (None, "raw", "zstd"):
            raise ValueError(f"encoding must be raw or zstd, but is {self.encoding!r}")
        if self.encoding == "zstd":
            _packing.library()

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
        if self.encoding == "zstd":
            message.accept_encodings.append(_packing.ZSTD)
        if self.gradcheck:
            check = GradCheck() if self.gradcheck is True else self.gradcheck
            message.grad_check.CopyFrom(check.to_wire())
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
    keep_going: bool | None = None, profile: bool | None = None, precision: str | None = None,
    encoding: str | None = None, seed: int | None = None, timeout: float | None = None,
    gradcheck: GradCheck | bool | None = None,
) -> Iterator[None]:  # fmt: skip
    """Within it, requests of this thread are run so; see Options."""
    given = Options(
        device, deterministic, detect_anomaly, keep_going, profile, precision, encoding, seed, timeout, gradcheck
    )
    token = _current.set(given.over(_current.get()))
    try:
        yield
    finally:
        _current.reset(token)
