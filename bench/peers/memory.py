"""Memory of this process that is in use, as Linux counts it; on other systems all figures are 0.

The Java side does the same: ProcessMemory.
"""

from __future__ import annotations

import ctypes
import gc
import os


def settled_bytes() -> int:
    """Bytes in use after garbage is gone."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:  # gives what the C library keeps of freed memory back to the system
        trim(0)
    return _field("VmRSS:")


def watch() -> None:
    """Begins to watch for peak_bytes."""
    if os.access("/proc/self/clear_refs", os.W_OK):
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")  # 5 resets the peak


def peak_bytes() -> int:
    """The most bytes that were in use since watch."""
    return _field("VmHWM:")


def _field(name: str) -> int:
    if not os.access("/proc/self/status", os.R_OK):
        return 0
    with open("/proc/self/status") as file:
        for line in file:
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    return 0
