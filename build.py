#!/usr/bin/env python3
"""The one script a newcomer runs: environment, demo, tests, extension zip, lint, timings, training.

Needs Python 3.11 and pip alone; everything else goes into .venv. Run `python3 build.py --help`.
"""

import argparse
import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
REQUIREMENTS = ROOT / "requirements"
STAMP = ENVIRONMENT / "facsimile-requirements.sha256"

# What Blender as a Python module loads and a bare Debian or Ubuntu lacks: shared library -> its package. The last two
# are Mesa's software renderer, loaded by name when the first picture is rendered.
SYSTEM_LIBRARIES = {
    "libX11.so.6": "libx11-6",
    "libXrender.so.1": "libxrender1",
    "libXfixes.so.3": "libxfixes3",
    "libXi.so.6": "libxi6",
    "libXxf86vm.so.1": "libxxf86vm1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libSM.so.6": "libsm6",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libEGL_mesa.so.0": "libegl-mesa0",
}
MESA_DRIVER = ("/usr/lib/*/dri/swrast_dri.so", "libgl1-mesa-dri")

# A file's tests share what they prepare, so they stay together; each process needs up to 2 GB.
SIDE_BY_SIDE = ("-n", "auto", "--maxprocesses", "4", "--dist", "loadfile")


class BuildError(Exception):
    """What the newcomer must do before this can go on, as one message."""


def run(command: Sequence[str | Path], **settings: str) -> None:
    """Run a command in the root of the checkout; its failure ends the build with its exit status."""
    environment = os.environ | settings
    status = subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, check=False).returncode
    if status:
        sys.exit(status)


def requirements_hash() -> str:
    """sha256 over the requirement files and the running Python's version."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(REQUIREMENTS.glob("*.txt")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def check_python() -> None:
    """Raises BuildError unless this Python can make the environment."""
    if sys.version_info[:2] != (3, 11):
        found = shutil.which("python3.11")
        cure = f"Run: {found} build.py ..." if found else "Install Python 3.11 and run: python3.11 build.py ..."
        raise BuildError(f"Facsimile is built with Python 3.11; this is {sys.version.split()[0]}. {cure}")
    if not all(importlib.util.find_spec(module) for module in ("venv", "ensurepip")):
        raise BuildError(
            "This Python cannot make environments: it came without venv or ensurepip. "
            "On Debian and Ubuntu: apt-get install python3.11-venv"
        )


def missing_system_packages() -> list[str]:
    """The Debian packages that Blender's module needs and this machine lacks; none where there is no apt-get."""
    if not sys.platform.startswith("linux") or not shutil.which("apt-get"):
        return []
    missing = []
    for library, package in SYSTEM_LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    pattern, package = MESA_DRIVER
    if not list(Path("/").glob(pattern.lstrip("/"))):
        missing.append(package)
    return missing


def install_system_packages() -> None:
    """Install what is missing with apt-get as root; otherwise raise BuildError with the command to run."""
    missing = missing_system_packages()
    if not missing:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() != 0:
        raise BuildError(f"Blender's module needs libraries of the system. Run: sudo {' '.join(install)}")
    print(f"Installing system packages: {' '.join(missing)}", flush=True)
    run(["apt-get", "update", "-qq"])
    run(install, DEBIAN_FRONTEND="noninteractive")


def setup() -> None:
    """Make .venv and install the pinned requirements, unless they are already those of the requirement files."""
    check_python()
    install_system_packages()
    wanted = requirements_hash()
    if STAMP.is_file() and STAMP.read_text() == wanted and PYTHON.is_file():
        return
    started = time.monotonic()
    print(f"Making the environment in {ENVIRONMENT.relative_to(ROOT)} (several minutes the first time)", flush=True)
    run([sys.executable, "-m", "venv", ENVIRONMENT])
    install = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "-qq"]
    # Compiling as files are unpacked takes a minute on a small machine, and most of them are never imported.
    install.append("--no-compile")
    run([*install, "-r", REQUIREMENTS / "backend.txt", "-r", REQUIREMENTS / "development.txt"])
    run([*install, "--no-deps", "-r", REQUIREMENTS / "backend-nodeps.txt"])
    STAMP.write_text(wanted)
    print(f"The environment is ready ({time.monotonic() - started:.0f} s)", flush=True)


def demo(arguments: list[str]) -> None:
    """Run the main job on Suzanne and on the open head; writes demo/."""
    package([])
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    extension = ROOT / "dist" / f"{manifest['id']}-{manifest['version']}.zip"
    run([PYTHON, "-m", "demonstration", "--zip", extension, "--out", ROOT / "demo", *arguments])


def test(arguments: list[str]) -> None:
    """Run the tests, several files at a time; further arguments go to pytest, which then runs one after the other.
    With --all-blenders: those in Blender, in each of its releases."""
    if "--all-blenders" in arguments:
        run([PYTHON, "blenders.py", *(argument for argument in arguments if argument != "--all-blenders")])
    elif arguments:
        run([PYTHON, "-m", "pytest", *arguments])
    else:
        run([PYTHON, "-m", "pytest", *SIDE_BY_SIDE], OMP_NUM_THREADS="1")


def package(arguments: list[str]) -> None:
    """Write the extension zip and a static repository index to dist/."""
    run([PYTHON, "package.py", *arguments])


def manual(arguments: list[str]) -> None:
    """Write the user manual as a static site to dist/manual."""
    run([PYTHON, "manual.py", *arguments])


def lock(arguments: list[str]) -> None:
    """Lock the packages of the backend for each kind of machine, with sums and sizes: requirements/locks."""
    run([PYTHON, "lock.py", *arguments])


def lint(arguments: list[str]) -> None:
    """Check format, lint and types; writes nothing."""
    run([PYTHON, "-m", "ruff", "format", "--check", *arguments])
    run([PYTHON, "-m", "ruff", "check", *arguments])
    run([PYTHON, "-m", "pyright", *arguments])


def bench(arguments: list[str]) -> None:
    """Time `python -m backend shapes` cold, warm and from the cache, by number of vertices."""
    run([PYTHON, "-m", "backend.evaluation.speed", *arguments])


def train(arguments: list[str]) -> None:
    """Train a network, for example: train cloning --data ../shared/corpus."""
    run([PYTHON, "-m", "backend", "train", *arguments])


STEPS: dict[str, Callable[[list[str]], None]] = {
    "demo": demo,
    "test": test,
    "package": package,
    "manual": manual,
    "lock": lock,
    "lint": lint,
    "bench": bench,
    "train": train,
}


def first_line(text: str | None) -> str:
    """Of a docstring, for the help; docstrings are absent under python -OO."""
    return (text or "").partition("\n")[0]


def main(arguments: list[str]) -> None:
    """Parse the sub-command, see to the environment, run the step."""
    parser = argparse.ArgumentParser(prog="build.py", description=first_line(__doc__))
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    steps.add_parser("setup", help=first_line(setup.__doc__))
    for name, step in STEPS.items():
        steps.add_parser(name, help=first_line(step.__doc__), add_help=False)
    chosen, rest = parser.parse_known_args(arguments)
    try:
        setup()
    except BuildError as error:
        sys.exit(f"build.py: {error}")
    if chosen.step != "setup":
        STEPS[chosen.step](rest)


if __name__ == "__main__":
    main(sys.argv[1:])
