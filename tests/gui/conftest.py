"""A real Blender on a virtual screen, where ../shared/tools/real-blender can make one."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REAL_BLENDER = ROOT.parent / "shared" / "tools" / "real-blender"
RELEASE = os.environ.get("FACSIMILE_TEST_BLENDER", "4.3")

Runner = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def run_real_blender() -> Runner:
    """Runs a command beside a real Blender, which sees the checkout, the running Python and the folders in binds."""
    if not REAL_BLENDER.is_file():
        pytest.skip("../shared/tools/real-blender is absent")
    if os.geteuid() != 0:
        pytest.skip("a real Blender needs root for its own root folder")
    if sys.base_prefix == "/usr":
        pytest.skip("this Python lies in /usr, which the real Blender's own /usr would hide")

    # The first call makes the release's root folder, which needs the network. The others get an empty one each, or two
    # of them would share one screen: X also answers at an address that a private /tmp does not hide.
    subprocess.run([str(REAL_BLENDER), RELEASE, "--", "true"], capture_output=True, timeout=1800, check=False)

    def run(
        *command: str | Path, binds: tuple[Path, ...] = (), environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        bound = [
            part
            for folder in (ROOT, Path(sys.base_prefix), Path(sys.prefix).resolve(), *binds)
            for part in ("--bind", str(folder))
        ]
        done = subprocess.run(
            ["unshare", "--net", str(REAL_BLENDER), RELEASE, *bound, "--", *map(str, command)],
            env=os.environ | (environment or {}),
            capture_output=True,
            text=True,
            timeout=1500,
            check=False,
        )
        if "real-blender: " in done.stderr:
            pytest.skip(done.stderr[done.stderr.index("real-blender: ") :].strip())
        return done

    return run
