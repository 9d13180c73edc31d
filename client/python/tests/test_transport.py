"""How requests go out and answers and errors come back."""

import signal
import threading
import time

import grpc
import numpy as np
import pytest

import gradwire as gw
from fake import graph_of, refuse
from gradwire import _graph, _packing, _stream, _wire

INFO, BAD, RETRY, ANOMALY = (_wire.DETAILS[n] for n in _wire.DETAILS)


def test_one_request_for_what_is_needed(fake):
    a = gw.tensor([1.0, 2.0], requires_grad=True, name="a")
    b = a + 1
    assert b.item() == 7.0 and b.item() == 7.0
    assert len(fake.requests) == 1
    request = fake.requests[0]
    assert not request.HasField("backward")
    assert request.inputs[0].tensor.data == np.array([1, 2], "<f4").tobytes()


def test_types_are_asked_once(fake):
    b = gw.tensor([1.0]) + 1
    c = b * 2
    assert (c.shape, c.ndim, c.dtype, b.shape, len(c), c.numel()) == ((2, 3), 2, gw.float32, (2, 3), 2, 6)
    assert len(fake.requests) == 1 and not hasattr(fake.requests[0], "inputs")


def test_unknown_operators_ask_for_their_results(fake):
    first, second = gw.call("two", gw.tensor([1.0]), 3, mode="x")
    assert second.name == first.name + ":1"
    assert gw.call("one_result", [1, 2]).shape == (2, 3)
    with pytest.raises(ValueError):
        gw.call("two", gw.tensor([1.0]), name="a:b")


def test_backward_is_one_request_and_accumulates(fake):
    a = gw.tensor([1.0, 2.0], requires_grad=True, name="a")
    unused = gw.tensor([1.0], requires_grad=True)
    out = gw.name((a + 1) * a, "out")
    out.backward([1, 1])
    assert len(fake.requests) == 2  # the type of out, for the gradient given as a list
    request = fake.requests[-1]
    assert list(request.backward.roots) == ["out"] and list(request.backward.inputs) == ["a"]
    assert request.backward.cotangents[0].value in [i.name for i in request.program.graph.inputs]
    assert out._value.data is not None
    np.testing.assert_array_equal(a.grad, [1, 1])
    assert unused.grad is None
    out.backward(gw.ones(2))
    np.testing.assert_array_equal(a.grad.numpy(), [2, 2])


def test_pending_leaves_are_computed_first(fake):
    w = gw.tensor([1.0], requires_grad=True, name="w")
    fake.output = np.ones(1, np.float32)
    with gw.no_grad():
        w *= gw.tensor([0.5])
    assert w.requires_grad and w.is_leaf and not fake.requests
    (w * 2).backward()
    assert [r.HasField("backward") for r in fake.requests] == [False, True]
    assert [i.name for i in fake.requests[1].program.graph.inputs] == ["w"]
    assert fake.requests[1].program.graph.inputs[0].requires_grad
    with pytest.raises(RuntimeError):
        w += 1


@pytest.mark.parametrize("elements", [300_000, 1_000_003])
def test_large_inputs_go_by_session(fake, elements):
    a = gw.tensor(np.arange(elements, dtype=np.float32), requires_grad=True, name="a")
    (a * a).sum().backward()
    assert not fake.requests
    (log,) = fake.sessions
    chunks = [m.chunk for m in log if m.WhichOneof("message") == "chunk"]
    assert all(len(c.data) <= 1 << 20 for c in chunks)
    assert b"".join(c.data for c in chunks) == a.numpy().tobytes()
    assert [c.offset for c in chunks] == [i << 20 for i in range(len(chunks))]
    assert list(chunks[0].type.dims) == [elements] and not chunks[1].HasField("type")
    assert log[-1].execute.run_id == 1 and a.grad is None


@pytest.mark.parametrize("elements", [100, 5_000, 600_001])
def test_packed_tensors(fake, elements):
    data = np.random.default_rng(1).integers(0, 16, elements).astype(np.float32)
    with gw.options(encoding="zstd"):
        a = gw.tensor(data, requires_grad=True, name="a")
        (a * a).sum().backward()
    if elements > 1 << 18:
        messages = [m.chunk for m in fake.sessions[0] if m.WhichOneof("message") == "chunk"]
        assert list(fake.sessions[0][0].open.options.accept_encodings) == [_packing.ZSTD]
    else:
        messages = [fake.requests[0].inputs[0].tensor]
    assert all(m.encoding == (_packing.ZSTD if elements > 1024 else 1) for m in messages)
    unpacked = b"".join(_packing.unpack(m.data, m.encoding, 1 << 20) for m in messages)
    assert unpacked == data.tobytes()


def test_packed_answers_are_bounded():
    frame, encoding = _packing.pack(memoryview(bytes(range(256)) * 8), True)
    assert encoding == _packing.ZSTD and _packing.unpack(frame, encoding, 2048) == bytes(range(256)) * 8
    wrong = [(frame, encoding, 2047), (b"no frame", encoding, 9), (frame[:-3], encoding, 2048), (frame, 2, 9)]
    for data, kind, most in wrong:
        with pytest.raises(gw.GradwireError):
            _packing.unpack(data, kind, most)
    with pytest.raises(ValueError):
        gw.Options(encoding="gzip")


