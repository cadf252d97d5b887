"""Only one set-up at a time, whatever the number of Blenders."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ...backend.errors import Refusal


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Holds a lock that the system gives back when the process ends, however it ends. Raises Refusal where another
    holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        try:
            _lock(file)
        except OSError as error:
            raise Refusal(
                "busy", "Another Blender is setting the backend up.", "Wait for it, or cancel it there."
            ) from error
        yield


def _lock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
