"""Portraits: small pictures of a face making a shape, all from one camera, what moves tinted."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import connected_components

from backend.geometry.decimate import decimate
from backend.geometry.operators import triangle_normals, vertex_normals
from backend.imaging.camera import CLAY, Camera, framing_camera, shade, view, view_rotation

BUDGET = 10_000
"""Vertices drawn at most; at the size of a portrait more of them cannot be told apart."""

LENS = 18.0
KEY_LIGHT = np.array([-0.45, 0.62, 0.64])
"""Unit vector towards the lamp in the canonical frame: above, on the side of the character's right."""

TINT = np.array([0.93, 0.40, 0.26])
BACKS_SHARE = 0.02
"""Of a piece of a mesh that shows less of its back than this, only the front is drawn: the rest is a rounding error."""

CLOSE_SHARE = 0.7
"""The camera is close enough that what moves more than this share of a shape's largest motion fills the picture."""


@dataclass(frozen=True)
class Sitter:
    """What is drawn of a mesh. chosen: (n,) its vertices; vertices: (n, 3) where they are in the canonical frame;
    triangles: (t, 3) between them; camera: what takes all the portraits; two_sided: (t,) whether the
    back of a triangle may be seen; drawing only the fronts of the others saves half the time."""

    chosen: np.ndarray
    vertices: np.ndarray
    triangles: np.ndarray
    camera: Camera
    two_sided: np.ndarray


def sitter(vertices: np.ndarray, triangles: np.ndarray, motion: np.ndarray, yaw: float, pitch: float = 3.0) -> Sitter:
    """A close view of what moves.

    vertices: (N, 3) in the canonical frame. triangles: (T, 3). motion: (N,) 0..1, how far each vertex moves at most, as
    a share of the largest motion of the shape. yaw, pitch: of the camera, degrees. Where nothing moves all is in view.
    """
    rotation = view_rotation(yaw, pitch)
    moving = motion > CLOSE_SHARE if motion.max() > CLOSE_SHARE else np.ones(len(vertices), bool)
    camera = framing_camera(vertices[moving], rotation, LENS, margin=1.15)
    seen = (vertices - camera.centre) @ rotation.T
    # the back of a head is hidden behind its face
    within = (np.abs(seen[:, :2]) < 1.3 * camera.extent).all(axis=1) & (seen[:, 2] > -1.4 * camera.extent)
    chosen, drawn = _compact(triangles[within[triangles].any(axis=1)])
    if len(chosen) > BUDGET:
        drawn, _ = decimate(vertices[chosen].astype(np.float32), drawn, BUDGET)
        kept, drawn = _compact(drawn)
        chosen = chosen[kept]
    points, drawn = np.ascontiguousarray(vertices[chosen], np.float32), drawn.astype(np.int32)
    backs = ~_fronts(points, drawn, camera)
    hits = view(points, drawn, camera, 360).faces.numpy()
    return Sitter(chosen, points, drawn, camera, _two_sided(drawn, len(points), backs, hits[hits >= 0]))


def portrait(
    sitting: Sitter,
    size: int,
    offsets: np.ndarray | None = None,
    tint: np.ndarray | None = None,
    colours: np.ndarray | None = None,
) -> np.ndarray:
    """(size, size, 4) uint8 RGBA picture, transparent around the mesh.

    offsets: (N, 3) displacements in the canonical frame, none for the neutral. tint: (N,) 0..1, how much of each vertex
    has the colour of motion. colours: (N, 3) in 0..1 instead of clay.
    """
    vertices = sitting.vertices
    if offsets is not None:
        vertices = vertices + offsets[sitting.chosen].astype(np.float32)
    normals = vertex_normals(vertices, sitting.triangles)
    surface = np.tile(np.array(CLAY), (len(vertices), 1)) if colours is None else colours[sitting.chosen]
    if tint is not None:
        share = tint[sitting.chosen, None]
        surface = surface * (1 - share) + TINT * share
    towards_viewer = np.sign(normals @ sitting.camera.rotation[2])[:, None]
    light = 0.72 + 0.38 * np.clip(normals * towards_viewer @ KEY_LIGHT, -0.4, 1.0)
    fronts = _fronts(vertices, sitting.triangles, sitting.camera)
    drawn = sitting.triangles[fronts | sitting.two_sided]
    raster = view(vertices, drawn, sitting.camera, size)
    picture = shade(raster, normals, drawn, sitting.camera, np.clip(surface * light[:, None], 0, 1), 0.35)
    alpha = np.where(raster.faces.numpy() >= 0, np.uint8(255), np.uint8(0))
    return np.concatenate([picture, alpha[..., None]], axis=2)


def _fronts(vertices: np.ndarray, triangles: np.ndarray, camera: Camera) -> np.ndarray:
    """(t,) bool: which triangles show their front to the camera."""
    normals = triangle_normals(vertices, triangles)
    eye = camera.centre + camera.distance * camera.rotation[2]
    return np.einsum("tc,tc->t", normals, eye - vertices[triangles[:, 0]]) > 0


def _two_sided(triangles: np.ndarray, count: int, backs: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(t,) bool: triangles of the connected pieces whose backs make up a part of what is seen of them. seen: (p,) the
    triangles of the pixels; pieces that are not seen count as two-sided."""
    links = sparse.coo_array((np.ones(len(triangles) * 2), (triangles[:, [0, 0]].ravel(), triangles[:, 1:].ravel())))
    links.resize((count, count))
    _, piece = connected_components(links, directed=False)
    piece = piece[triangles[:, 0]]
    shown = np.bincount(piece[seen], minlength=piece.max() + 1)
    behind = np.bincount(piece[seen], backs[seen], minlength=piece.max() + 1)
    return (behind >= BACKS_SHARE * np.maximum(shown, 1))[piece]


def _compact(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The vertices that triangles (t, 3) use, and the triangles in numbers of these."""
    used, corners = np.unique(triangles, return_inverse=True)
    return used, corners.reshape(-1, 3)
