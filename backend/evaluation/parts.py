"""How well eyes, teeth, tongue and what rides on the skin move with a face, measured on the written shapes alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from backend.cloning.attach import JAW, rigid_motion
from backend.cloning.shapes import Shapes, build_shapes
from backend.errors import Refusal
from backend.geometry.closest import closest_points
from backend.geometry.mesh import PARTS, FaceMesh
from backend.geometry.operators import vertex_normals
from backend.geometry.read import read_head
from backend.geometry.similarity import apply_transform
from backend.geometry.sphere import fit_sphere

BuildShapes = Callable[[FaceMesh], Shapes]

EYE_OPENING = 0.01
"""Metres at a real head's size, where the character's own could not be measured."""

BURIED = 0.0002
"""Metres at a real head's size: what lay outside of the skin counts as buried when it gets this far inside."""

ROOT = 0.002
"""Metres: a vertex of lashes this near to the skin hangs on it. Further out lashes point at other skin, which comes
nearer when the eye closes, as it should."""

NEAR = 0.03
"""Metres around what rides on it in which skin is looked at."""


@dataclass(frozen=True)
class EyeFigure:
    """One eyeball over its eyeLook channels. radius: metres at a real head's size. residual: the largest distance of
    any vertex to the rotation nearest to the channel, off_centre: how far that rotation moves the centre of the sphere
    through the eye's vertices, both as shares of the radius. degrees: the smallest and the largest turn. stray: the
    largest motion in any other channel, a share of the radius."""

    name: str
    radius: float
    residual: float
    off_centre: float
    degrees: tuple[float, float]
    stray: float


@dataclass(frozen=True)
class JawFigure:
    """Lower teeth and tongue. residual: the largest distance of any vertex to the one rigid motion nearest to a jaw
    channel, metres at a real head's size; travel: their largest motion in jawOpen; upper: the largest motion of upper
    teeth in any channel."""

    residual: float | None
    travel: float | None
    upper: float | None


@dataclass(frozen=True)
class RiderFigure:
    """What rides on the skin: "lashes", "brows" or "other" (beards). change: how much the distance to the nearest skin
    changes at a full channel, the worst and the 95th percentile over channels and vertices, as shares of the distance
    itself or of the eye's opening, whichever is larger: what touches the skin has no distance of its own, and a
    twentieth of an opening, half a millimetre, is what begins to show beside an eye. buried: the share of vertices that
    lay outside and are under the skin in some channel."""

    name: str
    vertices: int
    change: float
    change_95: float
    worst: str
    buried: float


@dataclass(frozen=True)
class PartsEvaluation:
    """One character. merged: root mean square difference of the shapes when all objects are handed over as one, as a
    share of the shapes' own; merged_roles: the share of vertices that then get the same role; None where it is one
    object anyway. refusal: the sentence, when it was refused."""

    name: str
    eyes: tuple[EyeFigure, ...]
    jaw: JawFigure
    riders: tuple[RiderFigure, ...]
    merged: float | None
    merged_roles: float | None
    refusal: str


def evaluate_parts(path: Path, build: BuildShapes = build_shapes) -> PartsEvaluation:
    """Measure the character in a file. A head that the product refuses is a result."""
    mesh = read_head(path)
    nothing = JawFigure(None, None, None)
    try:
        shapes = build(mesh)
        merged = roles = None
        if len(np.unique(mesh.objects)) > 1:
            one = build(replace(mesh, objects=np.zeros_like(mesh.objects), object_names=("head",)))
            merged = float(np.sqrt(np.square(one.deltas - shapes.deltas).sum() / np.square(shapes.deltas).sum()))
            roles = float((one.parts == shapes.parts).mean())
    except Refusal as refusal:
        return PartsEvaluation(path.parent.name, (), nothing, (), None, None, str(refusal))
    places, moved = canonical(shapes)
    return PartsEvaluation(
        path.parent.name,
        tuple(eye_figures(places, moved, shapes.parts, shapes.names)),
        jaw_figure(places, moved, shapes.parts, shapes.names),
        tuple(rider_figures(mesh, shapes, places, moved)),
        merged,
        roles,
        "",
    )


def canonical(shapes: Shapes) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (N, 3) and displacements (K, N, 3) in the canonical frame, metres at a real head's size."""
    places = apply_transform(shapes.canonical_from_file, shapes.vertices)
    return places, shapes.deltas @ shapes.canonical_from_file[:3, :3].T


