"""Makes tensors' bytes smaller for the way, where the options ask for it."""

from __future__ import annotations

from typing import Any

from . import _wire
from ._errors import GradwireError

ZSTD = _wire.ENCODINGS["zstd"]
_RAW = (_wire.ENCODINGS["unspecified"], _wire.ENCODINGS["raw"])
_LEAST_BYTES = 1024  # less is not worth the time
_MOST_RATIO = 100  # what shrinks more might be a bomb, which servers refuse
_LEVEL = 1


def library() -> Any:
    """The zstandard package. Raises ImportError with advice."""
    try:
        import zstandard
    except ImportError:
        raise ImportError("encoding='zstd' needs the package zstandard: pip install 'gradwire[zstd]'") from None
    return zstandard


def is_asked(options: Any) -> bool:
    """Whether an Options message accepts packed answers; whoever does sends packed tensors."""
    return ZSTD in options.accept_encodings


def pack(data: memoryview, wanted: bool) -> tuple[bytes, int]:
    """The bytes to send and their encoding: raw where packing is not wanted or does not pay."""
    if wanted and len(data) >= _LEAST_BYTES:
        frame = library().ZstdCompressor(level=_LEVEL).compress(data)
        if len(frame) < len(data) * 7 // 8 and len(frame) * _MOST_RATIO >= len(data):
            return frame, ZSTD
    return bytes(data), _wire.ENCODINGS["raw"]


def unpack(data: bytes, encoding: int, most: int) -> bytes:
    """What was packed, at most so many bytes. Raises GradwireError where it is no such thing."""
    if encoding in _RAW:
        return data
    if encoding == ZSTD:
        zstandard = library()
        try:
            if 0 <= zstandard.frame_content_size(data) <= most:
                content: bytes = zstandard.ZstdDecompressor().decompress(data)
                return content
        except zstandard.ZstdError:
            pass
    raise GradwireError("a tensor is packed in a way that this client does not read", code="INTERNAL")
