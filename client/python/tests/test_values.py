"""Values, types and indexing agree with numpy; against a server."""

import pickle

import numpy as np
import pytest

import gradwire as gw

pytestmark = pytest.mark.usefixtures("server")

SHAPES = [(), (1,), (13,), (0,), (3, 0, 2), (2, 3), (5, 1, 7), (207,)]


def sample(shape, dtype=np.float32, low=-2.0, high=2.0, seed=0):
    return np.random.default_rng(seed).uniform(low, high, shape).astype(dtype)


BINARY = {
    "+": (lambda a, b: a + b),
    "-": (lambda a, b: a - b),
    "*": (lambda a, b: a * b),
    "/": (lambda a, b: a / b),
    "%": (lambda a, b: a % b),
    "<": (lambda a, b: a < b),
    "<=": (lambda a, b: a <= b),
    ">": (lambda a, b: a > b),
    ">=": (lambda a, b: a >= b),
    "==": (lambda a, b: a == b),
    "!=": (lambda a, b: a != b),
}


@pytest.mark.parametrize("op", BINARY)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_binary(op, shape):
    f, a, b = BINARY[op], sample(shape), sample(shape, seed=1)
    x, y = gw.tensor(a), gw.tensor(b)
    results = [f(x, y), f(x, 2), f(2.5, x), f(x, b), f(a, y)]
    wants = [f(a, b), f(a, np.float32(2)), f(np.float32(2.5), a), f(a, b), f(a, b)]
    gw.evaluate(*results)
    for result, want in zip(results, wants):
        assert (result.shape, result.dtype.numpy) == (want.shape, want.dtype)
        np.testing.assert_allclose(result, want, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "reference", "low", "high"),
    [
        ("exp", np.exp, -2, 2),
        ("log", np.log, 0.1, 4),
        ("sqrt", np.sqrt, 0, 4),
        ("sin", np.sin, -3, 3),
        ("tanh", np.tanh, -3, 3),
        ("abs", np.abs, -2, 2),
        ("neg", np.negative, -2, 2),
        ("floor", np.floor, -3, 3),
        ("sigmoid", lambda x: 1 / (1 + np.exp(-x)), -3, 3),
        ("relu", lambda x: np.maximum(x, 0), -2, 2),
        ("square", np.square, -2, 2),
    ],
)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_unary(name, reference, low, high, shape):
    a = sample(shape, low=low, high=high)
    np.testing.assert_allclose(getattr(gw, name)(a), reference(a), rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(getattr(gw.tensor(a), name)(), reference(a), rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int8", "int16", "int32", "int64", "uint8"])
def test_dtypes_make_the_round_trip(dtype):
    a = np.array([[0, 1], [2, 3]], dtype)
    t = gw.tensor(a)
    assert t.dtype.name == dtype
    doubled = t + t
    assert doubled.dtype is t.dtype and doubled.numpy().dtype == a.dtype
    np.testing.assert_array_equal(doubled, a + a)
    assert doubled.tolist() == (a + a).tolist()


def test_bool_bfloat16_and_casts():
    t = gw.tensor([True, False])
    np.testing.assert_array_equal(~t, [False, True])
    np.testing.assert_array_equal(t & ~t, [False, False])
    np.testing.assert_array_equal(t | ~t, [True, True])
    half = gw.tensor([1.0, 2.5, -3.0], dtype=gw.bfloat16)
    result = half * 2
    assert result.dtype is gw.bfloat16 and result.tolist() == [2.0, 5.0, -6.0]
    assert "bfloat16" in repr(result)
    assert result.to(gw.float32).numpy().dtype == np.float32
    assert result.to("int64").tolist() == [2, 5, -6]
    assert gw.tensor([1, 2]).to(gw.float64).dtype is gw.float64


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_complex_numbers(dtype, shape):
    a = (sample(shape, np.float64) + 1j * sample(shape, np.float64, seed=1)).astype(dtype)
    b = (sample(shape, np.float64, seed=2) + 1j * sample(shape, np.float64, seed=3)).astype(dtype)
    x, y = gw.tensor(a), gw.tensor(b)
    assert x.dtype.name == dtype and x.tolist() == a.tolist()
    results = [x + y, x - 2j, (1 - 1j) * x, x / b, a * y, -x, gw.conj(x), abs(x), gw.exp(x), x**2, x.sum()]
    wants = [a + b, a - 2j, (1 - 1j) * a, a / b, a * b, -a, a.conj(), abs(a), np.exp(a), a**2, a.sum()]
    gw.evaluate(*results)
    for result, want in zip(results, wants):
        assert (result.shape, result.dtype.numpy) == (want.shape, want.dtype)
        np.testing.assert_allclose(result, want, rtol=1e-4, atol=1e-5)


def test_complex_gradients():
    """They are the derivatives by the real part plus i times those by the imaginary part; real for real tensors."""
    z = gw.tensor([1 + 2j, -3j], dtype=gw.complex128, requires_grad=True)
    x = gw.tensor([2.0, 5.0], dtype=gw.float64, requires_grad=True)
    (abs(z * 1j * x) ** 2).sum().backward()
    np.testing.assert_allclose(z.grad, [8 + 16j, -150j])
    np.testing.assert_allclose(x.grad, [20, 90])
    (z * x).sum().backward(gw.tensor(1 + 1j, dtype=gw.complex128))
    np.testing.assert_allclose(x.grad, [20 + 3, 90 - 3])
    (dz,) = gw.grad(z.angle().sum(), z)
    np.testing.assert_allclose(dz, 1j * z.numpy() / abs(z.numpy()) ** 2)
    (tangent,) = gw.jvp(z.conj(), z, gw.tensor([1j, 2.0], dtype=gw.complex128))
    np.testing.assert_allclose(tangent, [-1j, 2])
    assert (gw.tensor([1j]) * gw.tensor([0.5])).dtype is gw.complex64
    assert complex(gw.tensor(1 - 2j) * 2) == 2 - 4j
    for refused in (lambda: gw.lt(z, 1).numpy(), lambda: z.sum().backward(), lambda: z.erf().numpy()):
        with pytest.raises(gw.InvalidGraphError) as caught:
            refused()
        assert caught.value.reason == "DTYPE_UNSUPPORTED"


def test_special_numbers():
    a = np.array([np.nan, np.inf, -np.inf, -0.0], np.float32)
    np.testing.assert_array_equal(gw.tensor(a) * 1, a)
    np.testing.assert_array_equal(gw.tensor(a) + float("inf"), [np.nan, np.inf, np.nan, np.inf])
    assert np.signbit((gw.tensor(a)[3] * 1).item())


def test_promotion_and_broadcasting():
    i, f, d = gw.tensor([1, 2]), gw.tensor([0.5]), gw.tensor([[1.0], [2.0]], dtype=gw.float64)
    assert [(t.dtype.name, t.shape) for t in (i + 1, i + 1.5, i + f, f + d, i / 2, i > f)] == [
        ("int64", (2,)),
        ("float32", (2,)),
        ("float32", (2,)),
        ("float64", (2, 1)),
        ("float32", (2,)),
        ("bool", (2,)),
    ]
    np.testing.assert_array_equal(i + d, [[2, 3], [3, 4]])


@pytest.mark.parametrize(
    ("a", "b"), [((2, 3), (3, 4)), ((3,), (3,)), ((2, 0), (0, 3)), ((5, 2, 3), (3, 1)), ((1, 1), (1,))]
)
def test_matmul(a, b):
    x, y = sample(a), sample(b, seed=1)
    np.testing.assert_allclose(gw.tensor(x) @ y, x @ y, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dim", [None, 0, -1, (0, 2)])
@pytest.mark.parametrize("keepdim", [False, True])
def test_reductions(dim, keepdim):
    a = sample((3, 5, 2))
    t = gw.tensor(a)
    if dim is None:
        np.testing.assert_allclose(t.sum(), a.sum(), rtol=1e-5)
        np.testing.assert_allclose(t.mean(), a.mean(), rtol=1e-5)
    else:
        np.testing.assert_allclose(t.sum(dim, keepdim), a.sum(dim, keepdims=keepdim), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(t.mean(dim, keepdim), a.mean(dim, keepdims=keepdim), rtol=1e-5, atol=1e-6)


KEYS = [
    0,
    -1,
    slice(1, 3),
    slice(None, None, 2),
    slice(-2, None),
    slice(5, 1),
    None,
    ...,
    (0, 1),
    (slice(None), 2),
    (..., 0),
    (..., slice(1, None), None),
    (0, ..., -1),
    (None, ..., None),
    (1, None, slice(0, 1)),
    [0, 2],
    np.array([[0, 1], [2, 2]]),
    ([0, 1], [1, 0]),
    (slice(None), [0, 0, 1]),
    (..., [1, 0]),
    (None, [1, 0]),
    np.array([True, False, True]),
    (np.array([True, False, True]), 1),
    np.arange(30).reshape(3, 5, 2) % 3 == 0,
    np.int32(2),
    True,
    [],
]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: repr(key).replace("\n", ""))
def test_indexing(key):
    a = sample((3, 5, 2))
    want = a[key]
    result = gw.tensor(a)[key]
    assert result.shape == want.shape
    np.testing.assert_array_equal(result, want)


def test_indexing_by_tensors_and_its_gradient():
    # Unlike numpy, and like PyTorch, an int beside them only selects.
    assert gw.zeros(3, 5, 2)[0, ..., [1, 0]].shape == (5, 2)
    t = gw.tensor(sample((4, 3)), requires_grad=True)
    picked = t[gw.tensor([0, 0, 2])]
    picked.sum().backward()
    np.testing.assert_array_equal(t.grad, [[2] * 3, [0] * 3, [1] * 3, [0] * 3])
    t.grad = None
    t[t > 0].sum().backward()
    np.testing.assert_array_equal(t.grad, t.numpy() > 0)
    for key in ("x", 1.5, (..., ...), slice(None, None, -1)):
        with pytest.raises((TypeError, ValueError)):
            t[key]


def test_python_protocols():
    t = gw.tensor([[1, 2], [3, 4]])
    assert [row.tolist() for row in t] == [[1, 2], [3, 4]]
    assert len(t) == 2 and 3 in t and 5 not in t
    assert float(t[1, 1]) == 4.0 and int(t[0, 0]) == 1 and bool(t[0, 0] == 1)
    assert f"{t[0, 1] / 4:.2f}" == "0.50"
    np.testing.assert_array_equal(np.asarray(t, dtype=np.float64), [[1, 2], [3, 4]])
    np.testing.assert_array_equal(np.stack([t, t])[1], t)
    with pytest.raises(ValueError):
        t.item()
    with pytest.raises(ValueError):
        bool(t)
    with pytest.raises(TypeError):
        len(t[0, 0])
    with pytest.raises(ValueError):
        t.numpy()[0] = 1
    np.testing.assert_array_equal(t.T, [[1, 3], [2, 4]])
    np.testing.assert_array_equal(t.mT, [[1, 3], [2, 4]])
    assert t != "x" and t is not None
    again = pickle.loads(pickle.dumps(t))
    assert again.tolist() == t.tolist() and again.dtype is gw.int64
    assert {t: 1}[t] == 1


def test_operators_with_several_results():
    t = gw.tensor([[3.0, 1.0, 2.0]], requires_grad=True)
    found = t.max(1)
    assert found.values.tolist() == [3.0] and found.indices.tolist() == [0]
    assert found.values.requires_grad and not found.indices.requires_grad
    parts = t.split(2, 1)
    assert [p.shape for p in parts] == [(1, 2), (1, 1)]
    ordered, places = gw.sort(t, dim=1)
    assert (ordered.tolist(), places.tolist()) == ([[1.0, 2.0, 3.0]], [[1, 2, 0]])
    (ordered * gw.tensor([1.0, 10.0, 100.0])).sum().backward()
    np.testing.assert_array_equal(t.grad, [[100, 1, 10]])


def test_joins():
    a, b = gw.ones(2, 1), gw.zeros(2, 2)
    assert gw.cat([a, b], 1).tolist() == [[1, 0, 0]] * 2
    assert gw.stack([b, b]).shape == (2, 2, 2)
    assert gw.einsum("ij,kj->ik", b, b).shape == (2, 2)
    assert gw.where(gw.tensor([True, False]), 1.0, gw.tensor([5.0, 6.0])).tolist() == [1.0, 6.0]
