"""blender --command facsimile fit-video: a film of a face becomes a scene with a head that acts before its footage."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ...backend.errors import Cancelled
from ..fit_read import fit_film
from ..fit_write import FitOptions, write_film
from ..session import SESSION
from ..steps import WAIT, run_steps
from .files import check_blend, save
from .progress import DONE, INTERRUPTED, StepPrinter

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SUMMARY = "make a head that acts, and a camera, of a film of a face"


def add_arguments(verb: "ArgumentParser") -> None:
    """The film, and where the scene goes."""
    verb.add_argument("film", type=Path, metavar="FILM", help="a film of a face")
    verb.add_argument("--out", type=Path, required=True, metavar="OUT.blend", help="where to write")


def run(arguments: "Namespace") -> int:
    """Fit, make the scene, save. Raises Refusal."""
    check_blend(arguments.out)
    bpy.ops.wm.read_homefile(use_empty=True)
    try:
        fit = run_steps(fit_film(SESSION.queue, WAIT, arguments.film.resolve()), StepPrinter())
    except Cancelled:
        return INTERRUPTED
    scene: Any = bpy.context.scene
    for line in write_film(scene, fit, FitOptions()):
        print(f"  {line}")
    save(arguments.out)
    print(f"written to {arguments.out}", flush=True)
    return DONE
