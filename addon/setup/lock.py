"""The locks that come with the extension: for each kind of machine the exact packages of the backend."""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...backend.errors import Refusal
from .machine import Machine

PYTHON = "3.11"
"""The Python of every environment; the packages are pinned for it."""

DEVICES = {"cuda": "NVIDIA graphics card", "rocm": "AMD graphics card", "mps": "Apple graphics", "cpu": "processor"}

SYSTEMS = {"linux": "Linux", "macos": "macOS", "windows": "Windows"}
PROCESSORS = {"x64": "an Intel or AMD processor", "arm64": "an ARM processor"}
OWN_PYTHON = "choose a Python of your own that has the packages (Use This Python)"

_FACT = re.compile(r"^# ([a-z-]+): (\S+)$", re.MULTILINE)
_PACKAGE = re.compile(r"^([\w.-]+)==\S+ --hash=sha256:([0-9a-f]{64})  # (\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Lock:
    """One file of requirements/locks.

    name: system-processor-device. digest: 8 hexadecimal digits that change with any package. torch_backend: the index
    of PyTorch's that torch comes from; empty for the ordinary one. download, installed: bytes. longest_path: characters
    below site-packages. sizes: bytes to download by package.
    """

    path: Path
    name: str
    digest: str
    torch_backend: str
    download: int
    installed: int
    longest_path: int
    sizes: dict[str, int]

    @property
    def device(self) -> str:
        """The last part of the name: cuda, rocm, mps or cpu."""
        return self.name.rpartition("-")[2]


@cache
def read_lock(path: Path) -> Lock:
    """Reads a lock once. Raises Refusal where it is damaged."""
    try:
        text = path.read_text(encoding="utf-8")
        facts = dict(_FACT.findall(text))
        packages = _PACKAGE.findall(text)
        sums = "\n".join(sorted(f"{name} {sha256}" for name, sha256, _ in packages))
        backend = facts["torch-backend"]
        return Lock(
            path,
            path.stem,
            hashlib.sha256(sums.encode()).hexdigest()[:8],
            "" if backend == "none" else backend,
            int(facts["download"]),
            int(facts["installed"]),
            int(facts["longest-path"]),
            {name: int(size) for name, _, size in packages},
        )
    except (OSError, ValueError, KeyError) as error:
        raise Refusal("bad-lock", f"{path.name} cannot be read ({error}).", "Install Facsimile again.") from error


@cache
def locks_for(system: str, processor: str, folder: Path) -> tuple[Lock, ...]:
    """The locks for a kind of machine. Raises Refusal where one is damaged."""
    return tuple(read_lock(path) for path in sorted(folder.glob(f"{system}-{processor}-*.txt")))


def choose_lock(machine: Machine, wish: str, folder: Path) -> tuple[Lock, str]:
    """The lock for a machine, and a sentence where it is not for the best device; empty otherwise.

    wish: auto, or a device. Raises Refusal where the backend does not run on such a machine or device.
    """
    locks = {lock.device: lock for lock in locks_for(machine.system, machine.processor, folder)}
    if not locks:
        system = SYSTEMS.get(machine.system, machine.system)
        processor = PROCESSORS.get(machine.processor, machine.processor)
        raise Refusal(
            "no-platform",
            f"There are no packages for {system} on {processor}.",
            f"Use 64-bit Linux or Windows on Intel or AMD, or a Mac with Apple silicon; or {OWN_PYTHON}.",
        )
    if wish != "auto":
        if wish not in locks:
            raise Refusal(
                "no-device",
                f"There are no packages for the {DEVICES[wish]} here.",
                f"Compute on another device, or {OWN_PYTHON}.",
            )
        return locks[wish], ""
    if machine.device in locks:
        return locks[machine.device], ""
    fallback = locks.get("cpu") or next(iter(locks.values()))
    wanted, taken = DEVICES[machine.device], DEVICES[fallback.device]
    return fallback, (
        f"This version has no packages for the {wanted} here; it will compute on the {taken}. "
        f"To compute on the card, {OWN_PYTHON}."
    )
