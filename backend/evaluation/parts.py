"""How well eyes, teeth, tongue and what rides on the skin move with a face, measured on the written shapes alone."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
import trimesh

from backend.cloning.attach import JAW, LINING, joint, rigid_motion
from backend.cloning.shapes import Shapes, build_shapes
from backend.errors import Refusal
from backend.geometry.clean import clean
from backend.geometry.closest import closest_points
from backend.geometry.mesh import PARTS, FaceMesh
from backend.geometry.read import read_head
from backend.geometry.similarity import apply_transform
from backend.geometry.sphere import fit_sphere
from backend.geometry.surface_distance import discs, surface_distance

BuildShapes = Callable[[FaceMesh], Shapes]
"""From a neutral mesh to its ARKit shapes."""

KEPT = 0.05
"""Share of its distance to the skin by which what rides on it may come nearer or go away."""

EYE_OPENING = 0.01
"""Metres at a real head's size, where the character's own could not be measured."""

FLAT = 0.6
"""A shell that is less deep than this, in radii of the sphere through it, is no eyeball but painted."""

BURIED = 0.0002
"""Metres at a real head's size: what lay outside of the skin counts as buried when it gets this far inside."""

ROOT = 0.002
"""Metres: a vertex of lashes this near to the skin hangs on it. Further out lashes point at other skin, which comes
nearer when the eye closes, as it should."""

PATCH = 0.001
"""Metres by which the skin beneath a rider reaches further along the surface than twice its distance. What comes near
from elsewhere, like the other lid, is not the skin that it rides on."""


@dataclass(frozen=True)
class EyeFigure:
    """One eyeball over its eyeLook channels. radius: metres at a real head's size. residual: the largest distance of
    any vertex to the rotation nearest to the channel, off_centre: how far that rotation moves the centre of the sphere
    through the vertices of the eye's largest shell, both as shares of the radius; None for a painted disc, to which no
    sphere belongs. degrees: the smallest and the largest turn. stray: the largest motion in any other channel, a share
    of the radius."""

    name: str
    radius: float
    residual: float
    off_centre: float | None
    degrees: tuple[float, float]
    stray: float


@dataclass(frozen=True)
class JawFigure:
    """Lower teeth and tongue. residual: the largest distance of any vertex to the one rigid motion nearest to a jaw
    channel, metres at a real head's size; travel: their largest motion in jawOpen; upper: the largest motion of upper
    teeth in any channel. The lining between both rows, where it is one surface with them, takes no part."""

    residual: float | None
    travel: float | None
    upper: float | None


@dataclass(frozen=True)
class RiderFigure:
    """What rides on the skin: "lashes", "brows" or "other" (beards), by its vertices that lie outside of it.

    change: how much the distance to the skin beneath changes at a full channel, the worst over channels and vertices,
    as a share of the distance itself or of the eye's opening, whichever is larger: what touches the skin has no
    distance of its own, and a twentieth of an opening, half a millimetre, is what begins to show beside an eye. kept:
    the share of vertices that change by no more than KEPT in any channel. worst: the channel. buried: the share that
    gets under that skin."""

    name: str
    vertices: int
    change: float
    kept: float
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
    posed = posed_character(mesh, shapes)
    return PartsEvaluation(
        path.parent.name,
        tuple(eye_figures(posed)),
        jaw_figure(posed),
        tuple(rider_figures(posed, eye_opening(shapes))),
        merged,
        roles,
        "",
    )


@dataclass(frozen=True)
class Posed:
    """A character cleaned, canonical frame, metres at a real head's size. points: (n, 3), triangles: (t, 3),
    components: (n,), roles: (n,) into PARTS, moved: (K, n, 3) in the order of the ARKit `names`."""

    points: np.ndarray
    triangles: np.ndarray
    components: np.ndarray
    roles: np.ndarray
    moved: np.ndarray
    names: tuple[str, ...]


def posed_character(mesh: FaceMesh, shapes: Shapes) -> Posed:
    """A user's mesh and the shapes that were written for it."""
    prepared = clean(mesh)
    first = prepared.first_user
    return Posed(
        apply_transform(shapes.canonical_from_file, shapes.vertices[first]),
        prepared.triangles,
        prepared.components,
        shapes.parts[first],
        shapes.deltas[:, first].astype(np.float64) @ shapes.canonical_from_file[:3, :3].T,
        shapes.names,
    )


def eye_opening(shapes: Shapes) -> float:
    """The mean opening of the character's eyes, metres at a real head's size."""
    openings = [seal.opening for seal in shapes.seals if seal.name.startswith("eyeBlink") and seal.opening]
    return float(np.mean(openings)) if openings else EYE_OPENING