def eye_figures(places: np.ndarray, moved: np.ndarray, parts: np.ndarray, names: Sequence[str]) -> list[EyeFigure]:
    """A figure for each eyeball there is. places (N, 3) and moved (K, N, 3) as `canonical` gives them."""
    found = []
    for role, side in (("eye_left", "Left"), ("eye_right", "Right")):
        eye = np.flatnonzero(parts == PARTS.index(role))
        if len(eye) < 4:
            continue
        points = places[eye]
        center, radius, _ = fit_sphere(points)
        residual = off = 0.0
        turns = []
        looks = np.array([name.startswith("eyeLook") and name.endswith(side) for name in names])
        for at in np.flatnonzero(looks):
            goal = points + moved[at, eye]
            rotation, shift = rigid_motion(points, goal, np.ones(len(eye)))
            residual = max(residual, float(np.linalg.norm(points @ rotation.T + shift - goal, axis=1).max()) / radius)
            off = max(off, float(np.linalg.norm(rotation @ center + shift - center)) / radius)
            turns.append(float(np.degrees(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1)))))
        stray = float(np.linalg.norm(moved[~looks][:, eye], axis=2).max()) / radius
        found.append(EyeFigure(role, radius, residual, off, (min(turns), max(turns)), stray))
    return found


def jaw_figure(places: np.ndarray, moved: np.ndarray, parts: np.ndarray, names: Sequence[str]) -> JawFigure:
    """The figure of teeth and tongue; None for what is not there."""
    carried = np.isin(parts, [PARTS.index("teeth_lower"), PARTS.index("tongue")])
    upper = parts == PARTS.index("teeth_upper")
    residual = travel = None
    if carried.sum() >= 4:
        points = places[carried]
        off = []
        for channel in JAW:
            goal = points + moved[names.index(channel), carried]
            rotation, shift = rigid_motion(points, goal, np.ones(len(points)))
            off.append(float(np.linalg.norm(points @ rotation.T + shift - goal, axis=1).max()))
        residual = max(off)
        travel = float(np.linalg.norm(moved[names.index("jawOpen"), carried], axis=1).max())
    return JawFigure(residual, travel, float(np.linalg.norm(moved[:, upper], axis=2).max()) if upper.any() else None)


def rider_figures(mesh: FaceMesh, shapes: Shapes, places: np.ndarray, moved: np.ndarray) -> list[RiderFigure]:
    """A figure for lashes, brows and for other pieces that move with the skin, like beards."""
    openings = [seal.opening for seal in shapes.seals if seal.name.startswith("eyeBlink") and seal.opening]
    opening = float(np.mean(openings)) if openings else EYE_OPENING
    skin = shapes.parts == PARTS.index("skin")
    triangles = mesh.triangles[skin[mesh.triangles].all(1)]
    stirs = np.linalg.norm(moved, axis=2).max(0) > 0
    found = []
    for role in ("lashes", "brows", "other"):
        own = np.flatnonzero((shapes.parts == PARTS.index(role)) & stirs)
        if len(own) == 0:
            continue
        box = np.array([places[own].min(0) - NEAR, places[own].max(0) + NEAR])
        inside = ((places > box[0]) & (places < box[1])).all(1)
        near = triangles[inside[triangles].any(1)]
        if len(near) == 0:
            continue
        before = signed_distance(places[own], places, near)
        if role == "lashes":
            own, before = own[np.abs(before) < ROOT], before[np.abs(before) < ROOT]
        changes, buried = [], np.zeros(len(own), bool)
        for field in moved:
            after = signed_distance(places[own] + field[own], places + field, near)
            changes.append(np.abs(np.abs(after) - np.abs(before)) / np.maximum(np.abs(before), opening))
            buried |= (before > 0) & (after < -BURIED)
        change = np.array(changes)
        worst = shapes.names[int(change.max(1).argmax())]
        found.append(
            RiderFigure(
                role, len(own), float(change.max()), float(np.quantile(change, 0.95)), worst, float(buried.mean())
            )
        )
    return found


def signed_distance(points: np.ndarray, vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(p,) distance of points (p, 3) to a surface, negative behind it."""
    used, local = np.unique(triangles, return_inverse=True)
    local = local.reshape(-1, 3)
    surface = vertices[used]
    triangle, barycentric, distance = closest_points(points, surface, local)
    corners = local[triangle]
    foot = (barycentric[:, :, None] * surface[corners]).sum(1)
    normal = (barycentric[:, :, None] * vertex_normals(surface, local)[corners]).sum(1)
    return np.where(((points - foot) * normal).sum(1) < 0, -distance, distance)
