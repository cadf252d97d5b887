"""Where the eyeballs look, and the eyeLook codes that stand for it."""

import numpy as np
from scipy.spatial.transform import Rotation

from backend.channels import recognise
from backend.cloning.head_motion import rigid_motions
from backend.geometry.sphere import fit_sphere

SEEN = np.radians(1.0)
"""Eyes that never turn by as much do not turn: the source has none, or keeps them still."""

OFF = 0.25
"""An eye part that misses a rotation by more than this share of its radius is no eyeball."""


def eye_rotations(neutral: np.ndarray, frames: np.ndarray) -> np.ndarray | None:
    """(T, 3) yaw, pitch and roll in radians of an eyeball, as Performance has them: its rotation is Ry(yaw) Rx(pitch)
    Rz(roll). None where the points are no ball, or do not turn about its centre.

    neutral: (e, 3) and frames: (T, e, 3), the vertices of an eye in the canonical frame, without the head's motion.
    """
    if len(neutral) < 6:
        return None
    center, radius, _ = fit_sphere(neutral)
    if not np.isfinite(radius):
        return None
    # A mirror image of every point on the other side of the centre keeps the centre where it is.
    source, target = neutral - center, frames - center
    rotations, _ = rigid_motions(
        np.concatenate([source, -source]), np.concatenate([target, -target], axis=1), np.ones(2 * len(source))
    )
    off = np.linalg.norm(source @ np.swapaxes(rotations, 1, 2) - target, axis=2)
    if np.sqrt(np.square(off).mean(1)).max() > OFF * radius:
        return None
    return np.stack(angles(rotations), axis=1)


def angles(rotations: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """yaw, pitch and roll (T,) of rotations (T, 3, 3) = Ry(yaw) Rx(pitch) Rz(roll)."""
    yaw, pitch, roll = Rotation.from_matrix(rotations).as_euler("YXZ").T
    return yaw, pitch, roll


def look_sizes(names: tuple[str, ...], turns: np.ndarray) -> dict[str, float]:
    """The radians that an eyeball turns at each eyeLook channel that turns it. turns: (K, 3) yaw, pitch and roll for
    each of names."""
    result = {}
    for name, turn in zip(names, turns, strict=True):
        size = float(np.abs(turn[:2]).max())
        if _direction(name) and size > SEEN:
            result[name] = size
    return result


def look_codes(names: tuple[str, ...], side: str, turns: np.ndarray, full: dict[str, float]) -> dict[str, np.ndarray]:
    """Codes (T,) in 0..1 of one eye's eyeLook channels. side: "L" or "R". turns: (T, 3) of that eye. full: radians that
    each channel stands for, as look_sizes gives them."""
    outward = turns[:, 0] if side == "L" else -turns[:, 0]
    amounts = {"Out": outward, "In": -outward, "Down": turns[:, 1], "Up": -turns[:, 1]}
    result = {}
    for name in names:
        if name in full and _direction(name) and _side(name) == side:
            result[name] = np.clip(amounts[_direction(name)] / full[name], 0.0, 1.0)
    return result


def _direction(name: str) -> str:
    """In, Out, Up or Down for an eyeLook channel of any spelling, else nothing."""
    channel = recognise(name)
    stem = channel[0].rpartition("_")[0] if len(channel) == 1 else ""
    return stem.removeprefix("eyeLook") if stem.startswith("eyeLook") else ""


def _side(name: str) -> str:
    return recognise(name)[0][-1]
