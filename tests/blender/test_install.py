"""The packed extension, from the zip to the first press of a button."""

import json
import os
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from backend.faces.open_head import open_head_mesh
from backend.geometry.decimate import decimate

HERE = Path(__file__).resolve().parent

COLD_START = """
import gc, sys, time
import bpy, numpy
import bl_ext.user_default.facsimile as facsimile
# When Python collects garbage, it is not this extension's.
gc.disable()
started = time.process_time()
facsimile.register()
print("seconds", time.process_time() - started)
print("torch" in sys.modules, "scipy" in sys.modules)
facsimile.unregister()
"""


def test_the_zip_has_what_runs_and_nothing_else(extension_zip: Path) -> None:
    with zipfile.ZipFile(extension_zip) as archive:
        names = set(archive.namelist())
    assert {"blender_manifest.toml", "__init__.py", "addon/panel.py", "operators/build_shapes.py"} <= names
    assert {"backend/__main__.py", "backend/protocol.py", "backend/channels.json"} <= names
    assert {"third_party/__init__.py", "third_party/nfs/network.py", "third_party/README.md"} <= names
    top = {name.split("/")[0] for name in names}
    assert top <= {
        "blender_manifest.toml",
        "__init__.py",
        "LICENSE",
        "addon",
        "operators",
        "backend",
        "third_party",
        "requirements",
        "manual",
    }
    assert {"manual/index.html", "manual/set_up.html", "manual/pictures/built.png"} <= names
    assert not [name for name in names if "__pycache__" in name or "/." in name]


def test_the_repository_index_lists_the_zip(extension_zip: Path) -> None:
    index = json.loads((extension_zip.parent / "index.json").read_text())
    (entry,) = index["data"]
    assert (entry["id"], entry["type"], entry["blender_version_min"]) == ("facsimile", "add-on", "4.2.0")
    assert entry["archive_url"] == f"./{extension_zip.name}"
    assert entry["archive_size"] == extension_zip.stat().st_size


def test_it_is_switched_on_in_less_than_50_ms(run_in_blender) -> None:
    # Blender compiles an extension once, when it is switched on for the first time.
    run_in_blender("-c", COLD_START)
    seconds = []
    for _ in range(4):
        done = run_in_blender("-c", COLD_START)
        assert done.returncode == 0, done.stdout + done.stderr
        lines = done.stdout.splitlines()
        assert "False False" in lines
        seconds.append(float(next(line for line in lines if line.startswith("seconds")).split()[1]))
    # Others on the machine can only make it slower.
    print(f"switched on in {min(seconds) * 1000:.0f} ms")
    assert min(seconds) < 0.05


def test_a_newer_version_is_installed_over_an_older_one(run_in_fresh_blender, extension_zip: Path, tmp_path) -> None:
    version = extension_zip.stem.rpartition("-")[2]
    older = tmp_path / "facsimile-0.0.1.zip"
    with zipfile.ZipFile(extension_zip) as source, zipfile.ZipFile(older, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "blender_manifest.toml":
                content = content.replace(f'version = "{version}"'.encode(), b'version = "0.0.1"')
            if name == "addon/session.py":
                content += b"\nOLDER = True\n"
            target.writestr(name, content)
        target.writestr("addon/stale.py", "")
    paths = os.pathsep.join([str(HERE), str(HERE.parents[1])])
    done = run_in_fresh_blender(HERE / "upgrade.py", older, extension_zip, version, PYTHONPATH=paths)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_works_in_a_folder_that_cannot_be_written_to(run_in_blender) -> None:
    done = run_in_blender(HERE / "read_only.py")
    if done.returncode == 77:
        pytest.skip("a folder cannot be made read-only here")
    assert done.returncode == 0 and "all done" in done.stdout, done.stdout + done.stderr


def test_two_blenders_build_at_once_with_one_cache(run_in_blender, tmp_path) -> None:
    mesh = open_head_mesh()
    triangles, _ = decimate(mesh.vertices, mesh.triangles, 700)
    used, faces = np.unique(triangles, return_inverse=True)
    lines = [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in mesh.vertices[used]]
    lines += [f"f {a} {b} {c}" for a, b, c in faces.reshape(-1, 3) + 1]
    head, cache = tmp_path / "head.obj", tmp_path / "cache"
    head.write_text("\n".join(lines) + "\n")
    variables = {"FACSIMILE_PYTHON": sys.executable, "FACSIMILE_CACHE": str(cache)}
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(run_in_blender, HERE / "build_head.py", head, **variables) for _ in range(2)]
    told = []
    for done in (one.result() for one in both):
        assert done.returncode == 0, done.stdout + done.stderr
        told += [line for line in done.stdout.splitlines() if line.startswith("keys ")]
    assert told[0].startswith("keys 53 ") and told[0] == told[1]
    assert list(cache.glob("*.npz")) and not list(cache.glob("*.part"))
