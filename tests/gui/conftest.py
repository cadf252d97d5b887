"""A real Blender on a virtual screen, where ../shared/tools/real-blender can make one."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
REAL_BLENDER = ROOT.parent / "shared" / "tools" / "real-blender"
HERE = Path(__file__).resolve().parent
PICTURES = ROOT / "runs" / "gui"
"""Where the pictures of the window stay, to be looked at."""

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


@pytest.fixture(scope="session")
def run_window(run_real_blender: Runner, extension_zip: Path, fake_python: Path) -> Callable[..., dict[str, Any]]:
    """Runs a script of this folder in a real Blender with a window and returns its report, with Blender's exit status
    and the folder of its pictures.

    name: of the folder for its report and pictures, which stands between the arguments before and after. through: a
    command that starts Blender.
    """

    def run(
        script: str,
        name: str,
        before: tuple[str | Path, ...],
        after: tuple[str, ...] = (),
        binds: tuple[Path, ...] = (),
        environment: dict[str, str] | None = None,
        through: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        folder = PICTURES / name
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        done = run_real_blender(
            *(*through, "blender", "--factory-startup", "--enable-event-simulate"),
            *("--window-geometry", "0", "0", "1600", "900"),
            *("--python", HERE / script, "--", *before, folder, *after),
            binds=(extension_zip.parent, fake_python.parent, PICTURES, *binds),
            environment=environment,
        )
        written = folder / "report.json"
        assert written.is_file(), done.stdout[-4000:] + done.stderr[-4000:]
        report = json.loads(written.read_text())
        assert report.get("finished"), report.get("error")
        return report | {"exit_status": done.returncode, "folder": folder}

    return run
