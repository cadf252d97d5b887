"""The example scripts of the documentation, as a user runs them."""

from pathlib import Path

import numpy as np

from backend.live_link import write_live_link
from backend.performance import performance

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"

CHARACTER = """
import sys, bpy
bpy.ops.wm.read_homefile(use_empty=True)
mesh = bpy.data.meshes.new("Face")
mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
face = bpy.data.objects.new("Face", mesh)
bpy.context.collection.objects.link(face)
for name in ("Basis", "jawOpen"):
    face.shape_key_add(name=name)
bpy.ops.wm.save_as_mainfile(filepath=sys.argv[1])
"""

COUNT = """
import sys, bpy
bpy.ops.wm.open_mainfile(filepath=sys.argv[1])
print("curves of", [action.name for action in bpy.data.actions])
"""


def test_a_batch_bakes_what_it_can_and_says_what_it_cannot(run_in_blender, tmp_path: Path) -> None:
    character, clips, out = tmp_path / "face.blend", tmp_path / "clips", tmp_path / "out"
    assert run_in_blender("-c", CHARACTER, character).returncode == 0
    clips.mkdir()
    for name in ("one", "two"):
        write_live_link(clips / f"{name}.csv", performance(("jawOpen",), np.linspace(0, 1, 9)[:, None], 60.0))
    (clips / "broken.csv").write_text("no,table\n")
    done = run_in_blender(EXAMPLES / "bake_clips.py", "--", character, clips, out)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "broken.csv: Error: broken.csv has no column" in done.stderr
    assert {path.name for path in out.iterdir()} == {"one.blend", "two.blend"}
    assert "curves of ['one']" in run_in_blender("-c", COUNT, out / "one.blend").stdout
    (clips / "broken.csv").unlink()
    again = run_in_blender(EXAMPLES / "bake_clips.py", "--", character, clips, out)
    assert again.returncode == 0
    assert again.stdout.count("done already") == 2
