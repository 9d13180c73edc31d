"""A graph that is run many times with its tensors staying on the server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from . import _dtypes, _evaluate, _graph, _stream
from ._dtypes import TensorType
from ._graph import Value
from ._options import Options
from ._program import Recording

if TYPE_CHECKING:
    from ._client import Client
    from ._tensor import Tensor, TensorLike


class SessionRun:
    """A run of a Session, perhaps still under way; made by ``Session.start``."""

    def __init__(self, stream: _stream.Stream, pending: _stream.Pending, names: Sequence[str]):
        self._stream, self._pending, self._names = stream, pending, names

    def result(self) -> list[Tensor]:
        """What the run fetches, waited for if need be. Servers end sessions whose results stay unread for long.

        Raises GradwireError: what the run failed with, or the session.
        """
        outputs = self._stream.finish(self._pending).outputs
        from ._tensor import Tensor

        return [Tensor._of(_graph.leaf(*outputs[name], name=name.replace(":", "_"))) for name in self._names]


class Session:
    """One recorded graph on a stream of its own; made by ``Client.session``. Not for use by several threads at a time.

    Leaves go up with the first run and stay until they are fed again. Closing frees all. What was computed before the
    session and does not require grad is a constant in it.
    """

    def __init__(
        self, client: Client, outputs: Sequence[Tensor], carry: Mapping[Tensor, Tensor], options: Options | None
    ):  # fmt: skip
        self._outputs = [tensor._value for tensor in outputs]
        self._carried = {leaf._value: new._value for leaf, new in carry.items()}
        targets = [*self._outputs, *self._carried.values()]
        self._recording = Recording(_evaluate.select(targets, (), options, whole=True), targets)
        self._carry = {self._input_name(leaf): self._recording.name(new) for leaf, new in self._carried.items()}
        self._next: dict[str, tuple[_stream.Array, TensorType]] = {}
        for name, value in self._recording.inputs.items():
            assert value.data is not None and value.leaf_type is not None
            self._next[name] = (value.data, value.leaf_type)
        self._runs = 0
        resolved = client.resolve(options)
        self._seed = resolved.to_wire("none").seed
        self._stream = client.stream(resolved)
        try:
            self._stream.open(self._recording.program, None, resolved.to_wire("none"))
        except BaseException:
            self._stream.close()
            raise

    def run(
        self, feeds: Mapping[Tensor, TensorLike] | None = None, *, fetch: Iterable[Tensor] | None = None
    ) -> list[Tensor]:
        """Runs the graph once.

        Args:
            feeds: new data for leaves, of their shape; it takes their dtype
            fetch: what to return; default: the outputs. A carried leaf stands for what it is after this run.

        Random numbers differ from run to run and are the same in every session of the same seed.

        Returns a leaf for each tensor fetched. Raises ValueError for tensors that are not of this graph, and
        GradwireError; the session goes on after an error that is about the run only.
        """
        return self.start(feeds, fetch=fetch).result()

    def start(
        self, feeds: Mapping[Tensor, TensorLike] | None = None, *, fetch: Iterable[Tensor] | None = None
    ) -> SessionRun:
        """Asks for a run like ``run`` and returns at once, so that data goes up while the runs before compute.

        A few runs may be under way, then this waits. A run that fails carries nothing: those behind it go on with what
        was there before. Raises ValueError, and GradwireError where the session has failed.
        """
        for leaf, data in (feeds or {}).items():
            self._feed(leaf._value, data)
        values = self._outputs if fetch is None else [self._carried.get(t._value, t._value) for t in fetch]
        names = [self._output_name(value) for value in values]
        self._runs += 1
        inputs, self._next = self._next, {}
        seed = (self._seed + self._runs - 1) % 2**64
        message = _stream.execution(self._runs, dict.fromkeys(names), self._carry, seed)
        return SessionRun(self._stream, self._stream.start(inputs, message), names)

    def _feed(self, leaf: Value, data: TensorLike) -> None:
        from ._tensor import Tensor

        kind = leaf.leaf_type
        name = self._input_name(leaf)
        assert kind is not None
        array, _ = _dtypes.to_array(data.numpy() if isinstance(data, Tensor) else data, kind.dtype)
        if array.shape != kind.shape:
            raise ValueError(f"{name!r} has shape {kind.shape}, but is fed data of shape {array.shape}")
        self._next[name] = (array, kind)

    def _input_name(self, leaf: Value) -> str:
        if leaf not in self._recording or self._recording.name(leaf) not in self._recording.inputs:
            raise ValueError(f"{leaf.name!r} is no leaf of this graph")
        return self._recording.name(leaf)

    def _output_name(self, value: Value) -> str:
        if value not in self._recording or self._recording.name(value) not in self._recording.program.graph.outputs:
            raise ValueError(f"{value.name!r} is no output of this graph")
        return self._recording.name(value)

    def close(self) -> None:
        """Ends the stream; the server forgets its tensors."""
        self._stream.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
