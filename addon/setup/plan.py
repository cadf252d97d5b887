"""What a set-up would do, before the click: for which device, how much is fetched, and whether there is room."""

import os
from dataclasses import dataclass
from pathlib import Path

from ...backend.errors import Refusal
from .folders import Folders, check_path_length, free_space, long_paths_allowed
from .lock import DEVICES, Lock, choose_lock
from .machine import Machine

UV_AND_PYTHON = 60_000_000
"""Bytes of uv and of a Python, where both must be fetched: measured 22 MB and 30 MB, rounded up."""

RESERVE = 500_000_000
"""Bytes that must stay free: an environment that fills the disk takes Blender's own files with it."""


@dataclass(frozen=True)
class Plan:
    """offline: the folder that has the wheels, or None to fetch them. download, needed, free: bytes.

    remarks: what the user should know besides.
    """

    machine: Machine
    lock: Lock
    folders: Folders
    offline: Path | None
    download: int
    needed: int
    free: int
    remarks: tuple[str, ...]

    @property
    def environment(self) -> Path:
        """Where the environment will be."""
        return self.folders.environment(self.lock)

    def lines(self) -> tuple[str, ...]:
        """The plan for people."""
        source = f"taken from {self.offline}" if self.offline else f"about {megabytes(self.download)} to download"
        count = len(self.lock.sizes)
        return (
            f"For the {DEVICES[self.lock.device]} ({self.machine.text})",
            f"{count} packages, {source}" if count > 1 else f"1 package, {source}",
            f"{megabytes(self.needed)} on disk; {megabytes(self.free)} are free",
            f"Into {self.environment}",
            *self.remarks,
        )


def make_plan(machine: Machine, wish: str, folders: Folders, locks: Path, offline: Path | None) -> Plan:
    """wish: auto or a device. locks: the folder of locks. Raises Refusal where a set-up cannot succeed."""
    lock, remark = choose_lock(machine, wish, locks)
    if not folders.root.is_absolute():
        raise Refusal("relative-folder", f"{folders.root} is no full path.", "Choose a folder with its full path.")
    if machine.system == "windows" and not long_paths_allowed():
        check_path_length(folders.root, lock)
    if offline is not None:
        check_offline_folder(offline, lock)
    there = next((path for path in (folders.root, *folders.root.parents) if path.exists()), folders.root)
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise Refusal("read-only", f"{there} cannot be written to.", "Choose another backend folder.")
    free, needed = free_space(folders.root), lock.installed + 2 * UV_AND_PYTHON
    if free < needed + RESERVE and not folders.environment(lock).exists():
        raise Refusal(
            "disk-full",
            f"The backend needs {megabytes(needed + RESERVE)}, and {megabytes(free)} are free.",
            "Free some space, or choose a backend folder on another disk.",
        )
    download = 0 if offline else lock.download + UV_AND_PYTHON
    return Plan(machine, lock, folders, offline, download, needed, free, (remark,) if remark else ())


def check_offline_folder(folder: Path, lock: Lock) -> None:
    """Raises Refusal where packages of the lock have no wheel in the folder."""
    if not folder.is_dir():
        raise Refusal("no-folder", f"There is no folder {folder}.", "Choose the folder that has the wheels.")
    there = {path.name.partition("-")[0].lower().replace("_", "-").replace(".", "-") for path in folder.glob("*.whl")}
    missing = [name for name in lock.sizes if name.lower().replace("_", "-").replace(".", "-") not in there]
    if missing:
        some = ", ".join(missing[:4]) + (f" and {len(missing) - 4} more" if len(missing) > 4 else "")
        raise Refusal(
            "missing-wheels",
            f"The folder lacks the wheel of {some}."
            if len(missing) == 1
            else f"The folder lacks the wheels of {len(missing)} packages: {some}.",
            f"Fetch what {lock.path.name} lists on a machine that is online, and put it into the folder.",
        )


def megabytes(size: int) -> str:
    """Such as "82 MB" or "2.9 GB"."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
