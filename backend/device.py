"""Where torch computes: the device, and with how many threads."""

import os
import sys

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
    """Gives torch one thread, unless OMP_NUM_THREADS says otherwise. Returns the number.

    Its work on the processor is thousands of small steps. Threads that wait for each other at every one of them were
    measured to gain nothing on two processors, and to take six times as long where another program runs beside them.
    """
    asked = os.environ.get("OMP_NUM_THREADS", "")
    count = int(asked) if asked.isdecimal() and int(asked) > 0 else 1
    torch.set_num_threads(count)
    return count


def _has_mps() -> bool:
    return torch.backends.mps.is_available()
