"""Values of controls as F-curves: of shape keys, of pose bones in their rotation mode, of custom properties."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import bpy
import numpy as np

from ..backend.rigs.uses import REST
from .bake_options import BakeOptions
from .baking import Result, frames_of
from .bone_controls import WHOLE, attribute
from .controls import Control, Kind
from .curves import write_motions
from .motion import Channel, Motion, merged
from .movements import movements
from .puppet import Character, meshes_of, owners_of
from .retargeting import Retargeted

if TYPE_CHECKING:
    from ..backend.performance import Performance


def bake_controls(
    result: Retargeted, motion: "Performance", name: str, frames_per_second: float, options: BakeOptions
) -> Result:
    """Write what was found for the controls that are used, and what the performance has the movers of the options do.

    motion: the performance, as the options want it. frames_per_second: the scene's. Raises Refusal, with the scene as
    it was.
    """
    moved = movements(motion, meshes_of(result.character), options)
    used = np.array([result.mapping[one.name].use != REST for one in result.character.controls])
    motions = merged([*control_motions(result.character, result.values, used), *moved])
    return Result(write_motions(motions, name, frames_of(motion, options, frames_per_second), options))


def control_motions(character: Character, values: np.ndarray, used: np.ndarray) -> list[Motion]:
    """What values of the used controls are for each data-block. values: (T, K), in Blender's units. used: (K,) bool.
    Raises Refusal where something of the character is gone."""
    owners = owners_of(character, meshes_of(character))
    found: dict[int, list[tuple[Channel, np.ndarray, float]]] = {}
    for at in np.flatnonzero(used):
        one = character.controls[at]
        if one.kind is Kind.ROTATION:
            continue
        # A key's error is one of its value, however far the key may go.
        scale = 1.0 if one.kind is Kind.KEY else one.maximum - one.minimum
        for place in one.places:
            channel = Channel(place.path)
            if one.kind not in (Kind.KEY, Kind.PROPERTY):
                bone = owners[place.uid].path_resolve(place.path)
                channel = Channel(f"{place.path}.{attribute(bone, one.kind)}", one.index, bone.name)
            found.setdefault(place.uid, []).append((channel, values[:, at], scale))
    for place, turns in rotations(character.controls, used).items():
        bone = owners[place[0]].path_resolve(place[1])
        path = f"{place[1]}.{attribute(bone, Kind.ROTATION)}"
        ranges = {axis: character.controls[at].maximum - character.controls[at].minimum for axis, at in turns.items()}
        if bone.rotation_mode in WHOLE:
            vectors = np.zeros((len(values), 3))
            for axis, at in turns.items():
                vectors[:, axis] = values[:, at]
            # Small turns change a quaternion by half their angle.
            scale = max(ranges.values()) / 2
            columns = [(index, column, scale) for index, column in enumerate(as_mode(vectors, bone.rotation_mode).T)]
        else:
            columns = [(axis, values[:, at], ranges[axis]) for axis, at in turns.items()]
        for index, column, scale in columns:
            found.setdefault(place[0], []).append((Channel(path, index, bone.name), column, scale))
    return [motion_of(owners[uid], rows) for uid, rows in found.items()]


def motion_of(owner: bpy.types.ID, rows: Sequence[tuple[Channel, np.ndarray, float]]) -> Motion:
    """Of channels, each with its values (T,) and what counts as 1 in it."""
    channels, columns, scales = zip(*rows, strict=True)
    return Motion(owner, channels, np.stack(columns, axis=1), np.array(scales))


def rotations(controls: Sequence[Control], used: np.ndarray) -> dict[tuple[int, str], dict[int, int]]:
    """For each bone with a used rotation, by data-block and path, the control of each axis."""
    found: dict[tuple[int, str], dict[int, int]] = {}
    for at in np.flatnonzero(used):
        one = controls[at]
        if one.kind is Kind.ROTATION:
            found.setdefault((one.places[0].uid, one.places[0].path), {})[one.index] = int(at)
    return found


def as_mode(vectors: np.ndarray, mode: str) -> np.ndarray:
    """(T, 4): rotation vectors (T, 3) as quaternions w x y z, or as angles and axes."""
    angles = np.linalg.norm(vectors, axis=1, keepdims=True)
    if mode == "QUATERNION":
        return np.concatenate([np.cos(angles / 2), vectors * 0.5 * np.sinc(angles / (2 * np.pi))], axis=1)
    # Around rest the axis stays the one of the largest turn, or it would spin while the angle goes through 0.
    main = vectors[int(angles.argmax())]
    length = float(np.linalg.norm(main))
    axis = main / length if length > 0 else np.array([0.0, 1.0, 0.0])
    axes = np.divide(vectors, angles, out=np.tile(axis, (len(vectors), 1)), where=angles > 1e-9)
    signs = np.where((axes * axis).sum(1, keepdims=True) < 0, -1.0, 1.0)
    return np.concatenate([angles * signs, axes * signs], axis=1)
