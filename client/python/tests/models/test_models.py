"""Ten architectures with random weights: loss, gradients and running statistics are PyTorch's."""

from __future__ import annotations

import pytest
import torch
from architectures import NAMES
from compare import compare, tolerance

import gradwire as gw

#: Evaluation in float32 would tell nothing that the others do not.
CASES = [(torch.float64, True), (torch.float32, True), (torch.float64, False)]


@pytest.mark.parametrize("dtype, training", CASES, ids=["float64-train", "float32-train", "float64-eval"])
@pytest.mark.parametrize("name", NAMES)
def test_agrees_with_pytorch(server: gw.Client, name: str, dtype: torch.dtype, training: bool) -> None:
    found = compare(name, dtype, training)
    assert found.loss < tolerance(name, dtype)
    assert found.gradient < tolerance(name, dtype), found.worst
    assert found.buffers < tolerance(name, dtype)
