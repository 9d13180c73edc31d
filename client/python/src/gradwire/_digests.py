"""By which digests a client's servers know programs, so that they need not be sent again."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import Any

MAX_PROGRAMS = 1024
_MAX_DIGEST_BYTES = 64  # longer ones are not worth keeping, whoever sends them


def key(program: Any) -> bytes:
    """By what a program is known here; how servers make their digests is theirs."""
    return hashlib.sha256(program.SerializeToString(deterministic=True)).digest()


class Digests:
    """The most recently used programs; for any number of threads."""

    def __init__(self) -> None:
        self._digests: OrderedDict[bytes, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, program: bytes) -> bytes | None:
        """The servers' digest of the program of this key, if one of them has seen it; it may be gone there."""
        with self._lock:
            if program in self._digests:
                self._digests.move_to_end(program)
            return self._digests.get(program)

    def learn(self, program: bytes, digest: bytes) -> None:
        """Remembers a server's digest."""
        if not 0 < len(digest) <= _MAX_DIGEST_BYTES:
            return
        with self._lock:
            self._digests[program] = digest
            self._digests.move_to_end(program)
            if len(self._digests) > MAX_PROGRAMS:
                self._digests.popitem(last=False)

    def forget(self, program: bytes) -> None:
        """A server does not know the digest any more, or it was wrong."""
        with self._lock:
            self._digests.pop(program, None)
