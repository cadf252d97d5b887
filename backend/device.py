"""Where torch computes: the device, and as many threads as there are physical cores."""

import os
import subprocess
import sys
from pathlib import Path

import torch

from backend.errors import Refusal


def choose_device() -> torch.device:
    """CUDA, else MPS, else the CPU; the environment variable FACSIMILE_DEVICE overrides it (cpu, cuda, cuda:1, mps).

    Raises Refusal if it names a device that torch does not have here.
    """
    wanted = os.environ.get("FACSIMILE_DEVICE", "").strip().lower()
    if not wanted:
        return torch.device("cuda" if torch.cuda.is_available() else "mps" if _has_mps() else "cpu")
    kind, _, number = wanted.partition(":")
    index = int(number) if number.isdecimal() else 0
    there = {"cpu": True, "cuda": index < torch.cuda.device_count(), "mps": _has_mps()}
    if not there.get(kind, False) or (number and not number.isdecimal()):
        raise Refusal(
            "no-device",
            f"FACSIMILE_DEVICE asks for {wanted!r}, which torch does not find here.",
            "Unset FACSIMILE_DEVICE, or set it to cpu, cuda or mps.",
        )
    return torch.device(wanted)


def describe_device(device: torch.device) -> str:
    """The device for people: its kind and, of a graphics card, its name."""
    return f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)


def memory_of(device: torch.device) -> int:
    """Bytes of memory that a device computes in: its own, or the computer's. 0 where the system does not tell."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    if sys.platform == "win32":
        import ctypes

        # MEMORYSTATUSEX: two 32-bit numbers, of which the first is its own length, then seven of 64 bits.
        status = (ctypes.c_uint64 * 8)(ctypes.sizeof(ctypes.c_uint64) * 8)
        return int(status[1]) if ctypes.windll.kernel32.GlobalMemoryStatusEx(status) else 0
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def pin_threads() -> int:
    """Gives torch one thread per physical core that this process may use, unless OMP_NUM_THREADS says otherwise.

    More threads than cores was measured to cost up to 100 times on small machines. Returns the number.
    """
    asked = os.environ.get("OMP_NUM_THREADS", "")
    count = int(asked) if asked.isdecimal() and int(asked) > 0 else physical_cores()
    torch.set_num_threads(count)
    return count


def physical_cores() -> int:
    """Physical cores that this process may use, at least 1.

    Linux: distinct cores in the affinity mask, no more than the control group's quota. macOS: the fast cores.
    Elsewhere: half the logical processors, for most have two to a core.
    """
    if sys.platform == "linux":
        allowed = os.sched_getaffinity(0)
        cores = {_core_of(cpu) for cpu in allowed}
        return max(1, min(len(cores), _quota(Path("/sys/fs/cgroup/cpu.max"))))
    if sys.platform == "darwin":
        for name in ("hw.perflevel0.physicalcpu", "hw.physicalcpu"):
            answer = subprocess.run(
                ["/usr/sbin/sysctl", "-n", name], capture_output=True, text=True, check=False
            ).stdout
            if answer.strip().isdecimal():
                return max(1, int(answer))
    return max(1, (os.cpu_count() or 1) // 2)


def _has_mps() -> bool:
    return torch.backends.mps.is_available()


def _core_of(cpu: int) -> tuple[str, ...]:
    """Package and core number of a logical processor; the processor itself where Linux does not tell."""
    folder = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology")
    try:
        return tuple((folder / name).read_text().strip() for name in ("physical_package_id", "core_id"))
    except OSError:
        return (str(cpu),)


def _quota(path: Path) -> int:
    """Processors' worth of time that a control group (version 2) allows, rounded up."""
    try:
        quota, period = path.read_text().split()
    except (OSError, ValueError):
        return sys.maxsize
    return sys.maxsize if quota == "max" else -(-int(quota) // int(period))
