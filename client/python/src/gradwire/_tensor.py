"""The tensor: a handle of a recorded value that fetches its data when it is needed."""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Union

import numpy as np

from . import _autograd, _display, _dtypes, _evaluate, _gradfn, _graph, _indexing, _record
from ._arithmetic import Arithmetic
from ._dtypes import DType, TensorType
from ._graph import Value
from ._operators import TensorMethods

if TYPE_CHECKING:
    from ._gradfn import GradFn
    from ._options import Options

Number = Union[bool, int, float, complex]
DTypeLike = Union[DType, str, type, np.dtype[Any]]
TensorLike = Union["Tensor", np.ndarray[Any, Any], np.generic, Number, Sequence[Any]]


class Tensor(Arithmetic, TensorMethods):
    """A tensor: data given by ``gradwire.tensor``, or the result of an operator, recorded and not yet computed.

    Reading its data sends one request, for it and what it depends on; so does asking for its type, where that is not
    known. Requests raise GradwireError. Tensors are made by functions and operators, not by calling this class.
    """

    __slots__ = ("__weakref__", "_grad", "_value")
    __array_priority__ = 1000  # numpy leaves array + tensor to the tensor

    _value: Value
    _grad: Tensor | None

    @classmethod
    def _of(cls, value: Value) -> Tensor:
        self = cls.__new__(cls)
        self._value, self._grad = value, None
        if value.is_leaf and value.requires_grad and value.owner is None:
            value.owner = weakref.ref(self)
        return self

    # Data

    @property
    def data(self) -> Tensor:
        """The same data, computed now, as a leaf that does not require grad. Assigning gives a leaf new data."""
        _evaluate.array_of(self._value)
        return Tensor._of(_graph.detached(self._value))

    @data.setter
    def data(self, given: TensorLike) -> None:
        if not self.is_leaf:
            raise RuntimeError("only a leaf can be given data")
        new = given if isinstance(given, Tensor) else tensor(given, dtype=self.dtype)
        name = self._value.leaf_name
        self._value = _graph.detached(new._value, self.requires_grad)
        self._value.leaf_name = name
        self._value.owner = weakref.ref(self)

    def numpy(self) -> np.ndarray[Any, Any]:
        """The data as a read-only array; of bfloat16 see gradwire.bfloat16."""
        return _evaluate.array_of(self._value)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        array = self.numpy()
        if dtype is not None and np.dtype(dtype) != array.dtype:
            return _dtypes.readable(array, self.dtype).astype(dtype)
        return array.copy() if copy else array

    def tolist(self) -> Any:
        """The data as nested lists of Python numbers; one number for a scalar."""
        return _dtypes.readable(self.numpy(), self.dtype).tolist()

    def item(self) -> Any:
        """The one element as a Python number; ValueError where there are more or none."""
        array = _dtypes.readable(self.numpy(), self.dtype)
        if array.size != 1:
            raise ValueError(f"a tensor of shape {self.shape} is not one number")
        return array.item()

    def __bool__(self) -> bool:
        return bool(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a scalar has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: Any) -> Tensor:
        """Basic and advanced indexing as in PyTorch, with ints, slices, None, ..., and int or bool tensors."""
        return _indexing.index(self, key)

    def __reduce__(self) -> Any:
        return tensor, (self.numpy(), self.dtype, self.is_leaf and self.requires_grad)

    def __contains__(self, item: TensorLike) -> bool:
        return bool(np.any(_dtypes.readable(self.numpy(), self.dtype) == np.asarray(item)))

    # Type

    @property
    def _type(self) -> TensorType:
        return _evaluate.type_of(self._value)

    @property
    def dtype(self) -> DType:
        """Type of the elements."""
        return self._type.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each dimension."""
        return self._type.shape

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self._type.shape)

    def dim(self) -> int:
        """Number of dimensions."""
        return self.ndim

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the length of one dimension."""
        return self.shape if dim is None else self.shape[dim]

    def numel(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Size of the data in bytes."""
        return self._type.nbytes

    # Derivatives

    @property
    def grad(self) -> Tensor | None:
        """What backward() has added up so far; None before."""
        return self._grad

    @grad.setter
    def grad(self, given: Tensor | None) -> None:
        if given is not None and not isinstance(given, Tensor):
            raise TypeError("grad is a Tensor or None")
        self._grad = given

    def _add_grad(self, gradient: Value) -> None:
        new = Tensor._of(gradient)
        old = self._grad
        if old is None:
            self._grad = new
        elif old._value.data is not None and new.dtype == old.dtype and new.dtype is not _dtypes.bfloat16:
            with np.errstate(all="ignore"):
                total = np.add(old.numpy(), new.numpy())
            self._grad = tensor(total)
        else:
            with _graph.no_grad():
                self._grad = _record.record("add", None, old, new)

    @property
    def grad_fn(self) -> GradFn | None:
        """Its differentiation node; None for a leaf and where no grad is required. May ask the server."""
        return _gradfn.grad_fn_of(self._value)

    @property
    def is_leaf(self) -> bool:
        """Whether it is data rather than a result that requires grad."""
        return self._value.is_leaf or not self._value.requires_grad

    @property
    def requires_grad(self) -> bool:
        """Whether backward() takes derivatives through it."""
        value = self._value
        if value.requires_grad and value.node is not None and value.type is not None:
            return value.type.dtype.is_differentiable
        return value.requires_grad

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        self.requires_grad_(wanted)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Makes a leaf require grad, or no longer; returns the tensor itself.

        Raises TypeError where it is neither floating point nor complex, RuntimeError where it is no leaf.
        """
        if requires_grad == self._value.requires_grad:
            return self
        if not self.is_leaf:
            raise RuntimeError("only a leaf can be told not to require grad; use detach()")
        if requires_grad and not self.dtype.is_differentiable:
            raise TypeError(f"only floating point and complex tensors can require grad, but this one is {self.dtype!r}")
        # What was recorded with it before keeps seeing it as it was.
        self._value = _graph.detached(self._value, requires_grad)
        self._value.owner = weakref.ref(self) if requires_grad else None
        return self

    def retain_grad(self) -> None:
        """Makes backward() keep the gradient of this result in ``grad``, as it does for leaves."""
        if not self._value.requires_grad:
            raise RuntimeError("a tensor that does not require grad has no gradient to keep")
        self._value.owner = weakref.ref(self)

    def backward(
        self, gradient: TensorLike | None = None, *, options: Options | None = None, timeout: float | None = None,
        retain_graph: bool | None = None, create_graph: bool = False,
    ) -> None:  # fmt: skip
        """Adds the gradient of this tensor to ``grad`` of the leaves it depends on, and computes it; one request.

        Args:
            gradient: what its Jacobian is multiplied with, of its shape and dtype; default 1, for one element only
            options: how to run it
            timeout: seconds until DeadlineExceededError
            retain_graph: accepted and without meaning, as graphs are never used up
            create_graph: not possible here: use gradwire.grad, whose results can be differentiated

        Raises NotDifferentiableError where it does not require grad, and GradwireError.
        """
        if create_graph:
            raise ValueError("backward() gives plain numbers; use gradwire.grad for gradients to differentiate again")
        _autograd.backward([self], None if gradient is None else [gradient], options=options, timeout=timeout)

    def detach(self) -> Tensor:
        """The same data without its history: it does not require grad."""
        if self._value.data is None and self._value.node is not None:
            result: Tensor = _record.record("detach", None, self)
            return result
        return Tensor._of(_graph.detached(self._value))

    # Names and looks

    @property
    def name(self) -> str:
        """What errors and grad_fns call it: mul_3."""
        return self._value.name

    @property
    def T(self) -> Tensor:
        """The dimensions in reverse order."""
        result: Tensor = _record.record("permute", None, self, list(range(self.ndim))[::-1])
        return result

    @property
    def mT(self) -> Tensor:
        """The last two dimensions exchanged."""
        result: Tensor = _record.record("transpose", None, self, -2, -1)
        return result

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def __repr__(self) -> str:
        return _display.text(self)


_record.connect_tensors(Tensor._of, lambda item: item._value if isinstance(item, Tensor) else None)


def tensor(data: TensorLike, dtype: DTypeLike | None = None, requires_grad: bool = False, *, name: str = "") -> Tensor:
    """A leaf with a copy of the data.

    Args:
        data: a number, nested lists, an array or a tensor
        dtype: default: that of an array; float32 for Python floats, int64 for ints, bool for bools
        requires_grad: whether backward() computes a gradient for it; floating point and complex types only
        name: what errors call it

    Raises TypeError or ValueError where the data has no such form.
    """
    wanted = None if dtype is None else _dtypes.dtype(dtype)
    if isinstance(data, Tensor):
        data, wanted = data.numpy(), wanted or data.dtype
    array, found = _dtypes.to_array(data, wanted)
    if requires_grad and not found.is_differentiable:
        raise TypeError(f"only floating point and complex tensors can require grad, but this one is {found!r}")
    named = _record.checked_name(name) if name else ""
    return Tensor._of(_graph.leaf(array, TensorType(found, array.shape), requires_grad, named))
