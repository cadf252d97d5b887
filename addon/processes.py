"""Child processes of Blender: what they inherit, and how they end with everything that they have started."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what makes one Python load another's libraries."""
    foreign = ("PYTHON", "DYLD_")
    named = ("LD_LIBRARY_PATH", "LD_PRELOAD", "VIRTUAL_ENV", "CONDA_PREFIX")
    kept = {
        name: value for name, value in environment.items() if not name.upper().startswith(foreign) and name not in named
    }
    return {**kept, "PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1"}


def creation_flags() -> int:
    """On Windows: no console opens, and a console's Ctrl-C is for Blender alone; elsewhere a new session does that."""
    if sys.platform == "win32":
        return subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
    return 0


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """Kills a child that was started in a session of its own, and what it has started.

    The child may have ended, but only just: a number that is free is given away again.
    """
    if sys.platform == "win32":
        if process.poll() is not None:
            return
        # Windows knows no groups to kill; taskkill walks from parents to children.
        with suppress(OSError, subprocess.TimeoutExpired):
            command = ["taskkill", "/T", "/F", "/PID", str(process.pid)]
            subprocess.run(command, capture_output=True, check=False, timeout=5, creationflags=creation_flags())
        process.kill()
        return
    # macOS answers "not permitted" where the group has just ended.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
