"""Whether a process is there."""

import os
from pathlib import Path


def runs(pid: int) -> bool:
    """Whether a process with this number runs; one that has ended and waits to be reaped does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
