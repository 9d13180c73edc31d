"""Times workloads on one framework, in a process of its own.

Says that it is ready, then answers each command it reads, a line each way; ../README.md tells what they mean. The Java
side has the same: the class Worker.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

COLD_SECONDS = 2.0
LEAST_RUNS = 3
WATCHED_RUNS = 5
ENGINES = ("pytorch", "pytorch-compile", "jax")


def engine(name: str, threads: int) -> Any:
    """Raises ImportError where it is not installed."""
    if name == "jax":
        from jax_engine import Jit

        return Jit(threads)
    import torch_engine

    return torch_engine.Eager(threads) if name == "pytorch" else torch_engine.Compiled(threads)


class Worker:
    def __init__(self, contender: Any, data: Path) -> None:
        self.contender = contender
        self.data = data
        self.workload = ""
        self.warm: list[float] = []

    def load(self, workload: str) -> dict[str, Any]:
        self.workload = workload
        self.warm = []
        try:
            self.contender.choose(workload)
            self.contender.place(read(self.data / workload))
        except NotImplementedError as error:
            return {"refused": str(error)}
        return {"loaded": workload}

    def cold(self) -> dict[str, Any]:
        times: list[float] = []
        while not times or len(times) < self.contender.cold_runs and sum(times) < COLD_SECONDS:
            start = time.perf_counter()
            self.contender.first()
            times.append(time.perf_counter() - start)
        return {"cold_ms": quantile(times, 0.5)}

    def values(self) -> dict[str, Any]:
        return {"values": [checksum(value) for value in self.contender.values()]}

    def settle(self, seconds: float) -> dict[str, Any]:
        return {"runs": len(self.repeat(seconds))}

    def run_warm(self, seconds: float) -> dict[str, Any]:
        self.warm += self.repeat(seconds)
        return {"runs": len(self.warm)}

    def repeat(self, seconds: float) -> list[float]:
        times: list[float] = []
        end = time.perf_counter() + seconds
        while len(times) < LEAST_RUNS or time.perf_counter() < end:
            start = time.perf_counter()
            self.contender.run()
            times.append(time.perf_counter() - start)
        return times

    def summary(self) -> dict[str, Any]:
        return {
            "warm_ms": quantile(self.warm, 0.5),
            "low_ms": quantile(self.warm, 0.25),
            "high_ms": quantile(self.warm, 0.75),
            "runs": len(self.warm),
        }

    def memory(self) -> dict[str, Any]:
        import memory

        self.contender.place([])
        baseline = memory.settled_bytes()
        memory.watch()
        self.contender.place(read(self.data / self.workload))
        for _ in range(WATCHED_RUNS):
            self.contender.run()
        peak = max(0, memory.peak_bytes() - baseline)
        return {"peak_bytes": peak, "tensor_bytes": self.contender.tensor_bytes()}


def quantile(seconds: list[float], share: float) -> float:
    return sorted(seconds)[int(share * (len(seconds) - 1))] * 1e3


def checksum(value: Any) -> dict[str, float]:
    """Sum and size, weighted by 1 to 7 in turn, so that elements in other places give another sum."""
    import numpy as np

    flat = np.asarray(value, np.float64).ravel()
    weighted = flat * (1 + np.arange(flat.size) % 7)
    return {"sum": float(weighted.sum()), "size": float(np.abs(weighted).sum())}


def read(folder: Path) -> list[Any]:
    import numpy as np

    arrays = []
    for entry in json.loads((folder / "inputs.json").read_text()):
        data = np.fromfile(folder / f"{entry['name']}.bin", entry["dtype"])
        arrays.append(data.reshape(entry["shape"]))
    return arrays


def say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=ENGINES, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--probe", action="store_true", help="only say whether the engine is there")
    parser.add_argument("--data", type=Path, help="has a folder for each workload, with inputs.json")
    args = parser.parse_args()
    try:
        contender = engine(args.engine, args.threads)
        if args.probe:
            say({"ready": contender.version()})
            return
        import numpy as np

        # What a framework does once in a process is not what a graph takes.
        contender.choose("seed")
        contender.place([np.ones((3, 1), np.float32)])
        contender.first()
    except ImportError as error:
        say({"refused": str(error)})
        return
    say({"ready": contender.version()})
    worker = Worker(contender, args.data)
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "load":
            say(worker.load(arguments[0]))
        elif command == "cold":
            say(worker.cold())
        elif command == "values":
            say(worker.values())
        elif command == "settle":
            say(worker.settle(float(arguments[0])))
        elif command == "warm":
            say(worker.run_warm(float(arguments[0])))
        elif command == "summary":
            say(worker.summary())
        elif command == "memory":
            say(worker.memory())
        else:
            raise ValueError(f"there is no command {command}")


if __name__ == "__main__":
    main()