def eye_figures(posed: Posed) -> list[EyeFigure]:
    """A figure for each eyeball there is."""
    found = []
    for role, side in (("eye_left", "Left"), ("eye_right", "Right")):
        eye = np.flatnonzero(posed.roles == PARTS.index(role))
        if len(eye) < 4:
            continue
        points = posed.points[eye]
        shells = [points[posed.components[eye] == shell] for shell in np.unique(posed.components[eye])]
        largest = max(shells, key=lambda shell: float(np.median(np.ptp(shell, axis=0))))
        center, radius, _ = fit_sphere(largest)
        full = float(np.ptp(largest, axis=0).min()) > FLAT * radius
        residual = off = 0.0
        turns = []
        looks = np.array([name.startswith("eyeLook") and name.endswith(side) for name in posed.names])
        for at in np.flatnonzero(looks):
            goal = points + posed.moved[at, eye]
            rotation, shift = rigid_motion(points, goal, np.ones(len(eye)))
            residual = max(residual, float(np.linalg.norm(points @ rotation.T + shift - goal, axis=1).max()) / radius)
            off = max(off, float(np.linalg.norm(rotation @ center + shift - center)) / radius)
            turns.append(float(np.degrees(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1)))))
        stray = float(np.linalg.norm(posed.moved[~looks][:, eye], axis=2).max()) / radius
        turned = (min(turns), max(turns))
        found.append(EyeFigure(role, radius, residual, off if full else None, turned, stray))
    return found


def jaw_figure(posed: Posed) -> JawFigure:
    """The figure of teeth and tongue; None for what is not there."""
    lining = surface_distance(posed.points, posed.triangles, joint(posed.triangles, posed.roles), LINING) < LINING
    carried = np.isin(posed.roles, [PARTS.index("teeth_lower"), PARTS.index("tongue")]) & ~lining
    upper = (posed.roles == PARTS.index("teeth_upper")) & ~lining
    residual = travel = None
    if carried.sum() >= 4:
        points = posed.points[carried]
        off = []
        for channel in JAW:
            goal = points + posed.moved[posed.names.index(channel), carried]
            rotation, shift = rigid_motion(points, goal, np.ones(len(points)))
            off.append(float(np.linalg.norm(points @ rotation.T + shift - goal, axis=1).max()))
        residual = max(off)
        travel = float(np.linalg.norm(posed.moved[posed.names.index("jawOpen"), carried], axis=1).max())
    moves = float(np.linalg.norm(posed.moved[:, upper], axis=2).max()) if upper.any() else None
    return JawFigure(residual, travel, moves)


def rider_figures(posed: Posed, opening: float) -> list[RiderFigure]:
    """A figure for lashes, brows and for other pieces that move with the skin, like beards. opening: of the eyes."""
    skin = posed.triangles[(posed.roles == PARTS.index("skin"))[posed.triangles].all(1)]
    stirs = posed.moved.any((0, 2))
    found = []
    for role in ("lashes", "brows", "other"):
        own = np.flatnonzero((posed.roles == PARTS.index(role)) & stirs)
        if len(own) == 0 or len(skin) == 0:
            continue
        beneath = skin_beneath(posed.points, skin, own)
        before = beneath.distance(posed.points)
        lies = (before > 0) & (before < (ROOT if role == "lashes" else np.inf))
        if not lies.any():
            continue
        scale = np.maximum(before, opening)
        changes, buried = [], np.zeros(len(own), bool)
        for field in posed.moved:
            after = beneath.distance(posed.points + field) if field[own].any() else before
            changes.append((np.abs(np.abs(after) - before) / scale)[lies])
            buried |= after < -BURIED
        change = np.array(changes)
        worst = posed.names[int(change.max(1).argmax())]
        kept = float((change.max(0) <= KEPT).mean())
        found.append(RiderFigure(role, int(lies.sum()), float(change.max()), kept, worst, float(buried[lies].mean())))
    return found


@dataclass(frozen=True)
class Beneath:
    """The skin under each rider: pairs of a rider and a triangle. riders: (q,) their vertices. which: (p,) into riders,
    ascending. corners: (p, 3) the triangles' vertices."""

    riders: np.ndarray
    which: np.ndarray
    corners: np.ndarray

    def distance(self, points: np.ndarray) -> np.ndarray:
        """(q,) the distance of each rider to the skin beneath it, all now at points (n, 3); negative behind it."""
        origin, surface = points[self.riders][self.which], points[self.corners]
        ray = origin - trimesh.triangles.closest_point(surface, origin)
        length = np.linalg.norm(ray, axis=1)
        order = np.lexsort((length, self.which))
        nearest = order[np.searchsorted(self.which, np.arange(len(self.riders)))]
        normal = np.cross(surface[nearest, 1] - surface[nearest, 0], surface[nearest, 2] - surface[nearest, 0])
        return np.where((ray[nearest] * normal).sum(1) < 0, -length[nearest], length[nearest])


def skin_beneath(points: np.ndarray, skin: np.ndarray, riders: np.ndarray) -> Beneath:
    """The triangles of the skin (t, 3) around the one that is nearest to each of the vertices `riders` (q,)."""
    triangle, barycentric, distance = closest_points(points[riders], points, skin)
    start = skin[triangle, barycentric.argmax(1)]
    around = sparse.csr_matrix((np.ones(skin.size, bool), skin.ravel(), np.arange(0, skin.size + 1, 3)))
    around = around.tocsc()
    which, faces = [], []
    for number, (vertex, away) in enumerate(zip(start, distance, strict=True)):
        ((near, _),) = discs(points, skin, np.array([vertex]), PATCH + 2 * float(away))
        patch = np.unique(around[:, near].indices)
        which.append(np.full(len(patch), number))
        faces.append(patch)
    return Beneath(riders, np.concatenate(which), skin[np.concatenate(faces)])
