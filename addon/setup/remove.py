"""Takes environments away, and nothing that set-up has not made."""

import os
import shutil
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...backend.errors import Progress, Refusal
from .folders import Folders
from .guard import only_one


def remove_all(folders: Folders, progress: Progress) -> None:
    """Removes everything that set-ups have put below the root, and the root where nothing else is left in it.

    Raises Refusal where something is in use.
    """
    with only_one(folders.guard):
        own = folders.own()
        for number, folder in enumerate(own):
            progress(number / len(own), "Removing the backend")
            remove_folder(folder)
    with suppress(OSError):
        folders.guard.unlink(missing_ok=True)
        folders.root.rmdir()


def remove_folder(folder: Path) -> None:
    """Removes a folder, not what links in it point to. Renamed first: where a file is in use, Windows refuses that and
    nothing is lost. Raises Refusal."""
    doomed = folder.with_name(f"{folder.name}.removed")
    try:
        if doomed.exists():
            _remove_tree(doomed)
        if folder.is_symlink():
            folder.unlink()
        elif folder.exists():
            folder.rename(doomed)
            _remove_tree(doomed)
    except OSError as error:
        raise Refusal(
            "in-use", f"{folder} cannot be removed ({error.strerror}).", "Close other Blenders, then try again."
        ) from error


def _remove_tree(folder: Path) -> None:
    if sys.version_info >= (3, 12):
        shutil.rmtree(folder, onexc=_make_writable)
    else:
        shutil.rmtree(folder, onerror=_make_writable)


def _make_writable(remove: Callable[[str], Any], path: str, _: object) -> None:
    """Windows does not remove files that are read-only."""
    Path(path).chmod(stat.S_IWRITE | stat.S_IREAD | (stat.S_IEXEC if os.name != "nt" else 0))
    remove(path)
