"""The connection to a server, and which one is used."""

from __future__ import annotations

import contextlib
import contextvars
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import grpc

from . import _options, _stream, _transport, _wire
from ._options import Options
from ._resilience import Resilience

if TYPE_CHECKING:
    from ._plan import Plan, ServerInfo
    from ._session import Session
    from ._tensor import Tensor

DEFAULT_TARGET = "localhost:50051"
_MESSAGE_BYTES = 64 << 20  # most that is received in one message: plans and metadata of large graphs


class Client:
    """A connection to a server; may be used by any number of threads.

    In a ``with`` block it serves what is evaluated there by that thread, and is closed at the end; ``use`` does so
    without closing.

    Args:
        target: address as gRPC takes it; default: the variable GRADWIRE_TARGET, else localhost:50051
        timeout: seconds for each request, unless a call says otherwise; default: no limit
        credentials: None for plain text, True for TLS with the system's authorities, or what
            grpc.ssl_channel_credentials and its like return
        metadata: pairs sent with each request, such as ("authorization", "Bearer …")
        channel_options: more options of the gRPC channel
        options: how requests are run unless a call says otherwise
        resilience: what is done about servers that cannot be reached; default: Resilience()
    """

    def __init__(
        self, target: str | None = None, *, timeout: float | None = None, credentials: Any = None,
        metadata: Sequence[tuple[str, str]] = (), channel_options: Sequence[tuple[str, Any]] = (),
        options: Options | None = None, resilience: Resilience | None = None,
    ):  # fmt: skip
        self.target = target or os.environ.get("GRADWIRE_TARGET") or DEFAULT_TARGET
        self.options = Options(timeout=timeout).over(options or Options())
        self._metadata = tuple(metadata)
        self._local = threading.local()
        self._tokens: list[contextvars.Token[Client | None]] = []
        resilience = resilience or Resilience()
        settings = [
            *resilience.channel_options(),
            ("grpc.max_receive_message_length", _MESSAGE_BYTES),
            *channel_options,
        ]
        if credentials is None:
            self._channel = grpc.insecure_channel(self.target, settings)
        else:
            given = grpc.ssl_channel_credentials() if credentials is True else credentials
            self._channel = grpc.secure_channel(self.target, given, settings)
        self._stub = _transport.Stub(self._channel, resilience)

    @property
    def last_run(self) -> _stream.Outcome | None:
        """This thread's last run: ``statistics``, ``guarantees``, ``anomaly``, ``grad_checks`` as the server sent them."""
        return getattr(self._local, "last_run", None)

    def resolve(self, given: Options | None) -> Options:
        """A call's options, then those of the enclosing blocks, then the client's."""
        return (given or Options()).over(_options.current()).over(self.options)

    def send(self, request: _transport.Request, options: Options) -> _stream.Outcome:
        """Runs a request. Raises GradwireError."""
        outcome = _transport.send(self._stub, request, **self._settings(options))
        self._local.last_run = outcome
        return outcome

    def send_plan(self, message: Any, options: Options) -> Any:
        """Plans a request. Raises GradwireError."""
        return _transport.call(self._stub.plan, message, **self._settings(options))

    def info(self, timeout: float | None = None) -> ServerInfo:
        """Version, devices, operators and limits of the server. Raises GradwireError."""
        from ._plan import ServerInfo

        settings = self._settings(self.resolve(Options(timeout=timeout)))
        return ServerInfo(_transport.call(self._stub.info, _wire.GetServerInfoRequest(), **settings))

    def plan(self, *tensors: Tensor, options: Options | None = None) -> Plan:
        """What computing the tensors would need; nothing is computed. Raises GradwireError."""
        from ._plan import plan

        return plan(self, tensors, options)

    def session(
        self, *outputs: Tensor, carry: Mapping[Tensor, Tensor] | None = None, options: Options | None = None
    ) -> Session:
        """Puts the graph of the outputs on the server, to be run many times.

        Args:
            outputs: what runs return
            carry: for leaves, the tensor of the graph that is their data from the next run on: parameters are trained
                without leaving the server
            options: how to run; a timeout is for the whole session

        Raises GradwireError.
        """
        from ._session import Session

        return Session(self, outputs, carry or {}, options)

    def stream(self, options: Options) -> _stream.Stream:
        """The bare stream of a session."""
        return _stream.Stream(self._stub.session, self._settings(options), self._stub.digests)

    def _settings(self, options: Options) -> dict[str, Any]:
        return {"timeout": options.timeout, "metadata": self._metadata}

    @contextlib.contextmanager
    def use(self) -> Iterator[Client]:
        """Within it, this client serves what this thread evaluates."""
        token = _used.set(self)
        try:
            yield self
        finally:
            _used.reset(token)

    def close(self) -> None:
        """Ends the connection and what is under way on it."""
        self._channel.close()
        _forget(self)

    def __enter__(self) -> Client:
        self._tokens.append(_used.set(self))
        return self

    def __exit__(self, *error: object) -> None:
        _used.reset(self._tokens.pop())
        self.close()

    def __repr__(self) -> str:
        return f"Client({self.target!r})"


_used: contextvars.ContextVar[Client | None] = contextvars.ContextVar("gradwire_client", default=None)
_default: Client | None = None
_default_lock = threading.Lock()


def connect(target: str | None = None, **settings: Any) -> Client:
    """Makes a Client the default one of all threads and returns it; the arguments are Client's.

    The former default client is not closed: others may use it.
    """
    global _default
    client = Client(target, **settings)
    with _default_lock:
        _default = client
    return client


def current_client() -> Client:
    """The client of the enclosing ``with`` block, else the default one, which is made when first needed."""
    global _default
    used = _used.get()
    if used is not None:
        return used
    with _default_lock:
        if _default is None:
            _default = Client()
        return _default


def _forget(client: Client) -> None:
    global _default
    with _default_lock:
        if _default is client:
            _default = None
