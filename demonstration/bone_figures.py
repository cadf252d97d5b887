"""How well a recording lands on a face of bones, Blender's Rigify or MPFB's, beside two simpler ways, measured on the
evaluated meshes."""

import argparse
import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from backend.capture import read_performance
from backend.channels import ARKIT_NAMES
from backend.rigs.calm import roughness
from backend.rigs.names import named
from demonstration.__main__ import step, throw_away_profile

COLLECTIONS = ("Face", "Face (Primary)", "Face (Secondary)")
"""Rigify's bone collections that have the controls of the face."""


def main() -> None:
    """Print the figures of one run as JSON, or write them to a file."""
    parser = argparse.ArgumentParser(prog="demonstration.bone_figures", description=__doc__)
    parser.add_argument("--zip", type=Path, required=True, help="the packed extension")
    parser.add_argument("--clip", type=Path, required=True, help="a capture file")
    parser.add_argument("--json", type=Path, help="where the figures go")
    parser.add_argument("--mpfb", type=Path, help="MPFB's data folder: its head on its Rigify, in the place of ours")
    parser.add_argument("--standard", action="store_true", help="MPFB's head on its default rig")
    parser.add_argument("--save", type=Path, help="also the animated .blend")
    options = parser.parse_args()
    with throw_away_profile():
        figures = measure(options.zip.resolve(), options.clip.resolve(), options.save, options.mpfb, options.standard)
        text = json.dumps(figures, indent=1)
        if options.json:
            options.json.write_text(text, encoding="utf-8")
        print(text, flush=True)
    # Blender as a module waits for ever for what add-ons of its own have left.
    sys.stdout.flush()
    os._exit(0)


def measure(
    extension: Path, clip: Path, save: Path | None, mpfb: Path | None = None, standard: bool = False
) -> dict[str, Any]:
    """Shares of the motion missed, by region, of ours and of the simpler ways, and what else is wanted of curves."""
    with step("Building the rig"):
        import bpy

        from demonstration import extension_use
        from demonstration.mpfb_head import add_mpfb_head, face_bones
        from demonstration.mpfb_rigify import add_mpfb_rigify
        from demonstration.rigify_head import add_rigify_head

        bpy.ops.wm.read_homefile(use_empty=True)
        extension_use.install(extension)
        if mpfb is None:
            rig, meshes = add_rigify_head()
        else:
            rig, meshes = add_mpfb_head(mpfb) if standard else add_mpfb_rigify(mpfb)
        bpy.context.view_layer.update()
        select_bones(rig, face_bones(rig) if standard else rigify_controls(rig))
        extension_use.select(meshes)
    with step("Animating its controls"):
        started = time.perf_counter()
        bpy.ops.facsimile.retarget(filepath=str(clip))
        seconds = time.perf_counter() - started
    if save is not None:
        bpy.ops.wm.save_as_mainfile(filepath=str(save.resolve()), copy=True)
    state = importlib.import_module(f"{extension_use.MODULE}.addon.rig_state")
    result = state.RIG.result
    channels = read_performance(clip).named(ARKIT_NAMES).weights.astype(np.float64)
    controls = result.character.controls
    low, high = (np.array([getattr(one, name) for one in controls]) for name in ("minimum", "maximum"))
    values = result.values
    with step("Measuring the simpler ways"):
        plain = shares(extension_use.MODULE, result, least_squares(result, channels))
        names = shares(extension_use.MODULE, result, by_names(result, channels))
    return {
        "controls": int((np.ptp(values, axis=0) > 0).sum()),
        "frames": len(values),
        "seconds": seconds,
        "regions": ["face", *result.regions],
        "ours": share(result.residual, result.wanted).tolist(),
        "plain": plain.tolist(),
        "names": names.tolist(),
        "millimetres": (1000 * np.sqrt(np.square(result.residual).mean(0))).tolist(),
        "rounds": [1000 * one for one in result.rounds],
        "beyond": float(np.maximum(low - values, values - high).max()),
        "rough": float(roughness(values).max() / roughness(channels).max()),
    }


def rigify_controls(rig: Any) -> set[str]:
    """The face's controls."""
    return {bone.name for name in COLLECTIONS for bone in rig.data.collections_all[name].bones}


def select_bones(rig: Any, chosen: set[str]) -> None:
    """Select bones, as an animator would."""
    for bone in rig.pose.bones:
        owner = bone if hasattr(bone, "select") else bone.bone
        owner.select = bone.name in chosen


def least_squares(result: Any, channels: np.ndarray) -> np.ndarray:
    """(T, K) values, in Blender's units, of plain least squares without bounds on the same controls, straight from
    rest, each vertex by its weight."""
    aim = result.aim
    root = np.sqrt(aim.goal.weights[0])[:, None]
    rows = (aim.deltas * root).reshape(len(aim.deltas), -1).astype(np.float64)
    wanted = (aim.goal.shapes * root).reshape(len(ARKIT_NAMES), -1)
    found = np.linalg.lstsq(rows @ rows.T, rows @ wanted.T, rcond=None)[0]
    values = np.tile(result.character.rest, (len(channels), 1))
    used = np.flatnonzero([result.mapping[one.name].use != "rest" for one in result.character.controls])
    values[:, used] += channels @ found.T
    return values


def by_names(result: Any, channels: np.ndarray) -> np.ndarray:
    """(T, K) values where only controls move whose names are a channel's."""
    values = np.tile(result.character.rest, (len(channels), 1))
    for at, one in enumerate(result.character.controls):
        for channel, part in named(one.name).items():
            values[:, at] += part * channels[:, ARKIT_NAMES.index(channel)]
    return values


def shares(module: str, result: Any, values: np.ndarray) -> np.ndarray:
    """(R + 1,) shares of the motion that values (T, K) miss, measured on the scene."""
    puppet = importlib.import_module(f"{module}.addon.puppet").puppet
    aim, missed = result.aim, []
    with puppet(result.character) as show:
        for frame in result.frames:
            motion = show(values[frame] - result.character.rest)[aim.goal.seen] - aim.neutral
            wanted = aim.lead.wanted(np.array([frame]), aim.goal, aim.deltas)
            missed.append(aim.goal.missed(motion[None], wanted)[0])
    return share(np.array(missed), result.wanted)


def share(missed: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(R + 1,) root mean squares over frames of missed (F, R + 1), as shares of those of wanted."""
    return np.sqrt(np.square(missed).sum(0) / np.maximum(np.square(wanted).sum(0), 1e-300))


if __name__ == "__main__":
    main()
