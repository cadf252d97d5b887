"""A large capture file read in a thread of its own, so that the window stays alive meanwhile."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ..backend.errors import Refusal

if TYPE_CHECKING:
    from .takes import Take

LARGE = 2_000_000
"""Bytes from which on reading takes so long that it is noticed: a tenth of a second, or a minute of a recording."""


class Reading:
    """A file on its way. Nothing of Blender is touched in the thread. One that is no longer wanted reads to its end,
    which comes within seconds, and is forgotten."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._take: Take | None = None
        self._refusal: Refusal | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return not self._thread.is_alive()

    def take(self) -> "Take":
        """What was read. Raises Refusal where that is nothing."""
        self._thread.join()
        if self._refusal is not None:
            raise self._refusal
        assert self._take is not None
        return self._take

    def _read(self) -> None:
        from .takes import read_take

        try:
            self._take = read_take(self._path)
        except Refusal as refusal:
            self._refusal = refusal


def takes_long(path: Path) -> bool:
    """Whether reading a file would be noticed: it is large and not at hand."""
    from .takes import is_at_hand

    try:
        large = path.stat().st_size >= LARGE
    except OSError:
        return False
    return large and not is_at_hand(path)


def begin_reading(path: Path) -> Reading | None:
    """A reading of a file that takes long; None for one that is small, that is at hand, or that is not there."""
    return Reading(path) if takes_long(path) else None
