"""The same head in other guises: turned, scaled, moved, cropped, remeshed, without eyes or teeth."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sparse
from scipy.spatial.transform import Rotation

from backend.cloning.shapes import Shapes
from backend.evaluation.speed import CLOSE_ENOUGH, subdivided
from backend.geometry.clean import clean
from backend.geometry.decimate import decimate
from backend.geometry.mesh import PARTS, FaceMesh
from backend.geometry.similarity import apply_transform
from backend.report import HEAD_HEIGHT

TURNS = {
    "yaw 90": (90.0, 0.0, 0.0),
    "yaw 180": (180.0, 0.0, 0.0),
    "yaw 270": (270.0, 0.0, 0.0),
    "yaw 37": (37.0, 0.0, 0.0),
    "pitch 30": (0.0, 30.0, 0.0),
    "pitch -30": (0.0, -30.0, 0.0),
    "lying on its back": (0.0, -90.0, 0.0),
    "yaw 37 pitch 20 roll 10": (37.0, 20.0, 10.0),
}
"""Degrees about the file's own up axis, then about the axis to its left, then about its front."""

SCALES = (0.001, 1000.0)
DISTANCES = (1e3, 1e4, 1e5)
"""Heights of a head between the origin and the head."""

CROPS = {"cropped at the shoulders": -0.25, "cropped at the neck": -0.14}
"""Canonical heights, metres, below which everything is cut off. The chin lies at -0.075."""

SIZES = (2_000, 8_000, 40_000)

WITHOUT = {
    "without eyes": ("eye_left", "eye_right", "lashes"),
    "without teeth": ("teeth_upper", "teeth_lower", "tongue"),
}


@dataclass(frozen=True)
class Variation:
    """mesh: the head in another guise, n vertices. origin: (n, N) sparse, each of its vertices as a mean of the
    reference's N. turned: (3, 3), the linear map that took the reference there, scale included."""

    name: str
    mesh: FaceMesh
    origin: sparse.csr_matrix
    turned: np.ndarray


def variations(mesh: FaceMesh, shapes: Shapes) -> Iterator[Variation]:
    """Every guise that a mesh (N vertices) has; shapes: its own, which say where its face and its parts are. A crop or
    a part that takes nothing away is left out."""
    yield Variation("again", mesh, _all(mesh), np.eye(3))
    own = _own_axes(shapes)
    for name, angles in TURNS.items():
        turn = own.T @ Rotation.from_euler("YXZ", angles, degrees=True).as_matrix() @ own
        yield _moved(f"turned: {name}", mesh, turn, np.zeros(3))
    for scale in SCALES:
        yield _moved(f"scaled by {scale:g}", mesh, scale * np.eye(3), np.zeros(3))
    height = HEAD_HEIGHT / float(np.cbrt(np.linalg.det(shapes.canonical_from_file[:3, :3])))
    for distance in DISTANCES:
        away = distance * height * np.array([0.6, -0.48, 0.64])
        yield _moved(f"{distance:g} heads from the origin", mesh, np.eye(3), away)
    for name, drop in WITHOUT.items():
        gone = np.isin(shapes.parts, [PARTS.index(part) for part in drop])
        if gone.any():
            yield _only(name, mesh, ~gone)
    heights = apply_transform(shapes.canonical_from_file, mesh.vertices)[:, 1]
    for name, level in CROPS.items():
        if heights.min() < level - 0.02:
            yield _only(name, mesh, heights > level)
    head = _only("", mesh, heights > CROPS["cropped at the shoulders"])
    for size in SIZES:
        yield remeshed(f"remeshed to {size // 1000}k", head, size)


def _own_axes(shapes: Shapes) -> np.ndarray:
    """(3, 3) rotation from the file's frame to canonical axes by way of the file's nearest ones."""
    rotation = shapes.canonical_from_file[:3, :3]
    axes = np.zeros((3, 3))
    for row in (1, 2):
        free = np.where(axes.any(0), 0.0, np.abs(rotation[row]))
        axes[row, free.argmax()] = np.sign(rotation[row, free.argmax()])
    axes[0] = np.cross(axes[1], axes[2])
    return axes


def _all(mesh: FaceMesh) -> sparse.csr_matrix:
    return sparse.csr_matrix(sparse.eye_array(len(mesh.vertices)))


def _moved(name: str, mesh: FaceMesh, linear: np.ndarray, away: np.ndarray) -> Variation:
    vertices = (mesh.vertices.astype(np.float64) @ linear.T + away).astype(np.float32)
    return Variation(name, replace(mesh, vertices=vertices), _all(mesh), linear)


def _only(name: str, mesh: FaceMesh, kept: np.ndarray) -> Variation:
    """The polygons whose corners are all kept (N,) bool, and their vertices alone."""
    polygon = np.repeat(np.arange(len(mesh.sizes)), mesh.sizes)
    whole = np.bincount(polygon, ~kept[mesh.corners], len(mesh.sizes)) == 0
    corners = mesh.corners[whole[polygon]]
    used = np.unique(corners)
    part = FaceMesh(
        mesh.vertices[used],
        np.searchsorted(used, corners).astype(np.int32),
        mesh.sizes[whole],
        mesh.objects[used],
        mesh.object_names,
    )
    return Variation(name, part, _all(mesh)[used], np.eye(3))


def remeshed(name: str, head: Variation, size: int) -> Variation:
    """A head with about `size` vertices: welded, subdivided at the middles of its edges while it has too few, then
    decimated; every vertex stays on the surface of the given one."""
    cleaned = clean(head.mesh)
    vertices, triangles, objects = cleaned.vertices.astype(np.float64), cleaned.triangles, cleaned.objects
    origin = head.origin[cleaned.first_user]
    while len(vertices) < size / CLOSE_ENOUGH:
        midway = _midway(triangles, len(vertices))
        objects = objects[midway.indices[midway.indptr[:-1]]]
        vertices, triangles = subdivided(vertices, triangles)
        origin = midway @ origin
    if len(vertices) > CLOSE_ENOUGH * size:
        triangles, _ = decimate(vertices, triangles.astype(np.int64), size)
    used, triangles = np.unique(triangles, return_inverse=True)
    triangles = triangles.reshape(-1, 3).astype(np.int32)
    mesh = FaceMesh(
        vertices[used].astype(np.float32),
        triangles.ravel(),
        np.full(len(triangles), 3, np.int32),
        objects[used],
        head.mesh.object_names,
    )
    return Variation(name, mesh, sparse.csr_matrix(origin)[used], head.turned)


def _midway(triangles: np.ndarray, count: int) -> sparse.csr_matrix:
    """The vertices of `subdivided` as means of the given ones."""
    edges = np.unique(np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]], axis=2).reshape(-1, 2), axis=0)
    rows = np.repeat(np.arange(len(edges)), 2)
    middles = sparse.csr_matrix((np.full(2 * len(edges), 0.5), (rows, edges.ravel())), shape=(len(edges), count))
    return sparse.csr_matrix(sparse.vstack([sparse.eye_array(count), middles]))
