"""blender --command facsimile in a real Blender without a window."""

from pathlib import Path

SCRIPT = """
export BLENDER_USER_RESOURCES={folder}/profile
blender --command extension install-file -r user_default -e {zip} || exit 90
blender --command facsimile shapes {head} --out {folder}/out.blend
first=$?
blender --command facsimile shapes {folder}/absent.obj --out {folder}/other.blend
echo "statuses $first $?"
"""

COUNT = """
import bpy
(face,) = (item for item in bpy.data.objects if item.type == "MESH")
print("keys", face.data.shape_keys.key_blocks.keys())
"""


def test_the_verb_writes_a_blend_and_its_status_is_the_process_s(
    run_real_blender, extension_zip: Path, fake_python: Path, tmp_path: Path
) -> None:
    head = tmp_path / "head.obj"
    head.write_text("o Face\nv -1 -1 0\nv 1 -1 0\nv 1 1 0\nv -1 1 0\nf 1 2 3 4\n")
    script = SCRIPT.format(folder=tmp_path, zip=extension_zip, head=head)
    binds = (tmp_path, extension_zip.parent, fake_python.parent)
    done = run_real_blender("bash", "-c", script, binds=binds, environment={"FACSIMILE_PYTHON": str(fake_python)})
    assert "statuses 0 2" in done.stdout, done.stdout + done.stderr
    assert "confidence 0.87" in done.stdout
    assert "There is no file" in done.stderr
    assert not (tmp_path / "other.blend").exists()
    read = run_real_blender("blender", "-b", tmp_path / "out.blend", "--python-expr", COUNT, binds=binds)
    assert "keys ['Basis', 'jawOpen', 'browInnerUp', 'tongueOut']" in read.stdout
