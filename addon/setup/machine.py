"""What this computer is, as far as packages go; read from files, for nothing may run before the click."""

import os
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path

CUDA_DRIVER = 580
"""The oldest major version of NVIDIA's driver that runs CUDA 13, which torch is built with."""

_SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows"}
_PROCESSORS = {"x86_64": "x64", "amd64": "x64", "arm64": "arm64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Machine:
    """system: linux, macos or windows. processor: x64 or arm64. device: cuda, rocm, mps or cpu, the best that is there.

    text: what was found, for people.
    """

    system: str
    processor: str
    device: str
    text: str


def this_machine() -> Machine:
    """The computer that this runs on."""
    system = _SYSTEMS.get(sys.platform, sys.platform)
    processor = _PROCESSORS.get(platform.machine().lower(), platform.machine().lower())
    root = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) if system == "windows" else Path("/")
    return Machine(system, processor, *find_device(system, processor, root))


def find_device(system: str, processor: str, root: Path) -> tuple[str, str]:
    """The kind of device that can compute, and what was found, by the files of drivers under root."""
    if system == "macos":
        return ("mps", "Apple silicon") if processor == "arm64" else ("cpu", "a Mac with an Intel processor")
    if system == "windows":
        found = (root / "System32" / "nvcuda.dll").is_file()
        return ("cuda", "an NVIDIA driver") if found else ("cpu", "no NVIDIA driver")
    version = _nvidia_driver(root)
    if version:
        text = f"{_nvidia_card(root)}, driver {version}"
        if int(version.partition(".")[0]) >= CUDA_DRIVER:
            return "cuda", text
        return "cpu", f"{text}; version {CUDA_DRIVER} or newer is needed to compute on it"
    return ("rocm", "an AMD card with ROCm's driver") if _has_rocm(root) else ("cpu", "no graphics card that computes")


def _nvidia_driver(root: Path) -> str:
    found = re.search(r"Kernel Module(?: for \S+)?\s+(\d+\.[\d.]+)", _text(root / "proc/driver/nvidia/version"))
    return found.group(1) if found else ""


def _nvidia_card(root: Path) -> str:
    for path in sorted((root / "proc/driver/nvidia/gpus").glob("*/information")):
        found = re.search(r"^Model:\s*(.+)$", _text(path), re.MULTILINE)
        if found:
            return found.group(1).strip()
    return "NVIDIA card"


def _has_rocm(root: Path) -> bool:
    """A node of the kernel's compute topology that has vector units; processors are nodes without."""
    nodes = (root / "sys/class/kfd/kfd/topology/nodes").glob("*/properties")
    return any(re.search(r"^simd_count [1-9]", _text(node), re.MULTILINE) for node in nodes)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
