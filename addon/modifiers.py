"""What an object's modifiers make of its vertices, where they leave their number and order.

Shape keys act before the modifiers, so the look of a face that a lattice or a smoothing has made is not in its keys. We
look at what the modifiers show and bring displacements back through what they do to a small step of each vertex.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix

from ..backend.errors import Refusal

DEFORMING = frozenset(
    (
        "CAST",
        "CORRECTIVE_SMOOTH",
        "CURVE",
        "DISPLACE",
        "HOOK",
        "LAPLACIANDEFORM",
        "LAPLACIANSMOOTH",
        "LATTICE",
        "MESH_CACHE",
        "MESH_DEFORM",
        "MESH_SEQUENCE_CACHE",
        "NODES",
        "SHRINKWRAP",
        "SIMPLE_DEFORM",
        "SMOOTH",
        "SURFACE_DEFORM",
        "WARP",
    )
)
"""Modifiers that move vertices and, but for some node groups, keep their number. The armature is not among them: in its
rest pose it moves nothing. Waves and simulations are not either: what they show is a moment, not a neutral face."""

STEP = 1e-3
"""Share of the mesh's extent by which it is moved to see what the modifiers make of a step."""

WEAK = 0.05
"""Directions in which less than this share of a step is left are taken for blocked."""

HELD = 0.5
"""Share of vertices without any free direction from which the modifiers hold the mesh."""


@dataclass(frozen=True)
class Look:
    """What modifiers show of a mesh in its rest pose, in the object's space. positions: (n, 3) float64. back: (n, 3, 3)
    float32, from a displacement of what is shown to that of the mesh beneath; None where they are the same."""

    positions: np.ndarray
    back: np.ndarray | None


def deforming(item: bpy.types.Object) -> list[str]:
    """The names of the modifiers that move the vertices in the viewport."""
    return [one.name for one in item.modifiers if one.type in DEFORMING and one.show_viewport]


def shown_look(item: bpy.types.Object, basis: np.ndarray, matrix: np.ndarray) -> Look:
    """What the deforming modifiers of an object show of its mesh when its rigs rest.

    basis: (n, 3), where the vertices are. matrix: (4, 4) from the object's space to the world. Left out are modifiers
    that make new vertices, which follow those they are made from, and a node group that does so. Raises Refusal where
    keys could not move anything.

    It is measured on a copy in a scene of its own, both of which are gone afterwards.
    """
    names = deforming(item)
    if not names:
        return Look(basis, None)
    with resting(rigs_of(item)), measuring_copy(item, matrix, names) as show:
        positions = show(basis)
        if positions is None:
            for modifier in [one for one in show.item.modifiers if one.type == "NODES"]:
                show.item.modifiers.remove(modifier)
            positions = show(basis)
        if positions is None or not np.isfinite(positions).all():
            return Look(basis, None)
        response = step_response(show, basis)
    if response is None:
        return Look(positions, None)
    back, free = invert_response(response)
    if free.any(1).mean() < HELD:
        raise Refusal(
            "held",
            f'Modifiers hold the vertices of "{item.name}", so shape keys would not move it: {", ".join(names)}.',
            "Apply them, or switch them off in the viewport.",
        )
    same = np.abs(back - np.eye(3)).max() < 1e-3
    return Look(positions, None if same else back.astype(np.float32))


class Show:
    """Shows points through the modifiers of a copy that stands in a scene of its own."""

    def __init__(self, item: bpy.types.Object, mesh: bpy.types.Mesh, layer: bpy.types.ViewLayer) -> None:
        self.item = item
        self._mesh = mesh
        self._layer = layer

    def __call__(self, points: np.ndarray) -> np.ndarray | None:
        """(n, 3) float64: where the vertices are shown when they are put at points (n, 3); None where it is not the
        same number of vertices any more."""
        self._mesh.vertices.foreach_set("co", np.ascontiguousarray(points, np.float32).reshape(-1))
        self._mesh.update()
        self.item.update_tag()
        self._layer.update()
        graph = self._layer.depsgraph
        shown = self.item.evaluated_get(graph).data if graph is not None else None
        if not isinstance(shown, bpy.types.Mesh) or len(shown.vertices) != len(points):
            return None
        values = np.empty(points.size, np.float32)
        shown.vertices.foreach_get("co", values)
        return values.reshape(-1, 3).astype(np.float64)


@contextmanager
def measuring_copy(item: bpy.types.Object, matrix: np.ndarray, names: Sequence[str]) -> Iterator[Show]:
    """A copy of an object and its mesh, without keys, animation, parent, and other modifiers than these."""
    scene = bpy.data.scenes.new("Facsimile")
    # A mesh made from an object has no keys; those of a copied one would stay in the file when it goes.
    copy, mesh = item.copy(), bpy.data.meshes.new_from_object(item, preserve_all_data_layers=True)
    try:
        copy.data = mesh
        copy.animation_data_clear()
        copy.constraints.clear()
        copy.parent = None
        copy.matrix_world = Matrix(matrix.tolist())
        for modifier in [one for one in copy.modifiers if one.name not in names]:
            copy.modifiers.remove(modifier)
        scene.frame_set(bpy.context.scene.frame_current)
        scene.collection.objects.link(copy)
        yield Show(copy, mesh, scene.view_layers[0])
    finally:
        bpy.data.objects.remove(copy)
        bpy.data.meshes.remove(mesh)
        bpy.data.scenes.remove(scene)


def rigs_of(item: bpy.types.Object) -> list[bpy.types.Armature]:
    """The armatures that an object hangs on or is deformed by, and those that its modifiers' objects hang on."""
    found = [item]
    for one in found:
        linked = [one.parent, *(getattr(modifier, "object", None) for modifier in one.modifiers)]
        found += [other for other in linked if other is not None and other not in found]
    return [one.data for one in found if isinstance(one.data, bpy.types.Armature)]


@contextmanager
def resting(rigs: Sequence[bpy.types.Armature]) -> Iterator[None]:
    """Put armatures into their rest pose for a while, so that lattices and hooks on bones are where the mesh is."""
    posed = [rig for rig in rigs if rig.pose_position == "POSE"]
    for rig in posed:
        rig.pose_position = "REST"
    try:
        yield
    finally:
        for rig in posed:
            rig.pose_position = "POSE"


def step_response(show: Show, basis: np.ndarray) -> np.ndarray | None:
    """(n, 3, 3) float64: what becomes of a small step of each vertex, column by column the axis of the step; measured
    on the mesh moved as a whole, because a shape moves neighbours alike. None where that cannot be told."""
    step = STEP * float(np.ptp(basis, axis=0).max(initial=0.0))
    response = np.empty((len(basis), 3, 3))
    for axis, offset in enumerate(step * np.eye(3)):
        there, back = show(basis + offset), show(basis - offset)
        if there is None or back is None or step == 0.0:
            return None
        response[:, :, axis] = (there - back) / (2 * step)
    return response if np.isfinite(response).all() else None


def invert_response(response: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pseudo-inverse (n, 3, 3) of responses, and which of their three principal directions (n, 3) are free."""
    left, strengths, right = np.linalg.svd(response)
    free = strengths > WEAK
    inverse = np.where(free, 1 / np.where(free, strengths, 1.0), 0.0)
    return np.einsum("nji,nj,nkj->nik", right, inverse, left), free
