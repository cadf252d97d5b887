"""Blender as a Python module with the packed extension installed: what the scenarios run in."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from backend.faces.open_head import open_head_mesh

# They run in Blender, one process for each file: see test_scenarios.py.
collect_ignore = ["scenarios"]

INSTALL = """
import sys, bpy
bpy.ops.extensions.package_install_files(filepath=sys.argv[1], repo="user_default", enable_on_install=True)
assert "bl_ext.user_default.facsimile" in bpy.context.preferences.addons
"""

BLENDER = os.environ.get("FACSIMILE_TEST_BPY", sys.executable)
"""The Python that has Blender as a module; the backend runs on the Python of the tests. See blenders.py."""

Runner = Callable[..., subprocess.CompletedProcess[str]]


def runner(profile: Path, backend_python: Path) -> Runner:
    """Runs Python with a Blender profile, and with more variables in its environment where these are given."""
    environment = os.environ | {
        "BLENDER_USER_RESOURCES": str(profile),
        "FACSIMILE_PYTHON": str(backend_python),
        "FACSIMILE_TEST_BACKEND": sys.executable,
        "OMP_NUM_THREADS": "1",
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [BLENDER, *map(str, arguments)]
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
    folder = tmp_path_factory.mktemp("profile")
    run = runner(folder, fake_python)
    installed = run("-c", INSTALL, extension_zip)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    # Blender's Python cannot read the open head's file; scenarios that need a real head take it from here.
    mesh, head = open_head_mesh(), folder / "head.npz"
    np.savez(head, vertices=mesh.vertices, triangles=mesh.triangles)
    return partial(run, FACSIMILE_TEST_HEAD=str(head))
