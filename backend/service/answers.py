"""Standard streams set aside for frames, and what is written there."""

import os
import sys
from typing import Any, BinaryIO

from backend.protocol import Writer


def take_streams() -> tuple[BinaryIO, BinaryIO]:
    """Raw stdin and stdout for frames alone.

    From here on, whatever else prints (Python, a C library, a grandchild) prints to stderr, and whatever else reads
    stdin finds it empty. Call it before heavy imports: they print too.
    """
    sys.stdout.flush()
    frames_in, frames_out = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return os.fdopen(frames_in, "rb", buffering=0), os.fdopen(frames_out, "wb", buffering=0)


class Answers(Writer):
    """The frames to the add-on. The process ends when nobody reads them any more, wherever it happens to write."""

    def send(self, parts: list[memoryview]) -> None:
        """Writes a frame that encode made."""
        try:
            super().send(parts)
        except OSError:
            os._exit(0)


def error_header(id: int | None, code: str, sentence: str, cure: str) -> dict[str, Any]:
    """The header of an error frame; id None is for what belongs to no request."""
    return {"type": "error", "id": id, "code": code, "sentence": sentence, "cure": cure}
