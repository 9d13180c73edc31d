"""Gradwire: tensors that are recorded here, and computed and differentiated by a server.

>>> import gradwire as gw
>>> a = gw.ones(2, 2, requires_grad=True)
>>> out = ((a + 2) ** 2).sum()
>>> out.backward()      # one request
>>> a.grad
tensor([[6., 6.],
        [6., 6.]])

Operators have PyTorch's names, arguments and meaning: ``gw.softmax(t, 1)`` or ``t.softmax(1)``.
"""

from __future__ import annotations

from . import _operators, func
from ._autograd import backward, grad, hessian, hvp, jacobian, jvp, sparse_jacobian
from ._client import Client, connect, current_client
from ._control import checkpoint, cond, custom_gradient, scan, vmap, while_loop
from ._dtypes import (
    DType,
    TensorType,
    bfloat16,
    complex64,
    complex128,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
)
from ._dtypes import bool_ as bool
from ._errors import (
    DeadlineExceededError,
    DeviceUnavailableError,
    GradwireError,
    InvalidGraphError,
    NonFiniteError,
    NotDifferentiableError,
    ResourceExhaustedError,
    UnavailableError,
    UnsupportedModuleError,
)
from ._gradfn import GradFn
from ._graph import enable_grad, is_grad_enabled, no_grad
from ._operators import *
from ._options import GradCheck, Options, options
from ._random import manual_seed
from ._resilience import Resilience
from ._session import Session, SessionRun
from ._tensor import Tensor, tensor

from ._module import TorchModule, from_torch  # isort: skip

# The factories stand in for the operators of the same name: their tensors can require grad.
from ._factories import arange, as_tensor, eye, from_numpy, full, linspace  # isort: skip
from ._factories import ones, rand, randint, randn, randperm, zeros  # isort: skip
from ._functions import call, evaluate, name  # isort: skip

__version__ = "0.1.0"

__all__ = [
    "Client",
    "DType",
    "DeadlineExceededError",
    "DeviceUnavailableError",
    "GradCheck",
    "GradFn",
    "GradwireError",
    "InvalidGraphError",
    "NonFiniteError",
    "NotDifferentiableError",
    "Options",
    "Resilience",
    "ResourceExhaustedError",
    "Session",
    "SessionRun",
    "Tensor",
    "TensorType",
    "TorchModule",
    "UnavailableError",
    "UnsupportedModuleError",
    "arange",
    "as_tensor",
    "backward",
    "bfloat16",
    "bool",
    "call",
    "checkpoint",
    "complex64",
    "complex128",
    "cond",
    "connect",
    "current_client",
    "custom_gradient",
    "enable_grad",
    "evaluate",
    "eye",
    "float16",
    "float32",
    "float64",
    "from_numpy",
    "from_torch",
    "full",
    "func",
    "grad",
    "hessian",
    "hvp",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_grad_enabled",
    "jacobian",
    "jvp",
    "linspace",
    "manual_seed",
    "name",
    "no_grad",
    "ones",
    "options",
    "rand",
    "randint",
    "randn",
    "randperm",
    "scan",
    "sparse_jacobian",
    "tensor",
    "uint8",
    "vmap",
    "while_loop",
    "zeros",
]
__all__ += _operators.__all__
