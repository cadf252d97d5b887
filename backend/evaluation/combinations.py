"""Whether combinations of shapes collide, with and without their corrective keys, measured on the written shapes.

Another way of measuring than the one that makes the correctives: lips and teeth by level rays from points of each to
the other's triangles, lids by rays away from the middle of the sphere through the eye's vertices.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import trimesh
from trimesh.ray.ray_pyembree import RayMeshIntersector

from backend.cloning.contours import find_contours
from backend.cloning.correctives import Corrective, find_correctives
from backend.cloning.margins import gap
from backend.cloning.parts import find_parts
from backend.cloning.result import Shapes
from backend.cloning.rim import Contour, behind_rim
from backend.cloning.shapes import build_shapes
from backend.errors import Refusal
from backend.geometry.clean import CleanMesh, clean
from backend.geometry.mesh import PARTS, FaceMesh
from backend.geometry.read import read_head
from backend.geometry.similarity import apply_transform
from backend.geometry.sphere import fit_sphere
from backend.geometry.surface_distance import surface_distance

BuildShapes = Callable[[FaceMesh], Shapes]
"""From a neutral mesh to its ARKit shapes."""

COMBINATIONS: dict[str, tuple[str, ...]] = {
    "smile + jawOpen": ("mouthSmileLeft", "mouthSmileRight", "jawOpen"),
    "blink + squint": ("eyeBlinkLeft", "eyeSquintLeft", "eyeBlinkRight", "eyeSquintRight"),
    "pucker + jawOpen": ("mouthPucker", "jawOpen"),
    "funnel + mouthClose": ("mouthFunnel", "mouthClose", "jawOpen"),
}
"""mouthClose is made for jawOpen and never comes alone."""

WEIGHTS = (1.0, 0.5)

LIPS = 0.25
"""How far from their rims skin counts as lips, in widths of the mouth."""

LIDS = 0.35
"""The same for lids, in widths of the eye."""

REACH = 0.012
"""Metres along a ray in which lips and teeth are looked for: half of what lies between lips and tongue."""

FINE = 0.001
"""Metres between the points of lips and teeth from which the others are looked for."""

BEHIND = 0.003
"""Metres: what lies deeper than this behind teeth in the neutral belongs there."""


@dataclass(frozen=True)
class Collision:
    """One combination at one weight, with or without correctives: how deep surfaces are in each other at the worst
    place, beyond the neutral's own depth, in widths of the mouth. teeth: lips and teeth; lips and lids: upper through
    lower; eyes: lids in eyeballs. None for what the character does not have."""

    combination: str
    weight: float
    corrected: bool
    teeth: float | None
    lips: float | None
    lids: float | None
    eyes: float | None

    @property
    def worst(self) -> float:
        return max((depth for depth in (self.teeth, self.lips, self.lids, self.eyes) if depth is not None), default=0.0)


@dataclass(frozen=True)
class CombinationsEvaluation:
    """One character. correctives: names of the keys that were offered. refusal: the sentence, when it was refused."""

    name: str
    collisions: tuple[Collision, ...]
    correctives: tuple[str, ...]
    refusal: str


def evaluate_combinations(path: Path, build: BuildShapes = build_shapes) -> CombinationsEvaluation:
    """Measure the character in a file. A head that the product refuses is a result."""
    mesh = read_head(path)
    try:
        shapes = build(mesh)
    except Refusal as refusal:
        return CombinationsEvaluation(path.parent.name, (), (), str(refusal))
    correctives = find_correctives(mesh, shapes)
    scene = collision_scene(mesh, shapes)
    return CombinationsEvaluation(
        path.parent.name,
        tuple(
            measure(scene, shapes, correctives if corrected else (), name, weight, corrected)
            for name in COMBINATIONS
            for weight in WEIGHTS
            for corrected in (False, True)
        ),
        tuple(corrective.name for corrective in correctives),
        "",
    )


@dataclass(frozen=True)
class Scene:
    """A character cleaned, canonical frame, metres. points: (n, 3). first: (n,) a user vertex for each. linear: (3, 3)
    from the user's frame. teeth: triangles of each row, eyes: of each eyeball, lips: (s, 3) triangles, perhaps none.
    lids: vertices of each eye's, without what lies behind the margins."""

    points: np.ndarray
    first: np.ndarray
    linear: np.ndarray
    teeth: tuple[np.ndarray, ...]
    lips: np.ndarray
    lids: tuple[np.ndarray, np.ndarray]
    contours: dict[str, Contour]
    eyes: tuple[np.ndarray, np.ndarray]

    @property
    def width(self) -> float:
        return self.contours["mouth"].width or 0.05


