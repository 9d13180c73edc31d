"""Nested tuples, lists and dicts of tensors, as one flat list and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

#: Rebuilds a structure from its leaves.
Rebuild = Callable[[Iterator[Any]], Any]


def flatten(tree: Any) -> tuple[list[Any], Rebuild]:
    """The leaves in order (dicts by their keys' order of insertion), and what makes the same structure of others."""
    if isinstance(tree, dict):
        keys = list(tree)
        leaves, rebuild = _flatten_items([tree[key] for key in keys])
        return leaves, lambda items: type(tree)(zip(keys, rebuild(items)))
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        leaves, rebuild = _flatten_items(list(tree))
        return leaves, lambda items: type(tree)(*rebuild(items))
    if isinstance(tree, (tuple, list)):
        leaves, rebuild = _flatten_items(list(tree))
        return leaves, lambda items: type(tree)(rebuild(items))
    return [tree], lambda items: next(items)


def _flatten_items(trees: list[Any]) -> tuple[list[Any], Callable[[Iterator[Any]], list[Any]]]:
    parts = [flatten(tree) for tree in trees]
    return [leaf for leaves, _ in parts for leaf in leaves], lambda items: [rebuild(items) for _, rebuild in parts]


def unflatten(rebuild: Rebuild, leaves: Any) -> Any:
    return rebuild(iter(leaves))


def broadcast(prefix: Any, tree: Any) -> list[Any]:
    """``prefix`` for each leaf of ``tree``: one item for all, or a structure like the tree's beginning."""
    if isinstance(prefix, (tuple, list)) and isinstance(tree, (tuple, list)):
        if len(prefix) != len(tree):
            raise ValueError(f"{len(prefix)} items are given to go with {len(tree)}")
        return [item for p, t in zip(prefix, tree) for item in broadcast(p, t)]
    if isinstance(prefix, dict) and isinstance(tree, dict):
        return [item for key, t in tree.items() for item in broadcast(prefix[key], t)]
    return [prefix] * len(flatten(tree)[0])
