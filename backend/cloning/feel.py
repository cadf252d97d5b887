"""Find a face by feel: the network says where every vertex lies on the canonical head, and a similarity follows."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import scipy.sparse as sparse

from backend.cloning.judge import Judgement, judge
from backend.cloning.predict import EIGENPAIRS, locate
from backend.errors import Progress, silent
from backend.geometry.decimate import decimate
from backend.geometry.operators import Operators, operators
from backend.geometry.similarity import apply_transform, robust_similarity
from backend.networks.cloning_net import CloningNet

DRAFT, VERTICES = 400, 1200
"""Resolutions of the first step from every start and of the finalists': enough to tell a face from the back of a
head."""

HEIGHTS = (0.24, 0.34)
"""Metres that the crop may be high: a head, a bust."""

CROPS = (1.0, 0.4, 0.17)
"""Shares of the height, from the top, that may hold the head: a head, half a body, a whole body."""

ROUNDS = 6
FINALISTS = 8

LIGHT = 5000
"""Resolution of the mesh that drafts are cut from."""

LIKELY = 0.004
"""Likeness of a first step below which a start is not followed; the best starts of people's heads have 0.016 and more,
however they are turned, of toys and hands 0.004 and less."""

PATIENCE, HOPEFUL = 2, 0.02
"""A start that has not come to such a likeness after so many rounds is given up."""

FIT_ROUNDS = 8
"""Steps of the similarity's fit, which follows again and again."""


@dataclass(frozen=True)
class Feeling:
    """canonical_from_mesh: (4, 4) similarity. judgement: of the prediction that it rests on."""

    canonical_from_mesh: np.ndarray
    judgement: Judgement


@dataclass(frozen=True)
class _Crop:
    """The top of a mesh at a low resolution: points (n, 3) in the mesh's frame and their operators."""

    points: np.ndarray
    basis: Operators


def feel_face(
    network: CloningNet, vertices: np.ndarray, triangles: np.ndarray, progress: Progress = silent
) -> Feeling | None:
    """The face on a mesh (n, 3), (t, 3) in an unknown frame and scale, from many starting orientations and crops; None
    where no start is likely. The most likely starts are followed until they settle."""
    drafts: list[tuple[float, tuple[int, float], np.ndarray]] = []
    ways = _starting_rotations()
    light = coarsened(vertices, triangles, LIGHT)
    if light is None:
        return None
    for number, (share, (way, (up, rotations))) in enumerate(product(CROPS, enumerate(ways))):
        progress(0.8 * number / (len(ways) * len(CROPS)), "Feeling for the face")
        crop = _crop(*light, up, share, DRAFT)
        if crop is None:
            continue
        for rotation, height in product(rotations, HEIGHTS):
            felt = _step(network, crop, _start(crop.points, rotation, height))
            if felt is not None and felt.judgement.likeness > LIKELY:
                drafts.append((felt.judgement.likeness, (way, share), felt.canonical_from_mesh))
    best: Feeling | None = None
    crops: dict[tuple[int, float], _Crop | None] = {}
    for _, (way, share), matrix in sorted(drafts, key=lambda draft: -draft[0])[:FINALISTS]:
        progress(0.9, "Feeling for the face")
        if (way, share) not in crops:
            crops[way, share] = _crop(vertices, triangles, ways[way][0], share, VERTICES)
        crop = crops[way, share]
        found = None if crop is None else settle(network, crop, matrix)
        if found is not None and (best is None or found.judgement.likeness > best.judgement.likeness):
            best = found
    return best


def settle(network: CloningNet, crop: _Crop, start: np.ndarray) -> Feeling | None:
    """Prediction and robust similarity from a start (4, 4), in turns until it settles."""
    matrix, feeling = start, None
    for number in range(ROUNDS):
        step = _step(network, crop, matrix)
        if step is None or (number >= PATIENCE and step.judgement.likeness < HOPEFUL):
            break
        feeling = step
        change = np.abs(step.canonical_from_mesh - matrix)[:3].max() / np.abs(matrix[:3]).max()
        matrix = step.canonical_from_mesh
        if change < 2e-3:
            break
    return feeling


