"""Python's operators on tensors: each records the operator of the catalogue that stands for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _graph
from ._record import record

if TYPE_CHECKING:
    from ._tensor import Tensor, TensorLike

_OPERANDS = (bool, int, float, complex, np.ndarray, np.generic)


class Arithmetic:
    """Operator overloading, with PyTorch's meaning and promotion."""

    __slots__ = ()

    def _binary(self, op: str, other: Any, swapped: bool = False) -> Tensor:
        if not isinstance(other, (Arithmetic, *_OPERANDS)):
            return NotImplemented  # type: ignore[no-any-return]
        result: Tensor = record(op, None, other, self) if swapped else record(op, None, self, other)
        return result

    def _unary(self, op: str) -> Tensor:
        result: Tensor = record(op, None, self)
        return result

    def _update(self, op: str, other: Any) -> Tensor:
        """``w -= step``: gives a leaf that requires grad new data, under no_grad; else just another tensor."""
        result = self._binary(op, other)
        target: Tensor = self  # type: ignore[assignment]
        if result is NotImplemented or not (target.is_leaf and target.requires_grad):
            return result
        if _graph.is_grad_enabled():
            raise RuntimeError("a leaf that requires grad can be changed under no_grad() only")
        target.data = result
        return target

    def __add__(self, other: TensorLike) -> Tensor:
        return self._binary("add", other)

    def __radd__(self, other: TensorLike) -> Tensor:
        return self._binary("add", other)

    def __iadd__(self, other: TensorLike) -> Tensor:
        return self._update("add", other)

    def __sub__(self, other: TensorLike) -> Tensor:
        return self._binary("sub", other)

    def __rsub__(self, other: TensorLike) -> Tensor:
        return self._binary("rsub", other)

    def __isub__(self, other: TensorLike) -> Tensor:
        return self._update("sub", other)

    def __mul__(self, other: TensorLike) -> Tensor:
        return self._binary("mul", other)

    def __rmul__(self, other: TensorLike) -> Tensor:
        return self._binary("mul", other)

    def __imul__(self, other: TensorLike) -> Tensor:
        return self._update("mul", other)

    def __truediv__(self, other: TensorLike) -> Tensor:
        return self._binary("div", other)

    def __rtruediv__(self, other: TensorLike) -> Tensor:
        return self._binary("div", other, swapped=True)

    def __itruediv__(self, other: TensorLike) -> Tensor:
        return self._update("div", other)

    def __floordiv__(self, other: TensorLike) -> Tensor:
        return self._binary("floor_divide", other)

    def __rfloordiv__(self, other: TensorLike) -> Tensor:
        return self._binary("floor_divide", other, swapped=True)

    def __mod__(self, other: TensorLike) -> Tensor:
        return self._binary("remainder", other)

    def __rmod__(self, other: TensorLike) -> Tensor:
        return self._binary("remainder", other, swapped=True)

    def __pow__(self, other: TensorLike) -> Tensor:
        return self._binary("pow", other)

    def __rpow__(self, other: TensorLike) -> Tensor:
        return self._binary("pow", other, swapped=True)

    def __matmul__(self, other: TensorLike) -> Tensor:
        return self._binary("matmul", other)

    def __rmatmul__(self, other: TensorLike) -> Tensor:
        return self._binary("matmul", other, swapped=True)

    def __neg__(self) -> Tensor:
        return self._unary("neg")

    def __pos__(self) -> Tensor:
        return self  # type: ignore[return-value]

    def __abs__(self) -> Tensor:
        return self._unary("abs")

    def __invert__(self) -> Tensor:
        return self._unary("bitwise_not")

    def __and__(self, other: TensorLike) -> Tensor:
        return self._binary("bitwise_and", other)

    def __rand__(self, other: TensorLike) -> Tensor:
        return self._binary("bitwise_and", other, swapped=True)

    def __or__(self, other: TensorLike) -> Tensor:
        return self._binary("bitwise_or", other)

    def __ror__(self, other: TensorLike) -> Tensor:
        return self._binary("bitwise_or", other, swapped=True)

    def __xor__(self, other: TensorLike) -> Tensor:
        return self._binary("bitwise_xor", other)

    def __rxor__(self, other: TensorLike) -> Tensor:
        return self._binary("bitwise_xor", other, swapped=True)

    def __eq__(self, other: object) -> Tensor:  # type: ignore[override]
        return self._binary("eq", other)

    def __ne__(self, other: object) -> Tensor:  # type: ignore[override]
        return self._binary("ne", other)

    def __lt__(self, other: TensorLike) -> Tensor:
        return self._binary("lt", other)

    def __le__(self, other: TensorLike) -> Tensor:
        return self._binary("le", other)

    def __gt__(self, other: TensorLike) -> Tensor:
        return self._binary("gt", other)

    def __ge__(self, other: TensorLike) -> Tensor:
        return self._binary("ge", other)

    __hash__ = object.__hash__
