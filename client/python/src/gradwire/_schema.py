"""Operator signatures as PyTorch writes them: ``logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor``.

Imports nothing of the package, so that ``generate.py`` can use it too.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_SCHEMA = re.compile(r"(\w+)(?:\.(\w+))?\((.*)\) -> (.+)", re.DOTALL)
_PARAMETER = re.compile(r"(\w+)(\?)?(?:\[(\d*)\](\?)?)? (\w+)(?:=(.+))?", re.DOTALL)

#: Stands for the default of a parameter that must be given.
MISSING: Any = type("Missing", (), {"__repr__": lambda self: "..."})()


@dataclass(frozen=True)
class Parameter:
    """One parameter: ``kind`` is the element's type; ``size`` is the 2 of ``int[2]``, else 0."""

    name: str
    kind: str
    is_list: bool
    size: int
    optional: bool
    optional_items: bool
    keyword_only: bool
    default: Any

    @property
    def required(self) -> bool:
        return self.default is MISSING


@dataclass(frozen=True)
class Schema:
    """One overload. ``results`` are their names, "" where unnamed; None where their number depends on the call."""

    text: str
    name: str
    overload: str
    parameters: tuple[Parameter, ...]
    results: tuple[str, ...] | None

    @property
    def key(self) -> str:
        return f"{self.name}.{self.overload}" if self.overload else self.name

    @cached_property
    def positional(self) -> tuple[Parameter, ...]:
        return tuple(p for p in self.parameters if not p.keyword_only)

    @cached_property
    def by_name(self) -> dict[str, Parameter]:
        return {p.name: p for p in self.parameters}

    @property
    def packed(self) -> Parameter | None:
        """The list that may be written as separate arguments, like the shape in ``x.reshape(2, 3)``."""
        if not 1 <= len(self.positional) <= 2:
            return None
        last = self.positional[-1]
        return last if last.is_list and last.required and last.kind in ("int", "Tensor") else None


def parse(text: str) -> Schema:
    """Reads a schema; raises ValueError where it is none."""
    match = _SCHEMA.fullmatch(text)
    if not match:
        raise ValueError(f"not a schema: {text}")
    name, overload, parameters, returns = match.groups()
    keyword_only = False
    parsed = []
    for part in _split(parameters):
        if part == "*":
            keyword_only = True
        else:
            parsed.append(_parameter(part, keyword_only))
    return Schema(text, name, overload or "", tuple(parsed), _results(returns))


def _parameter(text: str, keyword_only: bool) -> Parameter:
    match = _PARAMETER.fullmatch(text)
    if not match:
        raise ValueError(f"not a parameter: {text}")
    kind, mark, size, list_mark, name, default = match.groups()
    is_list = size is not None
    return Parameter(
        name,
        kind,
        is_list,
        int(size or 0),
        bool(list_mark if is_list else mark),
        is_list and bool(mark),
        keyword_only,
        MISSING if default is None else _literal(default),
    )


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        try:
            return float(text)
        except ValueError:
            return text


def _results(returns: str) -> tuple[str, ...] | None:
    if returns.endswith("[]"):
        return None
    if not returns.startswith("("):
        return ("",)
    return tuple(part.partition(" ")[2] for part in _split(returns[1:-1]))


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for i, char in enumerate(text):
        depth += (char in "[(") - (char in "])")
        if char == "," and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    if text[start:].strip():
        parts.append(text[start:].strip())
    return parts


@dataclass(frozen=True)
class Overload:
    """One way to call an operator; ``grad_fn`` is empty where it has none of its own."""

    schema: Schema
    grad_fn: str
    differentiable: bool


class Operator:
    """All overloads that go by one name, in the order in which they are tried; parsed when first asked for."""

    def __init__(self, name: str, *overloads: tuple[str, str, bool]):
        self.name = name
        self._texts = overloads

    @cached_property
    def overloads(self) -> tuple[Overload, ...]:
        return tuple(Overload(parse(text), grad_fn, diff) for text, grad_fn, diff in self._texts)
