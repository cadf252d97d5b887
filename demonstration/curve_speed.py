"""How fast Blender is given the curves of a long clip."""

import argparse
import importlib
import json
import os
import sys
import time
from pathlib import Path

import numpy as np

from demonstration.__main__ import step, throw_away_profile

CURVES, FRAMES, TIMES = 52, 10_000, 5


def main() -> None:
    """Write the seconds of every time to a file."""
    parser = argparse.ArgumentParser(prog="demonstration.curve_speed", description=__doc__)
    parser.add_argument("--zip", type=Path, required=True, help="the packed extension")
    parser.add_argument("--json", type=Path, required=True, help="where the figures go")
    options = parser.parse_args()
    with throw_away_profile():
        seconds = measure(options.zip.resolve())
        options.json.write_text(json.dumps({"seconds": seconds}), encoding="utf-8")
    # Blender as a module waits for ever for what add-ons of its own have left.
    sys.stdout.flush()
    os._exit(0)


def measure(extension: Path) -> list[float]:
    """Seconds of processor time, TIMES, that CURVES new curves of FRAMES keys took each time, on shape keys."""
    with step("Writing curves"):
        import bpy

        from demonstration import extension_use

        bpy.ops.wm.read_homefile(use_empty=True)
        extension_use.install(extension)
        animation, curves = (
            importlib.import_module(f"{extension_use.MODULE}.addon.{name}") for name in ("animation", "curves")
        )
        bpy.ops.mesh.primitive_cube_add()
        names = [f"Key {number}" for number in range(CURVES + 1)]
        blocks = [bpy.context.object.shape_key_add(name=name) for name in names]
        values = np.random.default_rng(0).random((FRAMES, CURVES)).astype(np.float32)
        taken = []
        for number in range(TIMES):
            motion = animation.key_motion(blocks[0].id_data, names[1:], values)
            started = time.process_time()
            curves.write_curves(motion.owner, f"Clip {number}", motion.channels, np.arange(FRAMES), motion.values)
            taken.append(time.process_time() - started)
    return taken


if __name__ == "__main__":
    main()
