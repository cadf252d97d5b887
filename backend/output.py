"""Where the results of verbs go: places that are checked before the work, files replaced whole, progress."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .errors import Progress, Refusal, silent


def check_place(path: Path) -> None:
    """Raises Refusal where no file can be written, before the work is done rather than after."""
    if not path.parent.is_dir():
        raise Refusal("no-folder", f"There is no folder {path.parent}.", "Make it first.")
    if path.is_dir():
        raise Refusal("is-folder", f"{path} is a folder.", "Give the name of a file.")
    if not os.access(path.parent, os.W_OK):
        raise Refusal("read-only", f"The folder {path.parent} may not be written to.", "Choose another one.")


def write_whole(path: Path, suffix: str, write: Callable[[Path], None]) -> None:
    """Lets `write` make a file of this suffix and then puts it in place: one that is there is replaced at once
    and whole. Raises Refusal."""
    partial = path.with_name(f".{path.stem}.{os.getpid()}{suffix}")
    try:
        write(partial)
        partial.replace(path)
    except OSError as error:
        raise Refusal(
            "not-written", f"{path} cannot be written ({error.strerror}).", "Choose another place."
        ) from error
    finally:
        # Where nothing can be written, nothing can be removed either.
        with suppress(OSError):
            partial.unlink()


def terminal_progress(terminal: bool, wanted: bool) -> Progress:
    """Progress on stderr: one line that changes on a terminal, a line each where only asked for, else none."""
    if not terminal and not wanted:
        return silent

    def show(fraction: float, text: str) -> None:
        line = f"{fraction:4.0%} {text}"
        print(f"\r\x1b[K{line}" if terminal else line, end="" if terminal else "\n", file=sys.stderr, flush=True)

    return show
