"""What random operators draw: the seed of requests, and a number for each random node.

A node keeps its number, so that it draws the same in every request that it is part of: its value and its gradients
agree, though they may be asked for one after the other.
"""

from __future__ import annotations

import itertools
import threading

import numpy as np

#: The parameter by which the server tells random nodes apart.
GENERATOR = "generator"

_lock = threading.Lock()
_seed = 0
_numbers = itertools.count()
host = np.random.default_rng()


def manual_seed(seed: int) -> None:
    """Starts all random numbers afresh: those of this side's factories and those of the server's random operators.

    Equal seeds give equal numbers, on every server and device, where the same is recorded afterwards; they are others
    than PyTorch's. In a loop that records each step, seeding each step anew lets the server use its plan again.
    """
    global host, _numbers, _seed
    with _lock:
        host = np.random.default_rng(seed)
        _numbers = itertools.count()
        _seed = seed % 2**64


def default_seed() -> int:
    """The seed of requests whose options have none."""
    return _seed


def next_number() -> int:
    """The number of the next random node."""
    return next(_numbers)
