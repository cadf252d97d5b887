"""Runs the tests that need Blender in every release that we support.

Each is a Python module in an environment of its own. The release that development.txt pins is in .venv;
requirements/blenders has a file for each of the others, and uv makes their environments beside it. Tests, the packing
of the zip and the backend stay on .venv's Python.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
REQUIREMENTS = ROOT / "requirements" / "blenders"
OWN = "4.5"
"""The release in the environment that runs this."""

TESTS = "tests/blender"


class BlenderError(Exception):
    """A Blender cannot be had on this machine, and what would help."""


def releases() -> list[str]:
    """Our own release and those that have requirements, in order."""
    return sorted({OWN, *(path.stem for path in REQUIREMENTS.glob("*.txt"))})


def python_wanted(release: str) -> str:
    """The version of Python that a release needs, such as 3.13: the last word of the comment in its requirements."""
    found = re.search(r"CPython (\d+\.\d+)", (REQUIREMENTS / f"{release}.txt").read_text(encoding="utf-8"))
    assert found, release
    return found.group(1)


def find_python(version: str) -> str | None:
    """A Python of a version that uv finds, or that pyenv has installed without having put it on the PATH."""
    found = subprocess.run(
        [uv(), "python", "find", "--no-python-downloads", "--no-project", version],
        cwd=ROOT.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if not found.returncode:
        return found.stdout.strip()
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    installed = sorted(root.glob(f"versions/{version}.*/bin/python{version}"))
    return str(installed[-1]) if installed else None


def python_of(release: str) -> Path:
    """The Python of a release's environment, which is made or brought up to its requirements. Raises BlenderError."""
    if release == OWN:
        return Path(sys.executable)
    environment = ROOT / f".venv-bpy-{release}"
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.is_file():
        version = python_wanted(release)
        base = find_python(version)
        # Without one on the machine uv fetches it, where it can reach where Pythons are kept.
        made = subprocess.run(
            [uv(), "venv", "--quiet", "--no-project", "--python", base or version, environment],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise BlenderError(
                f"there is no Python {version} here and uv could not fetch one; install it and try again"
            )
    synced = subprocess.run(
        [uv(), "pip", "sync", "--quiet", "--python", python, REQUIREMENTS / f"{release}.txt"],
        capture_output=True,
        text=True,
        check=False,
    )
    if synced.returncode:
        raise BlenderError(f"its packages cannot be installed:\n{synced.stderr.strip()}")
    return python


def uv() -> str:
    """uv's program, which development.txt installs beside this Python. Raises BlenderError."""
    found = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if found is None:
        raise BlenderError("uv is not installed in this environment")
    return found


def run_tests(release: str, arguments: Sequence[str]) -> str:
    """How the tests ended in a release: "passed", "failed", or why they did not run."""
    try:
        python = python_of(release)
    except BlenderError as error:
        return f"not run: {error}"
    print(f"Blender {release}", flush=True)
    command = [sys.executable, "-m", "pytest", *(arguments or (TESTS,))]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"FACSIMILE_TEST_BPY": str(python)}, check=False)
    return "failed" if done.returncode else "passed"


def main(arguments: list[str]) -> int:
    """Run the tests in every release and say how each ended; 1 where one failed. One that is absent is no failure."""
    parser = argparse.ArgumentParser(prog="build.py test --all-blenders", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--blender", action="append", choices=releases(), help="only this release (may be repeated)")
    chosen, rest = parser.parse_known_args(arguments)
    ended = {release: run_tests(release, rest) for release in chosen.blender or releases()}
    for release, how in ended.items():
        print(f"Blender {release}: {how}", flush=True)
    return int("failed" in ended.values())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
