"""JAX under jit."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np


class Jit:
    cold_runs = 3

    def __init__(self, threads: int) -> None:
        os.environ["JAX_PLATFORMS"] = "cpu"
        if threads == 1:
            os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        import jax
        import jax_workloads

        self.jax = jax
        self.workloads = jax_workloads

    def version(self) -> str:
        return self.jax.__version__

    def choose(self, workload: str) -> None:
        self.function = getattr(self.workloads, workload)

    def place(self, arrays: list[np.ndarray]) -> None:
        """Lets go of the inputs before, and takes these."""
        self.inputs = [self.jax.numpy.array(array) for array in arrays]
        self.leaves = [i for i, array in enumerate(arrays) if array.dtype.kind == "f"]

    def _jit(self) -> Callable:
        return self.jax.jit(self.jax.value_and_grad(self.function, argnums=self.leaves))

    def first(self) -> None:
        self.jax.clear_caches()
        self.compiled = self._jit()
        self.run()

    def run(self) -> tuple:
        return self.jax.block_until_ready(self.compiled(*self.inputs))

    def values(self) -> list[np.ndarray]:
        loss, gradients = self.run()
        return [np.asarray(value) for value in (loss, *gradients)]

    def tensor_bytes(self) -> int:
        """By XLA's own account."""
        used = self.compiled.lower(*self.inputs).compile().memory_analysis()
        return used.argument_size_in_bytes + used.output_size_in_bytes + used.temp_size_in_bytes
