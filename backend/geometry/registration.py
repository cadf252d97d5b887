"""Non-rigid registration: bend one surface onto another, held by landmarks and by smoothness."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
import scipy.sparse.linalg as sparse_linalg
from scipy.spatial import KDTree

from backend.geometry.edges import border_vertices
from backend.geometry.operators import laplacian, vertex_normals

SCHEDULE = tuple(np.geomspace(1.5, 0.06, 12))
"""The shortest wavelength, in head sizes, that each round lets the displacement have: from near rigid to supple."""

LANDMARK_AREA = 0.0015
"""Each landmark pulls as much as this much matched surface, in squared head sizes."""


@dataclass(frozen=True)
class Surface:
    """vertices: (n, 3) float64. triangles: (t, 3). normals: (n, 3) unit. boundary: (n,) bool, on an open border."""

    vertices: np.ndarray
    triangles: np.ndarray
    normals: np.ndarray
    boundary: np.ndarray


def surface(vertices: np.ndarray, triangles: np.ndarray) -> Surface:
    """A Surface from vertices (n, 3) and triangles (t, 3)."""
    points = np.asarray(vertices, np.float64)
    return Surface(points, triangles, vertex_normals(points, triangles), border_vertices(triangles, len(points)))


def register(
    source: Surface,
    target: Surface,
    landmarks: tuple[np.ndarray, np.ndarray],
    unit: float,
    schedule: tuple[float, ...] = SCHEDULE,
) -> np.ndarray:
    """The source's vertices (n, 3) moved onto the target, both already roughly aligned.

    landmarks: source points (p, 3) near the source surface and where they belong (p, 3) in the target's frame.
    unit: a length that makes the weights independent of scale (the size of a head). Each round pairs every vertex
    with the nearest target point whose normal agrees, and solves a bending energy (squared Laplacian of the
    displacement; as in Amberg et al. 2007, with a smoother regulariser) under these pairs. Pairs on the target's
    open border or far away are dropped, so that a crop or a missing socket does not pull.
    """
    n = len(source.vertices)
    matrix, mass = laplacian(source.vertices, source.triangles)
    bending = matrix @ sparse.diags(1.0 / mass) @ matrix
    weights, rows = _landmark_rows(source, landmarks[0], unit)
    goal = landmarks[1] - landmarks[0]
    displacement = np.zeros((n, 3))
    tree = KDTree(target.vertices)
    for round_number, wavelength in enumerate(schedule):
        moved = source.vertices + displacement
        distance, nearest = _nearest_agreeing(tree, target, moved, vertex_normals(moved, source.triangles))
        late = round_number / max(len(schedule) - 1, 1)
        pair = (distance < unit * (0.25 - 0.2 * late)) & ~target.boundary[nearest]
        trust = np.where(pair & (round_number > 0), mass / (1.0 + (distance / (0.05 * unit)) ** 2), 0.0)
        offset = np.einsum("ni,ni->n", target.vertices[nearest] - moved, target.normals[nearest])
        tangent_plane = moved + target.normals[nearest] * offset[:, None]
        point = np.where(distance[:, None] < 0.03 * unit, tangent_plane, target.vertices[nearest])
        pull = weights * LANDMARK_AREA * unit**2
        system = (
            sparse.diags(trust + 1e-9 * mass.mean())
            + (wavelength * unit / (2 * np.pi)) ** 4 * bending
            + rows.T @ sparse.diags(pull) @ rows
        )
        right = trust[:, None] * (point - source.vertices) + rows.T @ (pull[:, None] * goal)
        displacement = sparse_linalg.splu(system.tocsc()).solve(right)
    return source.vertices + displacement


def _nearest_agreeing(
    tree: KDTree, target: Surface, points: np.ndarray, normals: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Among the eight nearest target vertices the nearest whose normal is within 60 degrees; distance inf if none."""
    distance, index = map(np.asarray, tree.query(points, k=8))
    agree = np.einsum("nki,ni->nk", target.normals[index], normals) > 0.5
    distance = np.where(agree, distance, np.inf)
    best = distance.argmin(1)
    row = np.arange(len(points))
    return distance[row, best], index[row, best]


def _landmark_rows(source: Surface, points: np.ndarray, unit: float) -> tuple[np.ndarray, sparse.csr_matrix]:
    """Weights (p,) and a (p, n) matrix that reads each landmark off its nearest source vertices."""
    distance, index = KDTree(source.vertices).query(points, k=3)
    near = 1.0 / (distance + 1e-6 * unit)
    near = near / near.sum(1, keepdims=True)
    weights = np.where(distance[:, 0] < 0.03 * unit, 1.0, 0.0)
    rows = np.repeat(np.arange(len(points)), 3)
    shape = (len(points), len(source.vertices))
    return weights, sparse.csr_matrix((near.ravel(), (rows, index.ravel())), shape=shape)
