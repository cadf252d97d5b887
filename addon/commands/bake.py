"""blender --command facsimile bake: a performance from a file onto a character."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ...backend.errors import Refusal
from ..animation import frame_rate
from ..bake_options import BakeOptions
from ..baking import keyed_data
from ..choices import Where
from ..counting import counted
from ..take_layers import bake_take
from ..takes import Take, read_take
from .bake_arguments import add_bake_arguments, add_clip_arguments, requested_options
from .files import check_blend, chosen_meshes, load, save
from .progress import DONE

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SUMMARY = "put a performance onto the shape keys of a character"

KEYED = "ones with known keys"


def add_arguments(verb: "ArgumentParser") -> None:
    """The character, the performance, and how it is put on."""
    add_clip_arguments(verb)
    add_bake_arguments(verb, KEYED, Where.NEW)


def run(arguments: "Namespace") -> int:
    """Load a scene, put the performance onto it, save. Raises Refusal."""
    check_blend(arguments.out)
    options = requested_options(arguments)
    take = read_take(arguments.performance)
    load(arguments.scene)
    write(take, targets(arguments.objects), options, arguments.out)
    return DONE


def targets(names: Sequence[str] | None, without: Sequence[bpy.types.Object] = ()) -> list[bpy.types.Object]:
    """The named meshes, or all visible ones with known keys, but for those in without. Raises Refusal."""
    found = [item for item in chosen_meshes(names) if item not in without]
    if names is None:
        found = [item for item in found if keyed_data([item])]
    if not found:
        raise Refusal(
            "no-keys", "No visible mesh has a key with the name of a channel.", "Build its face shapes first."
        )
    return found


def write(take: Take, objects: Sequence[bpy.types.Object], options: BakeOptions, out: Path) -> None:
    """Put a take onto meshes, save the scene, and say what was done. Raises Refusal."""
    result = bake_take(take, objects, frame_rate(bpy.context.scene.render), options)
    save(out)
    frames = counted(len(take.motion.weights), "1 frame", "{} frames")
    print(f"{take.name}: {frames} at {take.motion.fps:g} fps")
    for one in result.baked:
        print(f"  {one.summary}")
    for warning in result.warnings:
        print(f"  {warning}")
    print(f"written to {out}", flush=True)
