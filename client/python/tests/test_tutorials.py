"""PyTorch's autograd tutorial, nearly as written, and what users do next; against a server."""

import numpy as np
import pytest

import gradwire as gw

pytestmark = pytest.mark.usefixtures("server")


def test_sum_of_squares():
    a = gw.ones(2, 2, requires_grad=True)
    b = a + 2
    c = b**2
    out = c.sum()
    out.backward()
    assert out.item() == 36.0
    np.testing.assert_array_equal(a.grad, np.full((2, 2), 6, np.float32))
    assert str(a) == "tensor([[1., 1.],\n        [1., 1.]], requires_grad=True)"
    assert str(a.grad) == "tensor([[6., 6.],\n        [6., 6.]])"
    assert str(c.grad_fn) == "<PowBackward0>"
    assert str(b.grad_fn) == "<AddBackward0>"
    assert str(out.grad_fn) == "<SumBackward0>"
    assert str(c) == "tensor([[9., 9.],\n        [9., 9.]], grad_fn=<PowBackward0>)"
    assert a.grad_fn is None and b.grad is None


def test_vector_jacobian_product():
    x = gw.ones(3, requires_grad=True)
    y = x**2
    z = y + 3
    z.backward(gw.tensor([0.1, 1, 10]))
    np.testing.assert_allclose(x.grad, [0.2, 2, 20], rtol=1e-6)


def test_grad_fn_graph():
    x = gw.ones(2, requires_grad=True, name="x")
    y = gw.name(x * x, "y")
    out = gw.name((y + 1).sum(), "out")
    assert out.grad_fn.name() == "SumBackward0"
    (add, place), = out.grad_fn.next_functions  # fmt: skip
    assert (add.name(), place) == ("AddBackward0", 0)
    mul = add.next_functions[0][0]
    assert (mul.name(), mul.node) == ("MulBackward0", "y")
    leaf = mul.next_functions[0][0]
    assert leaf.name() == "AccumulateGrad" and leaf.node == "x" and leaf.variable is x
    assert mul.next_functions[1][0] is leaf
    assert mul.result_types[0].shape == (2,)
    assert [fn.name() for fn in out.grad_fn.walk()] == [
        "SumBackward0",
        "AddBackward0",
        "MulBackward0",
        "AccumulateGrad",
    ]
    dot = out.grad_fn.to_dot()
    assert dot.startswith("digraph") and "MulBackward0" in dot and dot.count("->") == 4


def test_gradients_accumulate_until_reset():
    x = gw.tensor([1.0, 2.0], requires_grad=True)
    loss = (x * x).sum()
    loss.backward()
    loss.backward()
    np.testing.assert_array_equal(x.grad, [4, 8])
    x.grad = None
    loss.backward()
    np.testing.assert_array_equal(x.grad, [2, 4])


def test_higher_order():
    x = gw.tensor(2.0, dtype=gw.float64, requires_grad=True)
    y = x**4
    (first,) = gw.grad(y, x)
    (second,) = gw.grad(first, x)
    (third,) = gw.grad(second, [x])
    assert [t.item() for t in (y, first, second, third)] == [16.0, 32.0, 48.0, 48.0]
    third.backward()
    assert x.grad.item() == 24.0


def test_hessian_vector_product():
    x = gw.tensor([1.0, 2.0, 3.0], requires_grad=True)
    v = gw.tensor([1.0, 0.0, -1.0])
    (g,) = gw.grad((x**3).sum(), x)
    (hv,) = gw.grad(g, x, grad_outputs=v)
    np.testing.assert_allclose(hv, 6 * np.array([1, 2, 3]) * np.array([1, 0, -1]), rtol=1e-6)


def test_forward_mode():
    x = gw.tensor([1.0, 2.0], requires_grad=True)
    y = x**3
    (tangent,) = gw.jvp(y, x, gw.tensor([1.0, 10.0]))
    np.testing.assert_allclose(tangent, [3, 120], rtol=1e-6)


def test_retain_grad():
    x = gw.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    y.retain_grad()
    (y * y).sum().backward()
    np.testing.assert_allclose(y.grad, [6, 12])
    np.testing.assert_allclose(x.grad, [18, 36])


def test_no_grad_and_detach():
    x = gw.tensor([2.0], requires_grad=True)
    with gw.no_grad():
        factor = x * 3
    (factor * x).sum().backward()
    assert x.grad.item() == 6.0
    x.grad = None
    (x.detach() * x).sum().backward()
    assert x.grad.item() == 2.0
    x.grad = None
    ((x * 2).detach() * x + x).sum().backward()
    assert x.grad.item() == 5.0


def test_unused_inputs_have_no_gradient():
    x, y = gw.ones(1, requires_grad=True), gw.ones(1, requires_grad=True)
    (x * 2).sum().backward()
    assert y.grad is None
    assert gw.grad(x * 2, [x, y], allow_unused=True)[1] is None


def test_gradient_descent():
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((64, 3)).astype(np.float32)
    wanted = inputs @ np.array([1.0, -2.0, 0.5], np.float32) + 3
    w = gw.zeros(3, requires_grad=True)
    b = gw.zeros(1, requires_grad=True)
    for _ in range(60):
        loss = ((gw.tensor(inputs) @ w + b - wanted) ** 2).mean()
        loss.backward()
        with gw.no_grad():
            w -= 0.1 * w.grad
            b -= 0.1 * b.grad
        w.grad = b.grad = None
    assert loss.item() < 1e-3
    np.testing.assert_allclose(w, [1, -2, 0.5], atol=0.02)


def test_a_small_network():
    gw.manual_seed(1)
    x = gw.randn(5, 4)
    w1, w2 = gw.randn(4, 7, requires_grad=True), gw.randn(7, 3, requires_grad=True)
    logits = gw.relu(x @ w1) @ w2
    loss = gw.name(-gw.log_softmax(logits, 1)[:, 0].mean(), "loss")
    loss.backward()
    h = np.maximum(x.numpy() @ w1.numpy(), 0)
    p = np.exp(h @ w2.numpy())
    p /= p.sum(1, keepdims=True)
    np.testing.assert_allclose(loss.item(), -np.log(p[:, 0]).mean(), rtol=1e-5)
    p[:, 0] -= 1
    np.testing.assert_allclose(w2.grad, h.T @ p / 5, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(w1.grad, x.numpy().T @ ((h > 0) * (p @ w2.numpy().T)) / 5, rtol=1e-4, atol=1e-6)
    assert loss.grad_fn.name() == "NegBackward0"
