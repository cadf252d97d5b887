"""A head fitted again from landmarks that the user has put right: the same meshes, keys and cameras, moved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import bpy
import numpy as np

from ..backend.errors import Refusal
from ..backend.fitting.corrections import Corrections
from .counting import counted
from .fit_camera import place_camera
from .fit_head import set_values
from .fit_read import PhotoFit, fit_again
from .fit_texture import is_painted, place_photos
from .fit_views import MAP, keep_corrections, read_views, upright_of, with_points
from .fitted_head import meshes_of, vertex_numbers
from .head_shape import HEAD_SHAPE
from .held import find_objects, numbers_of
from .identity import identity_basis
from .jobs import JobQueue
from .scene_read import mesh_of
from .steps import Steps, ask

Points = Mapping[str, Mapping[int, tuple[float, float, float]]]
"""Of each photograph, by its camera's name, of the first by an empty one: landmarks' numbers to x and y in pixels and a
weight, 0 for the usual one."""


@dataclass(frozen=True)
class Corrected:
    """What a head becomes. head, cameras: their numbers. corrections: of each camera's photograph."""

    head: int
    cameras: tuple[int, ...]
    corrections: tuple[Corrections, ...]
    fit: PhotoFit


def corrected_views(head: bpy.types.Object, points: Points, anew: bool) -> list[Corrections]:
    """The corrections of each of a head's photographs with some more points, or with these alone. Raises Refusal."""
    views = read_views(head)
    names = [camera.name for camera, _ in views]
    if unknown := sorted(set(points) - {*names, ""}):
        raise Refusal(
            "no-photograph", f'"{unknown[0]}" is no camera of this head.', f"Its photographs' are {', '.join(names)}."
        )
    given = [dict(points.get(name, {})) for name in names]
    given[0] |= points.get("", {})
    return [with_points(view, own, anew) for (_, view), own in zip(views, given, strict=True)]


def correct(
    queue: JobQueue, patience: float, head: bpy.types.Object, corrections: Sequence[Corrections]
) -> Steps[Corrected]:
    """Step by step, a head fitted again. corrections: of each of its photographs. Raises Refusal, and Cancelled."""
    views = read_views(head)
    held = numbers_of([head])[0], numbers_of([camera for camera, _ in views])
    arrays = {
        "found": np.array([view.found for _, view in views], np.float32),
        "landmarks": np.array([one.landmarks for one in corrections], np.float32),
        "weights": np.array([one.weights for one in corrections], np.float32),
        "sizes": np.array([view.size for _, view in views], np.int32),
        "focals": np.array([view.focal for _, view in views], np.float32),
    }
    if HEAD_SHAPE.basis is None:
        HEAD_SHAPE.basis = identity_basis((yield from ask(queue, "head_basis", patience, (0.0, 0.05), {}, {})))
    fit = yield from fit_again(queue, patience, arrays)
    return Corrected(*held, tuple(corrections), fit)


def write_correction(made: Corrected) -> tuple[str, ...]:
    """Move a head's meshes, keys and cameras to where it was fitted again. Objects, materials and actions stay; what
    curves or drivers move is left to these. Returns what was done, in sentences. Raises Refusal, with the scene as it
    was."""
    (head,), cameras, fit = find_objects([made.head]), find_objects(made.cameras), made.fit
    meshes = meshes_of(head)
    numbers = {item: vertex_numbers(mesh_of(item), len(fit.head.vertices)) for item in meshes}
    HEAD_SHAPE.set(head, fit.head.identity)
    set_values(meshes, fit.head.names, fit.channels[0])
    stands = np.array(head.matrix_world)
    for number, (camera, corrections) in enumerate(zip(cameras, made.corrections, strict=True)):
        height, width = fit.sizes[number].tolist()
        place_camera(camera, stands, fit.pose[number], fit.intrinsics[number], (height, width))
        keep_corrections(camera, corrections)
    painted = {item: numbers[item] for item in meshes if is_painted(mesh_of(item))}
    maps = {int(camera[MAP]): number for number, camera in enumerate(cameras) if isinstance(camera.get(MAP), int)}
    if maps:
        place_photos(painted, maps, [upright_of(camera) for camera in cameras], fit)
    head.update_tag()
    count = sum(int(np.isfinite(one.landmarks).all(1).sum()) for one in made.corrections)
    return (counted(count, "Fitted again with 1 corrected point", "Fitted again with {} corrected points"),)
