"""Blender as a Python module with the packed extension installed: what the scenarios run in."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# They run in Blender, one process for each file: see test_scenarios.py.
collect_ignore = ["scenarios"]

INSTALL = """
import sys, bpy
bpy.ops.extensions.package_install_files(filepath=sys.argv[1], repo="user_default", enable_on_install=True)
assert "bl_ext.user_default.facsimile" in bpy.context.preferences.addons
"""

Runner = Callable[..., subprocess.CompletedProcess[str]]


def runner(profile: Path, backend_python: Path) -> Runner:
    """Runs Python with a Blender profile, and with more variables in its environment where these are given."""
    environment = os.environ | {
        "BLENDER_USER_RESOURCES": str(profile),
        "FACSIMILE_PYTHON": str(backend_python),
        "OMP_NUM_THREADS": "1",
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *map(str, arguments)]
        return subprocess.run(
            command, env=environment | variables, capture_output=True, text=True, timeout=300, check=False
        )

    return run


@pytest.fixture
def run_in_fresh_blender(fake_python: Path, tmp_path: Path) -> Runner:
    """Runs Python with a Blender profile of the test's own, in which nothing is installed."""
    return runner(tmp_path / "profile", fake_python)


@pytest.fixture(scope="session")
def run_in_blender(extension_zip: Path, fake_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """Runs Python with a throw-away Blender profile in which the extension is installed and enabled."""
    run = runner(tmp_path_factory.mktemp("profile"), fake_python)
    installed = run("-c", INSTALL, extension_zip)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    return run
