"""Element types, and how they map to numpy's and to the wire."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numpy as np

from . import _wire

try:
    import ml_dtypes

    _BFLOAT16: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
    _BFLOAT16_IS_NATIVE = True
except ImportError:
    _BFLOAT16 = np.dtype(np.uint16)
    _BFLOAT16_IS_NATIVE = False


class DType:
    """Type of one element, like ``gradwire.float32``.

    ``numpy`` is the numpy dtype that holds it. For bfloat16 that is ``ml_dtypes.bfloat16`` where the package ml_dtypes
    is installed, else ``uint16`` with the same bits.
    """

    __slots__ = ("is_complex", "is_floating_point", "itemsize", "name", "number", "numpy")

    def __init__(self, name: str, numpy: np.dtype[Any]):
        self.name = name
        self.numpy = numpy
        self.itemsize: int = numpy.itemsize
        self.is_floating_point = "float" in name
        self.is_complex = name.startswith("complex")
        self.number: int = _wire.DTYPES[name]

    @property
    def is_differentiable(self) -> bool:
        """Whether tensors of this type can require grad."""
        return self.is_floating_point or self.is_complex

    def __repr__(self) -> str:
        return f"gradwire.{self.name}"

    def __reduce__(self) -> Any:
        return dtype, (self.name,)


def _declare(name: str) -> DType:
    return DType(name, _BFLOAT16 if name == "bfloat16" else np.dtype(name))


float32 = _declare("float32")
float64 = _declare("float64")
float16 = _declare("float16")
bfloat16 = _declare("bfloat16")
int8 = _declare("int8")
int16 = _declare("int16")
int32 = _declare("int32")
int64 = _declare("int64")
uint8 = _declare("uint8")
bool_ = _declare("bool")
complex64 = _declare("complex64")
complex128 = _declare("complex128")

ALL = (float32, float64, float16, bfloat16, int8, int16, int32, int64, uint8, bool_, complex64, complex128)
_BY_NAME = {dtype.name: dtype for dtype in ALL}
_BY_NAME.update(float=float32, double=float64, half=float16, int=int64, long=int64)
_BY_NUMPY = {dtype.numpy: dtype for dtype in ALL if dtype is not bfloat16 or _BFLOAT16_IS_NATIVE}
_BY_NUMBER = {dtype.number: dtype for dtype in ALL}
_BY_PYTHON: dict[Any, DType] = {float: float32, int: int64, bool: bool_, complex: complex64}


class TensorType(NamedTuple):
    """Element type and shape, without data."""

    dtype: DType
    shape: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        """Size of the data in bytes."""
        size = self.dtype.itemsize
        for length in self.shape:
            size *= length
        return size


def dtype(given: Any) -> DType:
    """The DType for a DType, a name ("float32"), a numpy dtype or a Python type (float is float32, int is int64).

    Raises TypeError where there is none.
    """
    if isinstance(given, DType):
        return given
    if isinstance(given, str) and given in _BY_NAME:
        return _BY_NAME[given]
    if isinstance(given, type) and given in _BY_PYTHON:
        return _BY_PYTHON[given]
    try:
        return _BY_NUMPY[np.dtype(given).newbyteorder("=")]
    except (TypeError, KeyError):
        raise TypeError(f"no dtype for {given!r}") from None


def from_wire(message: Any) -> TensorType:
    """The type of a TensorType, Tensor or Input message."""
    return TensorType(_BY_NUMBER[message.dtype], tuple(message.dims))


def to_bytes(array: np.ndarray[Any, Any]) -> memoryview:
    """The elements in row-major order, little-endian; shares the array's memory where it has that form already."""
    flat = np.ascontiguousarray(array).reshape(-1)
    if flat.dtype.byteorder == ">" or (flat.dtype.byteorder == "=" and sys.byteorder == "big"):
        flat = flat.astype(flat.dtype.newbyteorder("<"))
    return flat.view(np.uint8).data if flat.size else memoryview(b"")


def from_bytes(data: bytes | bytearray, kind: TensorType) -> np.ndarray[Any, Any]:
    """A read-only array over the data."""
    array = np.frombuffer(data, kind.dtype.numpy.newbyteorder("<")).astype(kind.dtype.numpy, copy=False)
    array = array.reshape(kind.shape)
    array.flags.writeable = False
    return array


def to_array(data: Any, wanted: DType | None = None) -> tuple[np.ndarray[Any, Any], DType]:
    """A fresh, read-only array of a number, nested list or array, and its dtype.

    Python floats become float32, ints int64; arrays keep their dtype. Raises TypeError or ValueError where the data has
    no common type or shape.
    """
    typed = isinstance(data, (np.ndarray, np.generic))
    array = np.asarray(data)
    if wanted is bfloat16 and not _BFLOAT16_IS_NATIVE:
        array = array.copy() if array.dtype == np.uint16 else _round_to_bfloat16(array.astype(np.float32))
        found = bfloat16
    else:
        found = wanted or _default(array, typed)
        if array.dtype.kind == "c" and not found.is_complex:
            raise TypeError(f"complex numbers do not fit {found!r}")
        array = np.array(array, dtype=found.numpy, order="C")
    array.flags.writeable = False
    return array, found


def _default(array: np.ndarray[Any, Any], typed: bool) -> DType:
    if not typed and array.dtype == np.float64:
        return float32
    if not typed and array.dtype == np.complex128:
        return complex64
    return dtype(array.dtype)


def _round_to_bfloat16(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Upper halves of float32 numbers, rounded to nearest even; NaN stays NaN."""
    bits = array.view(np.uint32)
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    return np.where(np.isnan(array), np.uint16(0x7FC0), rounded)


def readable(array: np.ndarray[Any, Any], kind: DType) -> np.ndarray[Any, Any]:
    """The array in a type that numpy computes and prints with."""
    if kind is not bfloat16:
        return array
    if _BFLOAT16_IS_NATIVE:
        return array.astype(np.float32)
    return (array.astype(np.uint32) << 16).view(np.float32)
