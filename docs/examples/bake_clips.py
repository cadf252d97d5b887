"""Put every capture file of a folder onto a character, one .blend each, without a window.

blender -b --python-exit-code 1 --python bake_clips.py -- CHARACTER.blend CLIPS OUT

What is done already is skipped, so a batch that was stopped goes on where it was. A clip that cannot be used is
reported with the reason and does not stop the others; the exit status is then 2.
"""

import sys
from pathlib import Path

import bpy

EXTENSION = "bl_ext.user_default.facsimile"


def main(character: Path, clips: Path, out: Path) -> int:
    """Bake all clips. Returns the exit status."""
    if EXTENSION not in bpy.context.preferences.addons:
        bpy.ops.preferences.addon_enable(module=EXTENSION)
    out.mkdir(parents=True, exist_ok=True)
    failed = []
    for clip in sorted(path for path in clips.iterdir() if path.suffix.lower() in (".csv", ".txt", ".npz")):
        target = out / f"{clip.stem}.blend"
        if target.exists():
            print(f"{clip.name}: done already")
            continue
        try:
            bake(character, clip, target)
        except RuntimeError as error:
            failed.append(clip.name)
            print(f"{clip.name}: {str(error).strip()}", file=sys.stderr)
        else:
            print(f"{clip.name}: written to {target}", flush=True)
    return 2 if failed else 0


def bake(character: Path, clip: Path, target: Path) -> None:
    """Put one clip onto the character. Raises RuntimeError with what the operator says."""
    bpy.ops.wm.open_mainfile(filepath=str(character), load_ui=False)
    for item in bpy.context.view_layer.objects:
        item.select_set(item.type == "MESH" and item.visible_get())
    bpy.ops.facsimile.apply_performance(
        filepath=str(clip),
        rate="SCENE",
        start_frame=1.0,
        smooth_mouth=0.05,
        smooth_brows=0.1,
        reduce=True,
        reduce_error=0.005,
    )
    bpy.ops.wm.save_as_mainfile(filepath=str(target), copy=True)


if __name__ == "__main__":
    given = sys.argv[sys.argv.index("--") + 1 :]
    if len(given) != 3:
        sys.exit("Usage: blender -b --python bake_clips.py -- CHARACTER.blend CLIPS OUT")
    sys.exit(main(*(Path(text).resolve() for text in given)))
