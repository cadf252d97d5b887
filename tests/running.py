"""Whether a process is there."""

import os
from pathlib import Path

PROCESSES = Path("/proc")


def runs(pid: int) -> bool:
    """Whether a process with this number runs; one that has ended and waits to be reaped does not."""
    try:
        os.kill(pid, 0)
        if not PROCESSES.is_dir():
            return True
        return (PROCESSES / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        # It may go at any moment, and the reading of what is left of it fails in either way.
        return False
