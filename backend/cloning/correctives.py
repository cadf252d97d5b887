"""Corrective keys: what the sum of two keys needs where it drives lips into teeth, or lids through each other.

A corrective counts as much as the weaker of its two keys ("lowest weighting" of combination shapes) and not as their
product, because so does what it corrects: two keys at a half collide about half as deep.
"""

from dataclasses import dataclass

import numpy as np

from backend.channels import CHANNEL
from backend.cloning.attach import attach
from backend.cloning.collisions import CHANNELS, Eye, Face, Shell, correct_combinations
from backend.cloning.contours import find_contours
from backend.cloning.parts import ROLE, find_parts
from backend.cloning.result import Shapes
from backend.cloning.teeth import bite
from backend.geometry.clean import clean
from backend.geometry.mesh import FaceMesh
from backend.geometry.similarity import apply_transform

TEETH = ("teeth_upper", "teeth_lower")


@dataclass(frozen=True)
class Corrective:
    """A shape that belongs to two others. of: their names; its weight is the lower of theirs. deltas: (N, 3) float32,
    in the user's vertex order, units and frame."""

    name: str
    of: tuple[str, str]
    deltas: np.ndarray


def find_correctives(mesh: FaceMesh, shapes: Shapes) -> tuple[Corrective, ...]:
    """Corrective keys for a mesh and the shapes that were built for it, in the names that these have; none for pairs
    whose sum does not collide. Raises ValueError for shapes that do not say where the skin lies."""
    if shapes.canonical is None:
        raise ValueError("correctives need the shapes' canonical positions")
    prepared = clean(mesh)
    first = prepared.first_user
    points = apply_transform(shapes.canonical_from_file, prepared.vertices)
    parts = find_parts(points, prepared.triangles, prepared.components, prepared.objects, mesh.object_names)
    numbers = np.flatnonzero(np.isfinite(shapes.canonical[first]).all(1))
    own = np.zeros(len(points), bool)
    own[numbers] = True
    triangles = np.searchsorted(numbers, prepared.triangles[own[prepared.triangles].all(1)])
    linear = shapes.canonical_from_file[:3, :3]
    written = dict(zip(shapes.names, shapes.deltas, strict=True))
    moved = {channel: written[_written_as(channel, shapes)][first] @ linear.T for channel in CHANNELS}
    lower = np.flatnonzero(parts.roles == ROLE["teeth_lower"])
    contours = find_contours(points[numbers], triangles, shapes.canonical[first][numbers], None, parts.eyes)
    rows = [prepared.triangles[(parts.roles == ROLE[row])[prepared.triangles].all(1)] for row in TEETH]
    face = Face(
        points[numbers],
        triangles,
        np.any([field[numbers].any(1) for field in moved.values()], axis=0),
        {channel: field[numbers] for channel, field in moved.items()},
        points[lower],
        {channel: field[lower] for channel, field in moved.items()},
        contours["mouth"],
        bite(points[numbers], triangles, contours["mouth"], points, rows),
        (
            Eye(contours["eye_left"], parts.eyes[0], _shells(points, prepared.triangles, parts.roles, "eye_left")),
            Eye(contours["eye_right"], parts.eyes[1], _shells(points, prepared.triangles, parts.roles, "eye_right")),
        ),
    )
    fixes = correct_combinations(face)
    fields = np.array(list(fixes.values()), np.float32).reshape(-1, len(numbers), 3)
    names = tuple(corrective_name(*pair) for pair in fixes)
    riding = attach(points, prepared.triangles, prepared.components, parts, face.points, triangles, fields, names)
    result = []
    for pair, field, carried in zip(fixes, fields, riding.deltas, strict=True):
        whole = np.zeros((len(points), 3), np.float32)
        whole[riding.numbers] = carried
        whole[numbers] += field
        deltas = (whole @ np.linalg.inv(linear).T.astype(np.float32))[prepared.from_user]
        deltas[prepared.from_user < 0] = 0.0
        one, other = (_written_as(channel, shapes) for channel in pair)
        result.append(Corrective(corrective_name(one, other), (one, other), deltas))
    return tuple(result)


def corrective_name(first: str, second: str) -> str:
    """The name of the key that corrects two keys together; no vocabulary has names that end so."""
    return f"{first}_{second}_corrective"


def _written_as(channel: str, shapes: Shapes) -> str:
    """The name that a channel has among the shapes: its own, or ARKit's."""
    return channel if channel in shapes.names else CHANNEL[channel].arkit or channel


def _shells(points: np.ndarray, triangles: np.ndarray, roles: np.ndarray, role: str) -> Shell | None:
    mine = triangles[(roles == ROLE[role])[triangles].all(1)]
    return (points, mine) if len(mine) else None