def test_large_graphs_go_in_parts(fake):
    t = gw.tensor(1.0, name="t")
    for i in range(30_000):
        t = gw.add(t, 1, name=f"a_rather_long_name_of_node_{i}")
    assert t.item() == 7.0
    (log,) = fake.sessions
    assert log[0].open.graph_continues and not log[0].open.program.graph.nodes
    parts = [m for m in log if m.WhichOneof("message") == "graph_part"]
    assert len(parts) > 1 and [p.graph_part.last for p in parts] == [False] * (len(parts) - 1) + [True]
    assert all(p.ByteSize() <= 1 << 20 for p in parts)
    assert len(graph_of(log).nodes) == 30_000


@pytest.mark.parametrize("reason", ["RESPONSE_TOO_LARGE", ""])
def test_large_answers_come_by_session(fake, reason):
    def before(request, context):
        if isinstance(request, _wire.RunRequest):
            text = "gRPC message exceeds maximum size: larger than max"
            refuse(context, grpc.StatusCode.RESOURCE_EXHAUSTED, text, *([INFO(reason=reason)] if reason else []))

    fake.before = before
    fake.output = np.arange(3_000_000, dtype=np.float32)
    b = gw.tensor([1.0]).expand(3_000_000)
    np.testing.assert_array_equal(b, fake.output)
    assert len(fake.sessions) == 1


ERRORS = [
    ("INVALID_ARGUMENT", "SHAPE_MISMATCH", gw.InvalidGraphError, ValueError),
    ("INVALID_ARGUMENT", "NOT_DIFFERENTIABLE", gw.NotDifferentiableError, gw.InvalidGraphError),
    ("FAILED_PRECONDITION", "DEVICE_UNAVAILABLE", gw.DeviceUnavailableError, gw.GradwireError),
    ("RESOURCE_EXHAUSTED", "MEMORY", gw.ResourceExhaustedError, gw.GradwireError),
    ("INTERNAL", "", gw.GradwireError, Exception),
]


@pytest.mark.parametrize(("code", "reason", "kind", "base"), ERRORS)
@pytest.mark.parametrize("large", [False, True])
def test_errors_are_typed(fake, code, reason, kind, base, large):
    info = INFO(reason=reason, metadata={"node": "mul_3", "op": "mul", "argument": "other", "limit": "8"})
    bad, retry = BAD(), RETRY()
    bad.field_violations.add(field="graph.nodes[1].args[1]")
    retry.retry_delay.seconds, retry.retry_delay.nanos = 1, 500_000_000
    fake.before = lambda r, c: refuse(c, grpc.StatusCode[code], "said so", info, bad, retry)
    with pytest.raises(kind, match="said so") as caught:
        (gw.zeros(500_000 if large else 1) + 1).numpy()
    error = caught.value
    assert type(error) is kind and isinstance(error, base)
    assert (error.code, error.reason, error.node, error.op, error.argument) == (code, reason, "mul_3", "mul", "other")
    assert (error.field, error.metadata["limit"], error.retry_after) == ("graph.nodes[1].args[1]", "8", 1.5)
    assert error.__cause__ is None


def test_anomaly_is_an_error_of_its_own(fake):
    anomaly = ANOMALY(node="log_1", backward=True)
    fake.before = lambda r, c: refuse(c, grpc.StatusCode.INVALID_ARGUMENT, "NaN", INFO(reason="NON_FINITE"), anomaly)
    with pytest.raises(gw.NonFiniteError) as caught, gw.options(detect_anomaly=True):
        (gw.ones(1) + 1).numpy()
    assert caught.value.anomaly.node == "log_1"
    assert fake.requests[0].options.detect_anomaly


def test_deadlines(fake):
    fake.before = lambda r, c: time.sleep(1.5)
    with pytest.raises(gw.DeadlineExceededError) as caught:
        gw.evaluate(gw.ones(1) + 1, timeout=0.1)
    assert isinstance(caught.value, TimeoutError)
    with gw.options(timeout=0.1), pytest.raises(gw.DeadlineExceededError):
        (gw.zeros(400_000) + 1).numpy()


def test_unavailable_is_retried(fake):
    left = [2]

    def before(request, context):
        left[0] -= 1
        if left[0] >= 0:
            context.abort(grpc.StatusCode.UNAVAILABLE, "later")

    fake.before = before
    assert (gw.ones(1) + 1).item() == 7.0
    assert len(fake.requests) == 3


def test_no_server():
    with gw.Client("localhost:1", timeout=5), pytest.raises(gw.UnavailableError) as caught:
        (gw.ones(1) + 1).numpy()
    assert isinstance(caught.value, ConnectionError)


