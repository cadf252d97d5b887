"""What a performance's head motion and gaze do to the objects and bones that they turn."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import bpy
import numpy as np

from .bake_options import BakeOptions
from .choices import Gaze
from .face_frame import face_frame, shifts_in_world, turns_in_world
from .motion import Motion
from .pose_curves import pivot_of, product, quaternions, turned

if TYPE_CHECKING:
    from ..backend.performance import Performance


def movements(motion: "Performance", meshes: Sequence[bpy.types.Object], options: BakeOptions) -> list[Motion]:
    """What the head's motion and the gaze do to their movers. meshes: of the face. Raises Refusal."""
    found = []
    canonical = face_frame(meshes, options.front)
    head = motion.head.astype(np.float64)
    if options.head is not None:
        rotations = quaternions(turns_in_world(canonical, head[:, :3]))
        shifts = None
        if options.head_location:
            turns = matrices(quaternions(head[:, :3]))
            shifts = shifts_in_world(canonical, turns, head[:, 3:], pivot_of(options.head))
        found.append(turned(options.head, rotations, shifts))
    if options.gaze is Gaze.KEYS:
        return found
    for side, eye in enumerate(options.eyes):
        if eye is not None:
            found.append(turned(eye, eye_turns(motion, side, canonical)))
    return found


def eye_turns(motion: "Performance", side: int, canonical: np.ndarray) -> np.ndarray:
    """(T, 4) quaternions w x y z along the world's axes of the left (0) or right (1) eye against the head."""
    yaw, pitch = motion.gaze[:, 2 * side].astype(np.float64), motion.gaze[:, 2 * side + 1].astype(np.float64)
    angles = np.stack([pitch, yaw, motion.torsion[:, side].astype(np.float64)], axis=1)
    x, y, z = (quaternions(np.where(np.arange(3) == axis, angles, 0.0)) for axis in range(3))
    local = product(y, product(x, z))
    return np.concatenate([local[:, :1], turns_in_world(canonical, local[:, 1:])], axis=1)


def matrices(rotations: np.ndarray) -> np.ndarray:
    """(T, 3, 3) of unit quaternions w x y z (T, 4)."""
    w, x, y, z = rotations.T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), 2, 0)
