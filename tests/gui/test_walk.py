"""From the installation to the end of Blender, in one session of a real Blender with a window: see walk.py."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.faces.open_head import open_head_mesh
from backend.geometry.mesh import FaceMesh
from backend.live_link import write_live_link
from backend.performance import performance
from tests.gui.offline import offline_folder, tiny_extension

HOME = "/tmp/home/Zoë's programs/facsimile"
"""In the real Blender's own /tmp, which is gone when it has ended."""


def write_obj(path: Path, mesh: FaceMesh) -> None:
    """A mesh with the objects that it is of."""
    lines = [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in mesh.vertices]
    polygons = np.split(mesh.corners, np.cumsum(mesh.sizes)[:-1])
    for number, name in enumerate(mesh.object_names):
        lines += [f"o {name}", "s 1"]
        lines += [
            "f " + " ".join(str(corner + 1) for corner in polygon)
            for polygon in polygons
            if mesh.objects[polygon[0]] == number
        ]
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture
def inputs(tmp_path: Path, extension_zip: Path) -> tuple[Path, ...]:
    """The zip, a head, a capture and an offline folder, as walk.py takes them."""
    head, capture = tmp_path / "head.obj", tmp_path / "take one.csv"
    write_obj(head, open_head_mesh())
    seconds = np.arange(90)[:, None] / 60
    weights = 0.5 - 0.5 * np.cos(2 * np.pi * seconds * np.array([[1.2, 0.6, 0.6]]))
    write_live_link(
        capture, performance(("jawOpen", "mouthSmileLeft", "mouthSmileRight"), weights.astype(np.float32), 60.0)
    )
    wheels = offline_folder(tmp_path / "wheels")
    return tiny_extension(extension_zip, wheels, tmp_path / extension_zip.name), head, capture, wheels


def test_from_the_installation_to_the_end_of_blender(
    run_window, inputs: tuple[Path, ...], tmp_path: Path, runs: Callable[[int], bool]
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    # uv looks for a Python 3.11 on the PATH; the real Blender's system has another one.
    (programs / "python3.11").symlink_to(Path(sys.base_prefix) / "bin" / "python3.11")
    report = run_window(
        "walk.py",
        "walk",
        inputs,
        binds=(tmp_path,),
        environment={"FACSIMILE_HOME": HOME, "FACSIMILE_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"},
        through=("env", f"PATH={programs}:/usr/local/bin:/usr/bin:/bin"),
    )
    assert report["enabled"]
    assert report["set_up"] == "", report["uv_said"]
    assert any("Installed 1 package" in line for line in report["uv_said"])
    assert len(report["environments"]) == 1
    assert min(report["options_opened"], report["corrections_opened"]) > 50
    assert report["phase"] == "done", report["refusal"]
    assert report["confidence"] > 0.5
    assert max(report["built"].values(), key=len) == ["Basis", *ARKIT_NAMES]
    assert not any(report["values"])
    assert report["reviewed"] in ARKIT_NAMES and report["after_review"] == [False, 0]
    assert not any(report["undone"].values())
    assert report["redone"] == report["reopened"] == report["built"]
    assert report["jaw"] > 0.3
    assert set(report["thumbnails"]) == set(ARKIT_NAMES)
    assert not any(report["removed"].values())
    assert "face" in report["refused"].lower()
    assert not runs(report["backend"])
    (report["folder"] / "walk.blend").unlink()
