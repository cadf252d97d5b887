"""Where a face is in the world: from Blender's axes and units to the canonical head's, in metres."""

from collections.abc import Mapping, Sequence
from typing import Any

import bpy
import numpy as np

from .frame import BACKEND_FROM_BLENDER, to_backend
from .roles import AUTOMATIC
from .scene_read import mesh_of


def canonical_from_world(centre: np.ndarray, fields: Mapping[str, Any]) -> np.ndarray | None:
    """(4, 4) float64 of a head whose vertices were sent about their centre (3,), from the backend's answer; None where
    it does not say."""
    try:
        found = np.asarray(fields.get("canonical_from_file"), np.float64)
    except (TypeError, ValueError):
        return None
    if found.shape != (4, 4) or not np.isfinite(found).all() or not np.linalg.det(found[:3, :3]) > 0:
        return None
    file_from_world = np.eye(4)
    file_from_world[:3, :3] = BACKEND_FROM_BLENDER
    file_from_world[:3, 3] = -to_backend(centre)
    return found @ file_from_world


def record_face(mesh: bpy.types.Mesh, canonical: np.ndarray | None) -> None:
    """Keep with a mesh where its face is, (4, 4)."""
    mesh.facsimile.canonical = np.zeros(16) if canonical is None else canonical.reshape(-1)


def face_frame(objects: Sequence[bpy.types.Object], front: str = AUTOMATIC) -> np.ndarray:
    """(4, 4) float64, canonical from world: as it was recorded when the shapes of one of the objects were built. Where
    it was not, or a front is said, the face looks along that axis, or along -Y, and a metre is the scene's."""
    if front == AUTOMATIC:
        for item in objects:
            kept = np.array(mesh_of(item).facsimile.canonical, np.float64).reshape(4, 4)
            if kept[3, 3]:
                return kept
    result = np.eye(4)
    result[:3, :3] = axes_of(front) * bpy.context.scene.unit_settings.scale_length
    return result


def axes_of(front: str) -> np.ndarray:
    """(3, 3) rotation from Blender's world to x to the face's left, y up, z out of it."""
    if front in (AUTOMATIC, "-Y"):
        return BACKEND_FROM_BLENDER
    out = np.zeros(3)
    out["XYZ".index(front[1])] = 1.0 if front[0] == "+" else -1.0
    # Of a face that looks up or down, the crown is taken to be at the back of the front view.
    up = np.array([0.0, 1.0, 0.0]) if front[1] == "Z" else np.array([0.0, 0.0, 1.0])
    return np.stack([np.cross(up, out), up, out])


def turns_in_world(canonical: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Rotation vectors or axes (..., 3) along the canonical head's axes, as they are along the world's."""
    linear = canonical[:3, :3] / np.cbrt(np.linalg.det(canonical[:3, :3]))
    return vectors @ linear


def shifts_in_world(canonical: np.ndarray, rotations: np.ndarray, shifts: np.ndarray, pivot: np.ndarray) -> np.ndarray:
    """(T, 3) how far a point of the world moves with a head whose motion is rotations (T, 3, 3) and shifts (T, 3) in
    the canonical frame. pivot: (3,)."""
    place = canonical[:3, :3] @ pivot + canonical[:3, 3]
    moved = rotations @ place + shifts - place
    return moved @ np.linalg.inv(canonical[:3, :3]).T
