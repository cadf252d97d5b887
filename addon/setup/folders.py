"""Where the environments are: per user, outside of Blender's folders, so that they outlive upgrades and serve all."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from ...backend.errors import Refusal
from .lock import Lock

MAX_PATH = 259
"""Characters of a path on a Windows without long paths."""

_CACHE_OVERHEAD = len("/c/archive-v0/") + 22 + 1
"""What uv puts before the files of a wheel that it has unpacked: a name of 21 or 22 characters."""


@dataclass(frozen=True)
class Folders:
    """Everything lies under root, and only what is named here is ever removed. Names are short for Windows' sake."""

    root: Path

    @property
    def environments(self) -> Path:
        """One folder for each lock that was set up."""
        return self.root / "e"

    @property
    def cache(self) -> Path:
        """uv's: what was downloaded. On the same disk, so that an environment's files are links to it."""
        return self.root / "c"

    @property
    def pythons(self) -> Path:
        """The Pythons that uv has fetched."""
        return self.root / "p"

    @property
    def tools(self) -> Path:
        """The uv that we have fetched."""
        return self.root / "u"

    @property
    def fetched(self) -> Path:
        """uv's wheel, until the program has been taken out of it."""
        return self.tools / "fetched"

    @property
    def guard(self) -> Path:
        """Locked while a set-up runs."""
        return self.root / "busy"

    def environment(self, lock: Lock) -> Path:
        """The environment of a lock."""
        return self.environments / lock.digest

    def own(self) -> tuple[Path, ...]:
        """What removing takes away."""
        return self.environments, self.cache, self.pythons, self.tools


def python_in(environment: Path, system: str) -> Path:
    """The Python program of an environment."""
    return environment / ("Scripts/python.exe" if system == "windows" else "bin/python")


def default_root(system: str, variables: Mapping[str, str], home: Path) -> Path:
    """The folder for a user's programs' data: FACSIMILE_HOME, or the platform's own."""
    if variables.get("FACSIMILE_HOME"):
        return Path(variables["FACSIMILE_HOME"]).expanduser()
    if system == "windows":
        return Path(variables.get("LOCALAPPDATA") or home / "AppData" / "Local") / "Facsimile"
    if system == "macos":
        return home / "Library" / "Application Support" / "Facsimile"
    return Path(variables.get("XDG_DATA_HOME") or home / ".local" / "share") / "facsimile"


def longest_path(root: PurePath, lock: Lock) -> int:
    """Characters of the longest path that a set-up on Windows makes."""
    environment = len(f"{root}/e/{lock.digest}/Lib/site-packages/")
    return max(environment, len(str(root)) + _CACHE_OVERHEAD) + lock.longest_path


def check_path_length(root: PurePath, lock: Lock) -> None:
    """Raises Refusal where a Windows without long paths could not hold the environment."""
    excess = longest_path(root, lock) - MAX_PATH
    if excess > 0:
        raise Refusal(
            "long-path",
            f"Windows allows paths of {MAX_PATH} characters; {root} is {excess} too long.",
            "Choose a shorter backend folder, such as C:\\Facsimile, or allow long paths in Windows.",
        )


def long_paths_allowed() -> bool:
    """Whether this Windows allows programs to use long paths."""
    if os.name != "nt":
        return True
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SYSTEM\CurrentControlSet\Control\FileSystem") as key:
            return bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])
    except OSError:
        return False


def free_space(folder: Path) -> int:
    """Free bytes on the disk that a folder is or would be on."""
    there = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    # Here and not above: it loads three compressors, and the add-on is switched on without them.
    import shutil

    try:
        return shutil.disk_usage(there).free
    except OSError:
        return 0


def size_of(*folders: Path) -> int:
    """Bytes on disk below the folders; a file with several names counts once, links are not followed."""
    seen: set[tuple[int, int]] = set()
    total = 0
    waiting = [str(folder) for folder in folders]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                        continue
                    # Windows gives numbers of files to os.stat alone.
                    found = os.lstat(entry.path) if os.name == "nt" else entry.stat(follow_symlinks=False)
                    if found.st_nlink == 1 or (found.st_dev, found.st_ino) not in seen:
                        seen.add((found.st_dev, found.st_ino))
                        total += found.st_size
        except OSError:
            # uv moves and removes what it has unpacked while we count.
            continue
    return total