@pytest.fixture
def interruptible():
    """SIGINT raises KeyboardInterrupt also where the tests run in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_interrupt_cancels(fake, interruptible):
    ended, entered = threading.Event(), threading.Event()

    def before(request, context):
        context.add_callback(ended.set)
        entered.set()
        ended.wait(10)

    fake.before = before

    def interrupt():
        entered.wait(10)
        time.sleep(0.05)  # until the caller waits
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    for tensor in (gw.ones(1) + 1, gw.zeros(400_000) + 1):
        ended.clear()
        entered.clear()
        timer = threading.Thread(target=interrupt)
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            tensor.numpy()
        assert ended.wait(5)
        timer.join()


def test_clients_and_options(fake):
    client = gw.Client(
        fake.target, metadata=[("authorization", "Bearer x")], options=gw.Options(device="cuda:1", seed=3)
    )
    with client.use():
        with gw.options(device="cpu", precision="tf32"):
            (gw.ones(1) + 1).numpy()
        gw.evaluate(gw.ones(1) + 1, options=gw.Options(profile=True, deterministic=False))
    first, second = (r.options for r in fake.requests)
    assert (first.device, first.seed, first.precision, first.HasField("deterministic")) == ("cpu", 3, 2, False)
    assert (second.device, second.profile, second.deterministic, second.seed) == ("cuda:1", True, False, 3)
    assert fake.metadata[0]["authorization"] == "Bearer x"
    assert client.info().version == "1.2.3"
    assert client.last_run is not None
    client.close()
    with pytest.raises(ValueError):
        gw.Options(precision="half")


def test_default_client(fake, monkeypatch):
    monkeypatch.setenv("GRADWIRE_TARGET", fake.target)
    seen = []
    thread = threading.Thread(target=lambda: seen.append(gw.current_client().target))
    thread.start()
    thread.join()
    assert seen == [fake.target]
    connected = gw.connect("localhost:2")
    thread = threading.Thread(target=lambda: seen.append(gw.current_client()))
    thread.start()
    thread.join()
    assert seen[1] is connected
    connected.close()


def test_sessions_send_leaves_once(fake):
    x, w = gw.zeros(2, name="x"), gw.ones(2, requires_grad=True, name="w")
    loss = gw.name(x * w, "loss")
    with gw.current_client().session(loss, carry={w: gw.name(w * 2, "new")}) as session:
        for _ in range(2):
            (result,) = session.run({x: [1.0, 2.0]})
            assert result.item() == 7.0
        assert session.run(fetch=[w, loss])[0].item() == 7.0
    (log,) = fake.sessions
    kinds = [m.WhichOneof("message") for m in log]
    assert kinds == ["open", "chunk", "chunk", "execute", "chunk", "execute", "execute"]
    executed = [m.execute for m in log if m.HasField("execute")]
    assert [e.run_id for e in executed] == [1, 2, 3]
    assert (executed[0].carry[0].input, executed[0].carry[0].result.output) == ("w", "new")
    assert [[r.output for r in e.fetch.results] for e in executed] == [["loss"], ["loss"], ["new", "loss"]]


def test_runs_are_asked_for_ahead(fake):
    x = gw.zeros(2, name="x")
    data = np.array([1, 2], np.float32)
    gate, opened = threading.Event(), []
    fake.number = lambda run_id: opened.append(gate.wait(10)) or run_id
    with gw.current_client().session(gw.name(x * 2, "y")) as session:
        runs = [session.start({x: data}) for _ in range(_stream.RUNS_AHEAD)]
        data[:] = 0  # what was fed is not changed by it
        gate.set()
        (log,) = fake.sessions
        end = time.monotonic() + 20
        while sum(m.HasField("execute") for m in log) < len(runs) and time.monotonic() < end:
            time.sleep(0.01)
        assert [m.execute.run_id for m in log if m.HasField("execute")] == [1, 2, 3, 4]
        assert {m.chunk.data for m in log if m.HasField("chunk")} == {np.array([1, 2], "<f4").tobytes()}
        assert all(opened)
        for _ in range(10):
            runs.append(session.start())
        assert [run.result()[0].item() for run in reversed(runs)] == [7.0] * 14
        assert runs[0].result()[0].item() == 7.0


def test_sessions_that_end_fail_the_runs_under_way(fake):
    x = gw.zeros(2, name="x")
    session = gw.current_client().session(gw.name(x * 2, "y"))
    fake.number = lambda run_id: 9
    runs = [session.start(), session.start()]
    with pytest.raises(gw.GradwireError, match="out of turn"):
        runs[1].result()
    for run in runs:
        with pytest.raises(gw.GradwireError):
            run.result()
    with pytest.raises(gw.GradwireError):
        session.run()
    session.close()


def test_threads_share_a_client(fake):
    a = gw.ones(3, requires_grad=True)
    client = gw.current_client()

    def work():
        with client.use():
            for _ in range(20):
                (a * 2).sum().backward()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(a.grad, [80, 80, 80])


def test_computed_constants_forget_their_history(fake):
    t = gw.ones(1)
    for _ in range(5):
        t = t + 1
    t.numpy()
    assert t._value.node is None and isinstance(t._value, _graph.Value)