def _starting_rotations() -> list[tuple[np.ndarray, list[np.ndarray]]]:
    """Each up axis of the mesh, common ones first, with the four rotations (3, 3) that take it up and another axis to
    the front."""
    result = []
    for up in np.array([(0, 0, 1), (0, 1, 0), (0, -1, 0), (1, 0, 0), (-1, 0, 0), (0, 0, -1)], np.float64):
        fronts = [axis for axis in np.concatenate([np.eye(3), -np.eye(3)]) if abs(axis @ up) < 0.5]
        result.append((up, [np.stack([np.cross(up, front), up, front]) for front in fronts]))
    return result


def _start(points: np.ndarray, rotation: np.ndarray, height: float) -> np.ndarray:
    """A similarity (4, 4) that turns the points, gives them a height in metres and puts their top where a head's is."""
    turned = points @ rotation.T
    low, high = turned.min(0), turned.max(0)
    scale = height / max(high[1] - low[1], 1e-12)
    top = np.array([(low[0] + high[0]) / 2, high[1], (low[2] + high[2]) / 2])
    matrix = np.eye(4)
    matrix[:3, :3] = rotation * scale
    matrix[:3, 3] = np.array([0.0, 0.145, 0.02]) - scale * top
    return matrix


def _crop(vertices: np.ndarray, triangles: np.ndarray, up: np.ndarray, share: float, budget: int) -> _Crop | None:
    """The top of the mesh with about `budget` vertices at most, or None where too little is left."""
    height = vertices @ up
    low, high = height[triangles].min(), height[triangles].max()
    kept = triangles[(height[triangles] > high - share * (high - low)).all(1)]
    coarse = coarsened(vertices, kept, budget)
    if coarse is None:
        return None
    points, local = coarse
    return _Crop(points, operators(points, local, EIGENPAIRS))


def coarsened(vertices: np.ndarray, triangles: np.ndarray, budget: int) -> tuple[np.ndarray, np.ndarray] | None:
    """The vertices (m, 3) float64 of some triangles and these in their numbers, at most about `budget` of them; None
    where there are too few for the network."""
    if len(triangles) < 100:
        return None
    used = np.unique(triangles)
    points, local = vertices[used].astype(np.float64), np.searchsorted(used, triangles)
    if len(points) > budget:
        local = decimate(points, local, budget)[0]
        used = np.unique(local)
        points, local = points[used], np.searchsorted(used, local)
    return (points, local) if len(points) >= EIGENPAIRS + 8 else None


def _step(network: CloningNet, crop: _Crop, matrix: np.ndarray) -> Feeling | None:
    """One prediction with the mesh placed by a similarity, and the similarity that follows from it; None where no face
    is predicted. The operators are rescaled, not computed again."""
    basis = crop.basis
    scale = float(np.cbrt(np.linalg.det(matrix[:3, :3])))
    normals = (basis.normals @ (matrix[:3, :3] / scale).T).astype(np.float32)
    placed = Operators(
        (basis.mass * scale**2).astype(np.float32),
        (basis.evals / scale**2).astype(np.float32),
        (basis.evecs / scale).astype(np.float32),
        sparse.csr_matrix(basis.gradient / np.float32(scale)),
        normals,
    )
    canonical, face = locate(network, apply_transform(matrix, crop.points), placed)
    if (face > 0.5).sum() < 30:
        return None
    try:
        fit = robust_similarity(crop.points, canonical, face * basis.mass, FIT_ROUNDS)
    except ValueError:  # the face has shrunk to a line
        return None
    vertices = apply_transform(fit.matrix, crop.points)
    turn = fit.matrix[:3, :3] / np.cbrt(np.linalg.det(fit.matrix[:3, :3]))
    judgement = judge(canonical, vertices, basis.normals @ turn.T, face, basis.mass)
    return Feeling(fit.matrix, judgement)
