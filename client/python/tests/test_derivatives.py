"""Functions and whole derivatives, computed by a real server."""

import numpy as np
import pytest

import gradwire as gw


pytestmark = pytest.mark.usefixtures("server")


def array(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def test_gradients_of_each_sample():
    w, xs, ys = array(3), array(5, 3, seed=1), array(5, seed=2)

    def loss(weights, x, y):
        return ((weights * x).sum() - y) ** 2

    per_sample = gw.vmap(gw.func.grad(loss), in_dims=(None, 0, 0))(w, xs, ys)
    expected = 2 * (xs @ w - ys)[:, None] * xs
    np.testing.assert_allclose(per_sample.numpy(), expected, rtol=1e-12)


def test_jacobian_hessian_and_products():
    x = gw.tensor(array(4), requires_grad=True)
    a = array(3, 4, seed=3)
    y = (gw.tensor(a) @ x).tanh()
    j = gw.jacobian(y, x)
    np.testing.assert_allclose(j.numpy(), (1 - np.tanh(a @ x.numpy()) ** 2)[:, None] * a, rtol=1e-12)
    loss = (x**4).sum() / 12 + x[0] * x[1]
    h = gw.hessian(loss, x)[0][0].numpy()
    expected = np.diag(x.numpy() ** 2)
    expected[0, 1] = expected[1, 0] = 1
    np.testing.assert_allclose(h, expected, rtol=1e-12)
    v = array(4, seed=4)
    np.testing.assert_allclose(gw.hvp(loss, x, v).numpy(), expected @ v, rtol=1e-12)
    value, product = gw.func.hvp(lambda u: (u**4).sum() / 12 + u[0] * u[1], (x.detach(),), (v,))
    np.testing.assert_allclose(product[0].numpy(), expected @ v, rtol=1e-12)
    assert value.shape == ()
    np.testing.assert_allclose(gw.func.jacobian(lambda u: u.sin())(x.detach()).numpy(), np.diag(np.cos(x.numpy())))


def test_many_cotangents_at_once():
    x = gw.tensor(array(4), requires_grad=True)
    cotangents = array(6, 4, seed=5)
    (g,) = gw.grad(x.exp(), x, gw.tensor(cotangents), is_grads_batched=True)
    np.testing.assert_allclose(g.numpy(), cotangents * np.exp(x.numpy()), rtol=1e-12)


def test_sparse_jacobian_of_a_stencil():
    x = gw.tensor(array(9), requires_grad=True)
    y = x[2:] * x[:-2] - x[1:-1] ** 2
    indices, values = gw.sparse_jacobian(y, x)
    rows, columns = indices.numpy()
    assert sorted(set(columns - rows)) == [0, 1, 2] and len(rows) == 21
    dense = np.zeros((7, 9))
    dense[rows, columns] = values.numpy()
    np.testing.assert_allclose(dense, gw.jacobian(y, x).numpy(), rtol=1e-12)


def test_branches():
    x = gw.tensor(array(3), requires_grad=True)
    for flag, derivative in ((True, np.cos), (False, np.exp)):
        y = gw.cond(gw.tensor(flag), lambda: x.sin(), lambda: x.exp())
        (g,) = gw.grad(y.sum(), x)
        np.testing.assert_allclose(g.numpy(), derivative(x.numpy()), rtol=1e-12)


def test_newton_iteration_in_a_while_loop():
    a = gw.tensor(np.array(2.0), requires_grad=True)
    root, steps = gw.while_loop(
        lambda r, n: (r * r - a).abs() > 1e-12,
        lambda r, n: ((r + a / r) / 2, n + 1),
        (gw.tensor(np.array(1.0)), gw.tensor(0)),
        max_iterations=20,
    )
    (g,) = gw.grad(root, a)
    assert abs(root.item() - 2**0.5) < 1e-12 and 3 < steps.item() < 8
    assert abs(g.item() - 0.5 / 2**0.5) < 1e-6


def test_scan_is_a_recurrence():
    w, xs = gw.tensor(array(2), requires_grad=True), gw.tensor(array(2, 5, seed=6), requires_grad=True)

    def cell(h, x):
        h = (h * w + x).tanh()
        return h, h * 2

    last, all_of_them = gw.scan(cell, gw.zeros(2, dtype=gw.float64), xs, dim=1)
    (gw_scan, gx_scan) = gw.grad(last.sum() + all_of_them.sum(), (w, xs))
    h, total = gw.zeros(2, dtype=gw.float64), gw.tensor(np.array(0.0))
    for i in range(5):
        h, y = cell(h, xs[:, i])
        total = total + y.sum()
    (gw_loop, gx_loop) = gw.grad(h.sum() + total, (w, xs))
    np.testing.assert_allclose(gw_scan.numpy(), gw_loop.numpy(), rtol=1e-12)
    np.testing.assert_allclose(gx_scan.numpy(), gx_loop.numpy(), rtol=1e-12)


def test_checkpoint_and_own_derivatives():
    x = gw.tensor(array(3), requires_grad=True)
    y = gw.checkpoint(lambda v: (v.sin() * v).exp(), x)
    (g,) = gw.grad(y.sum(), x)
    u = x.numpy()
    np.testing.assert_allclose(g.numpy(), np.exp(np.sin(u) * u) * (np.cos(u) * u + np.sin(u)), rtol=1e-12)
    clipped = gw.custom_gradient(lambda v: v * 1, lambda args, results, grads: grads[0].clamp(-1, 1))
    (g,) = gw.grad((clipped(x) * 5).sum(), x)
    np.testing.assert_array_equal(g.numpy(), np.ones(3))


def test_errors_inside_functions_are_typed():
    with pytest.raises(gw.InvalidGraphError) as caught:
        gw.vmap(lambda v: v @ gw.ones(4, 4), in_dims=0)(gw.ones(2, 3)).numpy()
    assert caught.value.op and caught.value.reason
