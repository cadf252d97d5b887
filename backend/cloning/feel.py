"""Find a face by feel: the network says where every vertex lies on the canonical head, and a similarity follows."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import scipy.sparse as sparse

from backend.cloning.predict import EIGENPAIRS, Prediction, predict
from backend.errors import Progress, silent
from backend.geometry.decimate import decimate
from backend.geometry.operators import Operators, operators
from backend.geometry.similarity import apply_transform, robust_similarity
from backend.networks.cloning_net import CloningNet

VERTICES = 1200
"""Resolution of the search: enough to tell a face from the back of a head."""

HEIGHTS = (0.24, 0.34)
"""Metres that the crop may be high: a head, a bust."""

CROPS = (1.0, 0.4, 0.17)
"""Shares of the height, from the top, that may hold the head: a head, half a body, a whole body."""

ROUNDS = 5
FINALISTS = 4


@dataclass(frozen=True)
class Feeling:
    """canonical_from_mesh: (4, 4) similarity. residual: median distance in metres between the vertices of the face so
    placed and their predicted places. share: of the area that belongs to the face, 0..1."""

    canonical_from_mesh: np.ndarray
    residual: float
    share: float

    @property
    def score(self) -> float:
        """Lower is better: a face that is hardly there fits well by chance."""
        return self.residual / max(self.share, 0.05) ** 0.5


def settle(
    network: CloningNet, vertices: np.ndarray, basis: Operators, start: np.ndarray, rounds: int = ROUNDS
) -> Feeling:
    """Repeats prediction and robust similarity from a start (4, 4) until it settles. vertices: (n, 3) in the mesh's
    frame; basis: operators in the same frame."""
    matrix, feeling = start, None
    for _ in range(rounds):
        prediction = _predict_at(network, vertices, basis, matrix)
        step = _step(vertices, matrix, basis.mass, prediction)
        if step is None:
            break
        feeling = step
        moved = np.abs(feeling.canonical_from_mesh - matrix)[:3].max() / np.abs(matrix[:3]).max()
        matrix = feeling.canonical_from_mesh
        if moved < 2e-3:
            break
    return feeling or Feeling(start, np.inf, 0.0)


def feel_face(
    network: CloningNet, vertices: np.ndarray, triangles: np.ndarray, progress: Progress = silent
) -> Feeling | None:
    """The face on a mesh (n, 3), (t, 3) in an unknown frame and scale, from many starting orientations and crops;
    None where the mesh is too small to hold one."""
    best: Feeling | None = None
    axes = list(_starting_rotations())
    for number, (share, rotation_index) in enumerate(product(CROPS, range(6))):
        progress(number / (6 * len(CROPS)), "Feeling for the face")
        up = axes[4 * rotation_index][1]
        crop = _crop(vertices, triangles, up, share)
        if crop is None:
            continue
        points, basis = crop
        starts = [
            settle(network, points, basis, _start(points, rotation, height), rounds=1)
            for rotation in axes[4 * rotation_index : 4 * rotation_index + 4]
            for height in HEIGHTS
        ]
        for start in sorted(starts, key=lambda feeling: feeling.score)[:FINALISTS]:
            found = settle(network, points, basis, start.canonical_from_mesh)
            if best is None or found.score < best.score:
                best = found
    return best


def _starting_rotations():
    """The 24 rotations (3, 3) that take axes to axes, four for each choice of the mesh's up axis; common ones first."""
    for up in ((0, 0, 1), (0, 1, 0), (0, -1, 0), (1, 0, 0), (-1, 0, 0), (0, 0, -1)):
        fronts = [axis for axis in np.concatenate([np.eye(3), -np.eye(3)]) if abs(axis @ np.array(up)) < 0.5]
        for front in fronts:
            yield np.stack([np.cross(up, front), np.array(up, float), front])


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


def _crop(
    vertices: np.ndarray, triangles: np.ndarray, up: np.ndarray, share: float
) -> tuple[np.ndarray, Operators] | None:
    """The top of the mesh at a low resolution with its operators, or None where too little is left."""
    height = vertices @ up
    low, high = height[triangles].min(), height[triangles].max()
    kept = triangles[(height[triangles] > high - share * (high - low)).all(1)]
    if len(kept) < 100:
        return None
    used = np.unique(kept)
    points, local = vertices[used].astype(np.float64), np.searchsorted(used, kept)
    if len(points) > VERTICES:
        local = decimate(points, local, VERTICES)[0]
        used = np.unique(local)
        points, local = points[used], np.searchsorted(used, local)
    if len(points) < EIGENPAIRS + 8:
        return None
    return points, operators(points, local, EIGENPAIRS)


def _predict_at(network: CloningNet, vertices: np.ndarray, basis: Operators, matrix: np.ndarray) -> Prediction:
    """The prediction with the mesh placed by a similarity; its operators are rescaled, not computed again."""
    scale = float(np.cbrt(np.linalg.det(matrix[:3, :3])))
    placed = Operators(
        (basis.mass * scale**2).astype(np.float32),
        (basis.evals / scale**2).astype(np.float32),
        (basis.evecs / scale).astype(np.float32),
        sparse.csr_matrix(basis.gradient / np.float32(scale)),
        (basis.normals @ (matrix[:3, :3] / scale).T).astype(np.float32),
    )
    return predict(network, apply_transform(matrix, vertices), placed, None)


def _step(vertices: np.ndarray, matrix: np.ndarray, mass: np.ndarray, prediction: Prediction) -> Feeling | None:
    weight = prediction.face * mass
    if (prediction.face > 0.5).sum() < 30:
        return None
    try:
        fit = robust_similarity(vertices, prediction.canonical, weight)
    except ValueError:  # the face has shrunk to a line
        return None
    order = np.argsort(fit.residuals)
    passed = np.cumsum(weight[order])
    median = fit.residuals[order[np.searchsorted(passed, passed[-1] / 2)]]
    return Feeling(fit.matrix, float(median), float(weight.sum() / mass.sum()))
