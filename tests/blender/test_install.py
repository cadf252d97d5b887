"""The packed extension, from the zip to the first press of a button."""

import json
import zipfile
from pathlib import Path

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
    }
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
    done = run_in_blender("-c", COLD_START)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert "False False" in lines
    seconds = float(next(line for line in lines if line.startswith("seconds")).split()[1])
    print(f"switched on in {seconds * 1000:.0f} ms")
    assert seconds < 0.05
