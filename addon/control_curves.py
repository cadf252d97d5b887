"""Values of controls as F-curves: of shape keys, of pose bones in their rotation mode, of custom properties."""

from collections.abc import Sequence

import numpy as np

from ..backend.rigs.uses import REST
from .bone_controls import WHOLE, attribute
from .choices import Where
from .controls import Control, Kind
from .curves import Baked, Channel, Placement, write_curves
from .puppet import Character, owners_of
from .retargeting import Retargeted
from .scene_write import find_object

KEEPING = Placement(Where.REPLACE)
"""Other curves of the owner's action stay: a body's animation goes on."""


def write_controls(
    character: Character,
    values: np.ndarray,
    used: np.ndarray,
    frames: np.ndarray,
    name: str,
    placement: Placement = KEEPING,
) -> list[Baked]:
    """Write the used controls' values (T, K), in Blender's units, at frames (T,) of the scene. used: (K,) bool.

    An owner that has an action gets its curves there, in place of the same channels' curves alone; others get a new
    action of this name. Raises Refusal.
    """
    meshes = [find_object(piece) for piece in character.head.pieces]
    owners = owners_of(character, meshes)
    channels: dict[int, list[Channel]] = {}
    columns: dict[int, list[np.ndarray]] = {}

    def add(uid: int, channel: Channel, column: np.ndarray) -> None:
        channels.setdefault(uid, []).append(channel)
        columns.setdefault(uid, []).append(column)

    for at in np.flatnonzero(used):
        one = character.controls[at]
        if one.kind is Kind.ROTATION:
            continue
        for place in one.places:
            owner = owners[place.uid]
            if one.kind in (Kind.KEY, Kind.PROPERTY):
                add(place.uid, Channel(place.path), values[:, at])
            else:
                bone = owner.path_resolve(place.path)
                path = f"{place.path}.{attribute(bone, one.kind)}"
                add(place.uid, Channel(path, one.index, bone.name), values[:, at])
    for place, turns in rotations(character.controls, used).items():
        bone = owners[place[0]].path_resolve(place[1])
        path = f"{place[1]}.{attribute(bone, Kind.ROTATION)}"
        vectors = np.zeros((len(values), 3))
        for axis, at in turns.items():
            vectors[:, axis] = values[:, at]
        if bone.rotation_mode in WHOLE:
            for index, column in enumerate(as_mode(vectors, bone.rotation_mode).T):
                add(place[0], Channel(path, index, bone.name), column)
        else:
            for axis in turns:
                add(place[0], Channel(path, axis, bone.name), vectors[:, axis])
    return [
        write_curves(owners[uid], name, channels[uid], frames, np.stack(columns[uid], axis=1), placement)
        for uid in channels
    ]


def write_used(
    result: Retargeted, start_frame: float, frames_per_second: float, name: str, placement: Placement = KEEPING
) -> list[Baked]:
    """Write what was found for the controls that are used, from a frame of the scene on. Raises Refusal."""
    frames = start_frame + np.arange(len(result.values)) * (frames_per_second / result.fps)
    used = np.array([result.mapping[one.name].use != REST for one in result.character.controls])
    return write_controls(result.character, result.values, used, frames, name, placement)


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
