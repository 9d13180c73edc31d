"""Functions that make functions: derivatives as in torch.func.

Each takes a function of tensors and returns one that records it together with its derivative. Nothing is sent until a
value is needed; they nest, with each other and with ``gradwire.vmap``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from . import _autograd, _control, _trace, _tree
from ._control import vmap

__all__ = ["grad", "grad_and_value", "hessian", "hvp", "jacobian", "jvp", "vjp", "vmap"]


def grad(func: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The gradient of a function of one scalar result, with respect to the arguments at ``argnums``.

    Returns a function of the same arguments; its result is nested like the argument, or a tuple of such.
    """
    both = grad_and_value(func, argnums)
    return lambda *args: both(*args)[0]


def grad_and_value(func: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """As ``grad``, but the result is (gradient, value)."""

    def both(*args: Any) -> Any:
        def body(*inner: Any) -> Any:
            value = func(*inner)
            return _nested(_gradients, value, inner, argnums), value

        return _control.call_function(_named(body, func), *args)

    return both


def jacobian(func: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The Jacobian of a function of one result; of shape ``[*result.shape, *argument.shape]``.

    The server takes forward or reverse mode, whichever needs fewer passes, and all passes at once.
    """

    def of(*args: Any) -> Any:
        def body(*inner: Any) -> Any:
            return _nested(_autograd.jacobian, func(*inner), inner, argnums)

        return _control.call_function(_named(body, func), *args)

    return of


def hessian(func: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    """The Hessian of a function of one scalar result with respect to one tensor: ``[*shape, *shape]``."""

    def of(*args: Any) -> Any:
        def body(*inner: Any) -> Any:
            return _autograd.hessian(func(*inner), inner[argnum])[0][0]

        return _control.call_function(_named(body, func), *args)

    return of


def hvp(func: Callable[..., Any], primals: Any, tangents: Any) -> tuple[Any, Any]:
    """The value of a scalar function, and its Hessian times a vector, without forming the Hessian.

    Args:
        primals, tangents: tuples of tensors of the same shapes; the Hessian is with respect to all of them together
    """

    def body(inner: Any, vectors: Any) -> Any:
        value = func(*inner)
        return value, _autograd.hvp(value, inner, vectors)

    return _control.call_function(_named(body, func), tuple(primals), tuple(tangents))  # type: ignore[no-any-return]


def vjp(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """The function's result, and what maps cotangents of it (nested like it) to a tuple of those of the primals."""
    result = _control.call_function(func, *primals)

    def pull_back(cotangents: Any) -> Any:
        def body(inner: Any, vectors: Any) -> Any:
            outputs = _tree.flatten(func(*inner))[0]
            leaves, rebuild = _tree.flatten(inner)
            found = _autograd.grad(outputs, leaves, _tree.flatten(vectors)[0], allow_unused=True)
            return _tree.unflatten(rebuild, [_or_zeros(g, leaf) for g, leaf in zip(found, leaves)])

        return _control.call_function(_named(body, func), primals, cotangents)

    return result, pull_back


def jvp(func: Callable[..., Any], primals: Any, tangents: Any) -> tuple[Any, Any]:
    """The function's result, and how it changes when the primals change by the tangents."""

    def body(inner: Any, vectors: Any) -> Any:
        result = func(*inner)
        outputs, rebuild = _tree.flatten(result)
        changes = _autograd.jvp(outputs, _tree.flatten(inner)[0], _tree.flatten(vectors)[0])
        return result, _tree.unflatten(rebuild, changes)

    return _control.call_function(_named(body, func), tuple(primals), tuple(tangents))  # type: ignore[no-any-return]


def _named(body: Callable[..., Any], func: Callable[..., Any]) -> Callable[..., Any]:
    body.__name__ = _trace.name_of(func)
    return body


def _nested(derivative: Callable[..., Any], value: Any, args: Sequence[Any], argnums: int | Sequence[int]) -> Any:
    """The derivative with respect to the chosen arguments, nested like them."""
    chosen = args[argnums] if isinstance(argnums, int) else tuple(args[i] for i in argnums)
    leaves, rebuild = _tree.flatten(chosen)
    return _tree.unflatten(rebuild, derivative(value, leaves))


def _gradients(value: Any, leaves: list[Any]) -> list[Any]:
    """What the value does not depend on has the gradient zero here: a function's results are tensors."""
    found = _autograd.grad(value, leaves, allow_unused=True) if value.requires_grad else [None] * len(leaves)
    return [_or_zeros(gradient, leaf) for gradient, leaf in zip(found, leaves)]


def _or_zeros(gradient: Any, leaf: Any) -> Any:
    from ._operators import zeros_like

    return zeros_like(leaf) if gradient is None else gradient