def collision_scene(mesh: FaceMesh, shapes: Shapes) -> Scene:
    """What of a character may collide."""
    assert shapes.canonical is not None
    prepared = clean(mesh)
    first = prepared.first_user
    points = apply_transform(shapes.canonical_from_file, prepared.vertices)
    canonical = shapes.canonical[first]
    skin = prepared.triangles[np.isfinite(canonical).all(1)[prepared.triangles].all(1)]
    roles = shapes.parts[first]
    parts = find_parts(points, prepared.triangles, prepared.components, prepared.objects, mesh.object_names)
    numbers = np.flatnonzero(np.isfinite(canonical).all(1))
    own = find_contours(points[numbers], np.searchsorted(numbers, skin), canonical[numbers], None, parts.eyes)
    contours = {name: replace(rim, upper=numbers[rim.upper], lower=numbers[rim.lower]) for name, rim in own.items()}
    mouth = contours["mouth"]
    near = np.isfinite(surface_distance(points, skin, mouth.loop, LIPS * mouth.width)) if len(mouth.upper) else None
    lids = []
    for side in ("eye_left", "eye_right"):
        rim = contours[side]
        away = surface_distance(points, skin, rim.loop, LIDS * rim.width)
        seen = skin[~behind_rim(points, skin, rim)]
        lids.append(np.intersect1d(np.flatnonzero(np.isfinite(away)), seen))
    return Scene(
        points,
        first,
        shapes.canonical_from_file[:3, :3],
        (_of_role(prepared, roles, "teeth_upper"), _of_role(prepared, roles, "teeth_lower")),
        skin[near[skin].all(1)] if near is not None else np.zeros((0, 3), int),
        (lids[0], lids[1]),
        contours,
        (_of_role(prepared, roles, "eye_left"), _of_role(prepared, roles, "eye_right")),
    )


def _of_role(prepared: CleanMesh, roles: np.ndarray, role: str) -> np.ndarray:
    return prepared.triangles[(roles == PARTS.index(role))[prepared.triangles].all(1)]


def measure(
    scene: Scene, shapes: Shapes, correctives: tuple[Corrective, ...], name: str, weight: float, corrected: bool
) -> Collision:
    """How deep a combination collides at a weight of all its keys."""
    keys = COMBINATIONS[name]
    delta = sum(shapes.deltas[shapes.names.index(key)][scene.first].astype(np.float64) for key in keys)
    for corrective in correctives:
        if set(corrective.of) <= set(keys):
            delta = delta + corrective.deltas[scene.first]
    moved = scene.points + weight * np.asarray(delta) @ scene.linear.T
    mouth = "blink" not in name
    depths = (_teeth(scene, moved), _crossing(scene, moved, ("mouth",))) if mouth else (None, None)
    lids = (_crossing(scene, moved, ("eye_left", "eye_right")), _eyes(scene, moved)) if not mouth else (None, None)
    return Collision(name, weight, corrected, *depths, *lids)


def _teeth(scene: Scene, moved: np.ndarray) -> float | None:
    """How much deeper lips lie in teeth than in the neutral, in widths of the mouth."""
    depths = []
    for row in scene.teeth:
        if len(row) == 0 or len(scene.lips) == 0:
            continue
        places = [_samples(scene.points, faces) for faces in (scene.lips, row)]
        before, after = (_mutual_depth(at, scene.lips, row, places) for at in (scene.points, moved))
        depths.append(float(np.where(before > BEHIND, 0.0, after - before).max(initial=0.0)))
    return max(depths) / scene.width if depths else None


