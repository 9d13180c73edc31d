"""What a client does about servers that cannot be reached, are slow or gone."""

from __future__ import annotations

import json
import queue
import threading
import time
from dataclasses import dataclass
from typing import Any

import grpc

from . import _wire

_MOST_ATTEMPTS = 5  # as gRPC allows
_LEAST_PING_SECONDS = 10  # a server's default; it closes connections that ping more often
_BUFFER_BYTES = 2 << 20  # a request that goes in one message fits, so that it can be sent once more


@dataclass(frozen=True)
class Resilience:
    """How a client tries again, hedges, pings and waits.

    Calls have no side effects, so each may be tried again or sent twice; sessions are neither. Where the address
    resolves to several servers, calls go to those in turn that report themselves healthy.

    Attributes:
        attempts: at a call that ends with UNAVAILABLE, the first one counted, with growing random pauses between: 1
            (none but the first) to 5
        tokens: holds further attempts back, so that they do not add to an overload: a failure takes a token, and
            nothing is tried again or hedged while no more than half of them are left; 1 to 1000
        token_ratio: tokens that a success puts back: beyond a burst, the most further attempts for each success;
            0.001 to 1
        hedges: attempts at a call that has no answer, the first one counted; the answer that comes first is taken and
            the others are cancelled. Above 1 it takes the place of ``attempts``: UNAVAILABLE makes the next go at once.
            Costs computing time; 1 (none) to 5
        hedging_delay: seconds before the next of these; choose one that few calls reach
        keepalive: seconds of silence during a call after which the server is pinged; at least 10, which servers permit
            unless their min_ping_seconds says otherwise; None for no pings
        keepalive_timeout: seconds for its answer, else calls on the connection are UNAVAILABLE
        wait_for_ready: whether calls wait, until their timeout, for a server that can be reached, instead of failing

    Raises ValueError for values outside.
    """

    attempts: int = 4
    tokens: int = 50
    token_ratio: float = 0.2
    hedges: int = 1
    hedging_delay: float = 1.0
    keepalive: float | None = 30.0
    keepalive_timeout: float = 20.0
    wait_for_ready: bool = False

    def __post_init__(self) -> None:
        for name, least, most in (
            ("attempts", 1, _MOST_ATTEMPTS), ("tokens", 1, 1000), ("token_ratio", 0.001, 1),
            ("hedges", 1, _MOST_ATTEMPTS), ("hedging_delay", 0, 86400), ("keepalive_timeout", 0.001, 86400),
        ):  # fmt: skip
            value = getattr(self, name)
            if not least <= value <= most:
                raise ValueError(f"{name} must be {least} to {most}, but is {value!r}")
        if self.keepalive is not None and not _LEAST_PING_SECONDS <= self.keepalive <= 86400:
            raise ValueError(
                f"keepalive must be None or {_LEAST_PING_SECONDS} to 86400, as servers close connections that ping "
                f"more often, but is {self.keepalive!r}"
            )

    def service_config(self) -> dict[str, Any]:
        """As gRPC's service_config.proto has it."""
        pure: dict[str, Any] = {
            "name": [{"service": _wire.SERVICE, "method": method} for method in ("Run", "Plan", "GetServerInfo")],
            "waitForReady": self.wait_for_ready,
        }
        if self.attempts > 1 and self.hedges == 1:
            pure["retryPolicy"] = {
                "maxAttempts": self.attempts,
                "initialBackoff": "0.1s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            }
        return {
            "methodConfig": [pure, {"name": [{"service": _wire.SERVICE}], "waitForReady": self.wait_for_ready}],
            "retryThrottling": {"maxTokens": self.tokens, "tokenRatio": self.token_ratio},
            "loadBalancingConfig": [{"round_robin": {}}],
            "healthCheckConfig": {"serviceName": _wire.SERVICE},
        }

    def channel_options(self) -> list[tuple[str, Any]]:
        """For a gRPC channel."""
        options: list[tuple[str, Any]] = [
            ("grpc.service_config", json.dumps(self.service_config())),
            ("grpc.per_rpc_retry_buffer_size", _BUFFER_BYTES),
        ]
        if self.keepalive is not None:
            options += [
                ("grpc.keepalive_time_ms", round(self.keepalive * 1000)),
                ("grpc.keepalive_timeout_ms", round(self.keepalive_timeout * 1000)),
                ("grpc.http2.max_pings_without_data", 0),  # a run may compute for long without a byte
            ]
        return options


class Throttle:
    """The tokens of hedged calls; gRPC has its own for what it tries again by itself."""

    def __init__(self, resilience: Resilience):
        self._most: float = resilience.tokens
        self._ratio = resilience.token_ratio
        self._tokens: float = self._most
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Whether a further attempt may go."""
        return self._tokens > self._most / 2

    def count(self, succeeded: bool) -> None:
        """Takes an attempt into account."""
        with self._lock:
            self._tokens = min(self._most, max(0.0, self._tokens + (self._ratio if succeeded else -1)))


class Hedged:
    """A unary method that is called again while it has no answer: gRPC's C core has no hedging of its own."""

    def __init__(self, method: Any, resilience: Resilience, throttle: Throttle):
        self._method = method
        self._hedges = resilience.hedges
        self._delay = resilience.hedging_delay
        self._throttle = throttle

    def __call__(self, message: Any, timeout: float | None = None, **settings: Any) -> Any:
        end = None if timeout is None else time.monotonic() + timeout
        done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        calls: list[Any] = []
        under_way = 0
        try:
            while True:
                if not calls or (len(calls) < self._hedges and self._throttle.allows()):
                    left = None if end is None else max(0.0, end - time.monotonic())
                    calls.append(self._method.future(message, timeout=left, **settings))
                    calls[-1].add_done_callback(done.put)
                    under_way += 1
                try:
                    call = done.get(timeout=self._delay if len(calls) < self._hedges else None)
                except queue.Empty:
                    continue
                under_way -= 1
                unavailable = call.code() is grpc.StatusCode.UNAVAILABLE
                self._throttle.count(not unavailable)
                more = len(calls) < self._hedges and self._throttle.allows()
                if not unavailable or not (under_way or more):
                    return call.result()
        finally:
            for call in calls:
                call.cancel()
