"""blender --command facsimile fit-photo: photographs of one person become a scene with a head and cameras."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ...backend.errors import Cancelled
from ..fit_read import fit_photos
from ..fit_write import FitOptions, write_photos
from ..session import SESSION
from ..steps import WAIT, run_steps
from .files import check_blend, save
from .progress import DONE, INTERRUPTED, StepPrinter

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SUMMARY = "make a head with keys, and cameras, of photographs of one person"


def add_arguments(verb: "ArgumentParser") -> None:
    """The photographs, and where the scene goes."""
    verb.add_argument("photos", type=Path, nargs="+", metavar="PHOTO", help="photographs of one person")
    verb.add_argument("--out", type=Path, required=True, metavar="OUT.blend", help="where to write")
    verb.add_argument("--no-texture", action="store_true", help="leave out the colours of the photograph")


def run(arguments: "Namespace") -> int:
    """Fit, make the scene, save. Raises Refusal."""
    check_blend(arguments.out)
    bpy.ops.wm.read_homefile(use_empty=True)
    paths = [path.resolve() for path in arguments.photos]
    try:
        fit = run_steps(fit_photos(SESSION.queue, WAIT, paths), StepPrinter())
    except Cancelled:
        return INTERRUPTED
    scene: Any = bpy.context.scene
    for line in write_photos(scene, fit, FitOptions(texture=not arguments.no_texture)):
        print(f"  {line}")
    save(arguments.out)
    print(f"written to {arguments.out}", flush=True)
    return DONE
