"""The workloads in JAX: functions of their inputs that return the loss."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array, lax


def seed(a: Array) -> Array:
    return jnp.sum((a + 2) ** 2)


def elementwise(a: Array, b: Array, c: Array) -> Array:
    return jnp.sum(jnp.tanh(a * b + c) ** 2)


def chain(a: Array) -> Array:
    for _ in range(500):
        a = jnp.sin(a) * 1.01 + 0.1
    return jnp.sum(a)


def loop(h: Array, a: Array, b: Array, c: Array) -> Array:
    def step(h: Array, _: None) -> tuple[Array, None]:
        return h + 0.01 * (jnp.sin(h) * a - h * b + c * jnp.tanh(h)), None

    last, _ = lax.scan(step, h, None, length=1000)
    return jnp.sum(last)


def layer_norm(x: Array, weight: Array, bias: Array) -> Array:
    mean = jnp.mean(x, axis=-1, keepdims=True)
    variance = jnp.var(x, axis=-1, keepdims=True)
    return (x - mean) * lax.rsqrt(variance + 1e-5) * weight + bias


def gelu(x: Array) -> Array:
    return jax.nn.gelu(x, approximate=False)


def norm(x: Array, weight: Array, bias: Array) -> Array:
    return jnp.mean(jax.nn.log_softmax(gelu(layer_norm(x, weight, bias))))


def mlp(x: Array, labels: Array, w1: Array, b1: Array, w2: Array, b2: Array, w3: Array, b3: Array) -> Array:
    x = jax.nn.relu(x @ w1.T + b1)
    x = jax.nn.relu(x @ w2.T + b2)
    logs = jax.nn.log_softmax(x @ w3.T + b3)
    return -jnp.mean(jnp.take_along_axis(logs, labels[:, None], axis=1))


def attention(
    x: Array,
    gain1: Array,
    shift1: Array,
    wq: Array,
    bq: Array,
    wk: Array,
    bk: Array,
    wv: Array,
    bv: Array,
    wo: Array,
    bo: Array,
    gain2: Array,
    shift2: Array,
    w1: Array,
    b1: Array,
    w2: Array,
    b2: Array,
) -> Array:
    batch, length, width = x.shape

    def heads(n: Array, w: Array, b: Array) -> Array:
        return (n @ w.T + b).reshape(batch, length, 8, width // 8)

    n = layer_norm(x, gain1, shift1)
    mixed = jax.nn.dot_product_attention(heads(n, wq, bq), heads(n, wk, bk), heads(n, wv, bv))
    x = x + mixed.reshape(batch, length, width) @ wo.T + bo
    n = layer_norm(x, gain2, shift2)
    x = x + gelu(n @ w1.T + b1) @ w2.T + b2
    return jnp.mean(x**2)


def conv(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    def layer(x: Array, w: Array, b: Array) -> Array:
        x = lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NCHW", "OIHW", "NCHW"))
        x = jax.nn.relu(x + b[:, None, None])
        return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")

    return jnp.mean(layer(layer(x, w1, b1), w2, b2) ** 2)