def _mutual_depth(at: np.ndarray, lips: np.ndarray, row: np.ndarray, places: list[np.ndarray]) -> np.ndarray:
    """How deep points of the lips (s, 3) and of a row of teeth (t, 3) lie in the other, one after the other: (p,)
    metres. places: barycentric coordinates of the points on the triangles of each."""
    own = np.unique(row)
    points = [
        (place[None, :, :, None] * at[faces][:, None]).sum(2).reshape(-1, 3)
        for place, faces in zip(places, (lips, row), strict=True)
    ]
    on_lips, on_teeth = points
    return np.concatenate(
        [
            ray_depth(on_lips, _outward(at, own, on_lips), at[row]),
            ray_depth(on_teeth, -_outward(at, own, on_teeth), at[lips]),
        ]
    )


def _samples(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(b, 3) barycentric coordinates, the corners among them, of points about FINE apart on the longer edges of
    triangles (t, 3)."""
    edges = np.linalg.norm(points[triangles] - points[np.roll(triangles, 1, axis=1)], axis=2)
    steps = int(np.clip(np.ceil(np.quantile(edges, 0.9) / FINE), 1, 8))
    return np.array([(i, j, steps - i - j) for i in range(steps + 1) for j in range(steps + 1 - i)]) / steps


def _outward(at: np.ndarray, row: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(p, 3) level unit vectors from the axis of a row of teeth to points (p, 3): where lips lie before teeth."""
    low, high = at[row].min(0), at[row].max(0)
    axis = np.array([0.5 * (low[0] + high[0]), 0.0, high[2] - 0.55 * (high[0] - low[0])])
    ray = (points - axis) * [1.0, 0.0, 1.0]
    return ray / np.maximum(np.linalg.norm(ray, axis=1, keepdims=True), 1e-9)


def ray_depth(origins: np.ndarray, directions: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(p,) the distance of the furthest triangle (t, 3, 3) that rays from origins (p, 3) in unit directions (p, 3) meet
    within REACH; 0 where they meet none."""
    surface = trimesh.Trimesh(triangles.reshape(-1, 3), np.arange(3 * len(triangles)).reshape(-1, 3), process=False)
    hits, ray, _ = RayMeshIntersector(surface).intersects_location(origins, directions)
    along = ((hits - origins[ray]) * directions[ray]).sum(1)
    result = np.zeros(len(origins))
    np.maximum.at(result, ray, np.where(along < REACH, along, 0.0))
    return result


def _crossing(scene: Scene, moved: np.ndarray, openings: tuple[str, ...]) -> float | None:
    """How far the upper rim passes below the lower one, beyond the neutral, in widths of the mouth."""
    depths = []
    for name in openings:
        rim = scene.contours[name]
        if rim.state in ("open", "closed"):
            before, after = (max(0.0, -float(gap(at, rim).min())) for at in (scene.points, moved))
            depths.append(max(0.0, after - before) / scene.width)
    return max(depths) if depths else None


def _eyes(scene: Scene, moved: np.ndarray) -> float | None:
    """How much deeper lids lie in the eyeballs than in the neutral, in widths of the mouth."""
    depths = []
    for eye, lids in zip(scene.eyes, scene.lids, strict=True):
        if len(eye) == 0 or len(lids) == 0:
            continue
        center, _, _ = fit_sphere(scene.points[np.unique(eye)])
        depth = []
        for at in (scene.points, moved):
            ray = at[lids] - center
            ray /= np.maximum(np.linalg.norm(ray, axis=1, keepdims=True), 1e-9)
            depth.append(ray_depth(at[lids], ray, scene.points[eye]))
        before, after = depth
        depths.append(float(np.where(before > BEHIND, 0.0, after - before).max(initial=0.0)) / scene.width)
    return max(depths) if depths else None
