"""blender --command facsimile clone: what moves in a scene becomes a performance, for a character or for a file."""

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ...backend.errors import Cancelled, Refusal
from ..choices import Neutral, Where
from ..clip_read import source_meshes
from ..clone import CloneOptions, clone_mesh
from ..key_values import clone_values
from ..session import SESSION
from ..steps import WAIT, run_steps
from ..takes import Take, check_take_place, save_take
from .bake import KEYED, targets, write
from .bake_arguments import add_bake_arguments, requested_options
from .files import check_blend, load
from .progress import DONE, INTERRUPTED, StepPrinter

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SUMMARY = "read a performance from a mesh or keys in motion, for a character or a file"


def add_arguments(verb: "ArgumentParser") -> None:
    """The source, how it is read, and where its performance goes."""
    verb.add_argument("scene", type=Path, metavar="SCENE", help="a .blend, or another file with an animated head")
    verb.add_argument(
        "--source", required=True, metavar="OBJECT", help="the mesh that moves, or what its meshes hang on"
    )
    verb.add_argument("--keys", action="store_true", help="read its shape keys' values, not how its mesh moves")
    verb.add_argument(
        "--neutral",
        default="automatic",
        metavar="REST",
        help="its face at rest: automatic, rest (the rest pose), or a frame",
    )
    verb.add_argument("--frames", metavar="FIRST-LAST", help="(default: the scene's)")
    verb.add_argument("--save", type=Path, metavar="TAKE", help="write the performance to a .csv or an .npz")
    verb.add_argument("--out", type=Path, metavar="OUT.blend", help="put it onto the character and write the scene")
    add_bake_arguments(verb, KEYED, Where.NEW)


def run(arguments: "Namespace") -> int:
    """Load a scene, read the source, put its performance where it is wanted. Raises Refusal."""
    if arguments.out is None and arguments.save is None:
        raise Refusal("no-output", "Nothing says where the performance goes.", "Give --out, --save or both.")
    if arguments.out is not None:
        check_blend(arguments.out)
    if arguments.save is not None:
        check_take_place(arguments.save)
    baking = requested_options(arguments)
    load(arguments.scene)
    scene: Any = bpy.context.scene
    source = scene.objects.get(arguments.source)
    if source is None:
        raise Refusal("no-source", f'There is no object "{arguments.source}" in the scene.', "Check its name.")
    read = source_meshes(source)
    acting = targets(arguments.objects, read) if arguments.out is not None else []
    options = requested_range(arguments)
    if arguments.keys:
        steps = clone_values(scene, read, options.first, options.last)
    else:
        steps = clone_mesh(scene, source, acting, options, SESSION.queue, WAIT)
    try:
        motion = run_steps(steps, StepPrinter())
    except Cancelled:
        return INTERRUPTED
    take = Take(motion.source or source.name, motion, options.first)
    if arguments.save is not None:
        save_take(take, arguments.save)
        print(f"written to {arguments.save}", flush=True)
    if arguments.out is not None:
        start = float(options.first) if arguments.start is None else arguments.start
        write(take, acting, replace(baking, start=start), arguments.out)
    return DONE


def requested_range(arguments: "Namespace") -> CloneOptions:
    """The frames and the rest that the flags ask for. Raises Refusal."""
    scene = bpy.context.scene
    first, last = scene.frame_start, scene.frame_end
    if arguments.frames is not None:
        found = re.fullmatch(r"(-?\d+)-(-?\d+)", arguments.frames)
        if found is None:
            raise Refusal("bad-option", f"{arguments.frames} is no range of frames.", "Write it like 1-250.")
        first, last = int(found[1]), int(found[2])
    if arguments.neutral in ("automatic", "rest"):
        return CloneOptions(first, last, Neutral(arguments.neutral.upper()))
    if re.fullmatch(r"-?\d+", arguments.neutral) is None:
        raise Refusal("bad-option", f"{arguments.neutral} is no look at rest.", "Give automatic, rest or a frame.")
    return CloneOptions(first, last, Neutral.FRAME, int(arguments.neutral))
