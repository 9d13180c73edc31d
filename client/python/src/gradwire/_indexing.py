"""``t[...]``: what basic and advanced indexing is in operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _dtypes
from ._record import record

if TYPE_CHECKING:
    from ._tensor import Tensor


def index(tensor: Tensor, key: Any) -> Tensor:
    """Elements of a tensor.

    Ints select, slices cut (their step must be positive), None adds a dimension, ``...`` stands for all dimensions not
    named; tensors, arrays and lists of ints or bools pick elements, as in PyTorch. A bool tensor that is not computed
    yet is fetched first, as the result's shape depends on it.

    Raises TypeError for other keys, and GradwireError once it is computed.
    """
    keys = [_normal(item) for item in (key if isinstance(key, tuple) else (key,))]
    places = [i for i, item in enumerate(keys) if item is Ellipsis]
    if len(places) > 1:
        raise TypeError("an index can hold one ... only")
    for place in places:
        keys, behind = keys[:place], keys[place + 1 :]
        if all(_is_basic(item) for item in behind):
            tensor = _apply_from_end(tensor, behind)
        else:
            named = sum(_width(item) for item in keys + behind)
            keys = [*keys, *[slice(None)] * (tensor.ndim - named), *behind]
    dim = 0
    picks: dict[int, Tensor] = {}
    for item in keys:
        tensor, dim = _apply(tensor, item, dim, picks)
    if not picks:
        return tensor
    result: Tensor = record("index", None, tensor, [picks.get(i) for i in range(max(picks) + 1)])
    return result


def _normal(item: Any) -> Any:
    """Keys in few forms: int, slice, None, Ellipsis, bool, Tensor."""
    from ._tensor import Tensor, tensor

    if item is None or item is Ellipsis or isinstance(item, (bool, int, slice, Tensor)):
        return item
    array = np.asarray(item)
    if array.size == 0 and isinstance(item, list):
        array = array.astype(np.int64)
    if array.dtype.kind not in "iub":
        raise TypeError(
            f"tensors are indexed by ints, slices, None, ..., int or bool tensors, not {type(item).__name__}"
        )
    if array.ndim == 0:
        return array.item()
    return tensor(array if array.dtype.kind == "b" else array.astype(np.int64))


def _is_basic(item: Any) -> bool:
    return item is None or (isinstance(item, (int, slice)) and not isinstance(item, bool))


def _is_mask(item: Any) -> bool:
    return not _is_basic(item) and not isinstance(item, bool) and item.dtype is _dtypes.bool_


def _width(item: Any) -> int:
    """How many dimensions of the tensor the key is for."""
    if item is None or isinstance(item, bool):
        return 0
    return item.ndim if _is_mask(item) else 1


def _apply(tensor: Tensor, item: Any, dim: int, picks: dict[int, Tensor]) -> tuple[Tensor, int]:
    """One key at a dimension counted from the front; the result, and where the next key goes."""
    from ._tensor import tensor as leaf

    if isinstance(item, bool):
        tensor, item = record("unsqueeze", None, tensor, dim), leaf([item])
    elif item is None:
        return record("unsqueeze", None, tensor, dim), dim + 1
    elif isinstance(item, int):
        return record("select", None, tensor, dim, item), dim
    elif isinstance(item, slice):
        return _cut(tensor, dim, item), dim + 1
    if _is_mask(item):
        for positions in np.nonzero(item.numpy()):
            picks[dim] = leaf(positions.astype(np.int64))
            dim += 1
        return tensor, dim
    picks[dim] = item
    return tensor, dim + 1


def _apply_from_end(tensor: Tensor, items: list[Any]) -> Tensor:
    """Ints, slices and None behind an ellipsis, at dimensions counted from the end: their number is not needed."""
    dim = -1
    for item in reversed(items):
        if isinstance(item, int):
            tensor = record("select", None, tensor, dim, item)
            continue
        tensor = record("unsqueeze", None, tensor, dim) if item is None else _cut(tensor, dim, item)
        dim -= 1
    return tensor


def _cut(tensor: Tensor, dim: int, item: slice) -> Tensor:
    if item == slice(None):
        return tensor
    if item.step is not None and int(item.step) <= 0:
        raise ValueError("the step of a slice must be positive; use flip")
    cut: Tensor = record("slice", None, tensor, dim, *(None if p is None else int(p) for p in (item.start, item.stop)),
                         1 if item.step is None else int(item.step))  # fmt: skip
    return cut
