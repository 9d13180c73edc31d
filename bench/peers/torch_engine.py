"""PyTorch, eager and compiled by inductor."""

from __future__ import annotations

import os
import shutil
import tempfile

import numpy as np
import torch
import torch_workloads
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

Tensors = list[Tensor]


class Eager:
    cold_runs = 1  # nothing is kept between runs, so only the first one is different

    def __init__(self, threads: int) -> None:
        torch.set_num_threads(threads)
        torch.set_num_interop_threads(1)

    @staticmethod
    def version() -> str:
        return torch.__version__

    def choose(self, workload: str) -> None:
        self.function = getattr(torch_workloads, workload)

    def place(self, arrays: list[np.ndarray]) -> None:
        """Lets go of the inputs before, and takes these."""
        self.inputs = [torch.from_numpy(array) for array in arrays]
        self.leaves = [tensor for tensor in self.inputs if tensor.is_floating_point()]
        for leaf in self.leaves:
            leaf.requires_grad_()

    def first(self) -> None:
        self.run()

    def run(self) -> Tensors:
        loss = self.function(*self.inputs)
        return [loss, *torch.autograd.grad(loss, self.leaves)]

    def values(self) -> list[np.ndarray]:
        return [tensor.detach().numpy() for tensor in self.run()]

    def tensor_bytes(self) -> int:
        """By PyTorch's own account: inputs, and the most that was allocated at one time in a run."""
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
            results = self.run()
        del results
        now = most = 0
        events = [each for each in recorded.profiler.kineto_results.events() if each.name() == "[memory]"]
        for event in sorted(events, key=lambda each: each.start_ns()):
            now += event.nbytes()
            most = max(most, now)
        return most + sum(tensor.nbytes for tensor in self.inputs)


class Compiled(Eager):
    """Compiled kernels stay in the process, so that only one answer is a first one."""

    def __init__(self, threads: int) -> None:
        if shutil.which(os.environ.get("CXX", "g++")) is None:
            raise ImportError("torch.compile needs a C++ compiler")
        os.environ["TORCHINDUCTOR_FORCE_DISABLE_CACHES"] = "1"
        os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = str(threads)
        self.cache = tempfile.TemporaryDirectory(prefix="inductor")
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = self.cache.name
        super().__init__(threads)

    def choose(self, workload: str) -> None:
        if workload == "loop":
            raise NotImplementedError("the loop has no form here but 1,000 steps unrolled, which compile for minutes")
        torch._dynamo.reset()
        super().choose(workload)

    def first(self) -> None:
        self.function = torch.compile(self.function)
        self.run()
