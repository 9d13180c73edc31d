"""Errors, options, sizes and information of a real server."""

import numpy as np
import pytest

import gradwire as gw


def test_shape_errors_name_the_node(server):
    a = gw.name(gw.ones(2, 3) * 1, "a")
    wrong = gw.name(a + gw.ones(4), "wrong")
    for ask in (lambda: wrong.numpy(), lambda: wrong.shape):
        with pytest.raises(gw.InvalidGraphError) as caught:
            ask()
        error = caught.value
        assert isinstance(error, ValueError)
        assert (error.code, error.reason) == ("INVALID_ARGUMENT", "SHAPE_MISMATCH")
        assert (error.node, error.argument) == ("wrong", "other")
        assert "add" in error.op and "wrong" in str(error)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: gw.call("no_such_operator", gw.ones(1)), "UNKNOWN_OPERATOR"),
        (lambda: gw.ones(2)[5].numpy(), None),
        (lambda: (gw.ones(2, 3) @ gw.ones(2, 3)).numpy(), None),
        (lambda: gw.ones(2, requires_grad=True).sin().backward(), None),
        (lambda: (gw.ones(2, requires_grad=True) * 2).backward(gw.ones(3)), "SHAPE_MISMATCH"),
        (lambda: gw.ones(2, 3).view(5).numpy(), None),
    ],
)
def test_refused_graphs(server, make, reason):
    with pytest.raises(gw.InvalidGraphError) as caught:
        make()
    assert reason is None or caught.value.reason == reason


def test_refused_devices(server):
    with pytest.raises(gw.DeviceUnavailableError):
        gw.evaluate(gw.ones(1) + 1, options=gw.Options(device="cuda:99"))
    assert gw.Options(device="cpu") and server.info().devices


def test_anomalies_name_the_first_node(server):
    x = gw.tensor([1.0, 0.0], requires_grad=True)
    y = gw.log(x - 1, name="bad")
    with pytest.raises(gw.NonFiniteError) as caught, gw.options(detect_anomaly=True):
        (y * 2).sum().backward()
    assert caught.value.node == "bad" and caught.value.anomaly.node == "bad"
    with gw.options(detect_anomaly=True, keep_going=True):
        (y * 2).sum().backward()
    assert server.last_run.anomaly.node == "bad"


def test_gradients_against_finite_differences(server):
    x = gw.tensor([0.5, 0.0, -2.0], dtype=gw.float64, requires_grad=True)
    (x.tanh() * x).sum().backward(options=gw.Options(gradcheck=True))
    (check,) = server.last_run.grad_checks
    assert check.passed and check.samples == 3 and check.max_absolute_error < 1e-6
    with gw.options(gradcheck=gw.GradCheck(eps=1e-3)):
        gw.relu(x).sum().backward()
    (check,) = server.last_run.grad_checks
    assert not check.passed and list(check.worst_index) == [1]
    assert check.worst_analytic == 0 and check.worst_numeric == pytest.approx(0.5)


def test_profile(server):
    x = gw.ones(64, 64, requires_grad=True)
    y = (x @ x).sum()
    y.backward(options=gw.Options(profile=True))
    assert any(fn.profile.get("forward", {}).get("flops", 0) > 0 for fn in y.grad_fn.walk())


def test_information(server):
    info = server.info()
    assert info.version and info.limits and "add" in info.operators
    assert next(device.kind for device in info.devices) in ("cpu", "cuda")
    plan = server.plan(gw.ones(8, 8) @ gw.ones(8, 8))
    assert plan.flops > 0 and plan.peak_bytes > 0 and plan.steps


def test_deadline(server):
    big = gw.ones(512, 512)
    for _ in range(40):
        big = big @ big / 512
    with pytest.raises(gw.DeadlineExceededError):
        gw.evaluate(big, timeout=0.001)


def test_deep_graphs(server):
    x = gw.tensor(1.0, dtype=gw.float64, requires_grad=True)
    y = x
    for _ in range(3000):
        y = y + x
    y.backward()
    assert (y.item(), x.grad.item()) == (3001.0, 3001.0)


@pytest.mark.parametrize("elements", [262_145, 3_000_001])
def test_large_tensors(server, elements):
    a = np.random.default_rng(0).standard_normal(elements).astype(np.float32)
    x = gw.tensor(a, requires_grad=True)
    y = x * x
    y.sum().backward()
    np.testing.assert_allclose(x.grad, 2 * a, rtol=1e-6)
    np.testing.assert_allclose(y, a * a, rtol=1e-6)


def test_large_answer_of_a_small_request(server):
    x = gw.tensor([1.0]).expand(2_000_000) * 3
    np.testing.assert_array_equal(x, np.full(2_000_000, 3, np.float32))


def test_large_graph(server):
    x = gw.tensor(0.0, dtype=gw.float64)
    for i in range(25_000):
        x = gw.add(x, 1, name=f"a_rather_long_name_of_node_{i}")
    assert x.item() == 25_000.0


def test_errors_of_large_requests(server):
    with pytest.raises(gw.InvalidGraphError) as caught:
        (gw.zeros(600_000) + gw.zeros(3)).numpy()
    assert caught.value.reason == "SHAPE_MISMATCH"


def test_training_on_the_server(server):
    rng = np.random.default_rng(0)
    x, y = gw.zeros(32, 3, name="x"), gw.zeros(32, name="y")
    w = gw.zeros(3, requires_grad=True, name="w")
    loss = gw.name(((x @ w - y) ** 2).mean(), "loss")
    (slope,) = gw.grad(loss, w)
    with server.session(loss, carry={w: w - 0.2 * slope}) as training:
        for _ in range(60):
            inputs = rng.standard_normal((32, 3))
            (last,) = training.run({x: inputs, y: inputs @ [1.0, -2.0, 0.5]})
        (trained,) = training.run(fetch=[w])
        with pytest.raises(ValueError):
            training.run({x: [1.0]})
        with pytest.raises(ValueError):
            training.run({gw.ones(1): [1.0]})
        with pytest.raises(ValueError):
            training.run(fetch=[slope])
    assert last.item() < 1e-3
    np.testing.assert_allclose(trained, [1, -2, 0.5], atol=0.02)


def test_runs_asked_for_ahead(server):
    x = gw.zeros(100_000, name="x")
    w = gw.tensor(0.0, requires_grad=True, name="w")
    total = gw.name(w + x.log().sum(), "total")
    with server.session(total, carry={w: total}, options=gw.Options(detect_anomaly=True)) as session:
        runs = [session.start({x: np.full(100_000, value, np.float32)}) for value in (1, 1, -1, 1, 1, 1, 1)]
        with pytest.raises(gw.NonFiniteError):
            runs[2].result()
        assert [run.result()[0].item() for run in runs[3:]] == [0.0] * 4
        session.start({x: np.full(100_000, np.e, np.float32)})
        assert session.run()[0].item() == pytest.approx(200_000, rel=1e-4)
