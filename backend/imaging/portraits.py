"""Portraits: small pictures of a face making a shape, all from one camera, what moves tinted."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
import torch
from scipy.sparse.csgraph import connected_components

from backend.geometry.decimate import decimate
from backend.geometry.operators import triangle_normals, vertex_normals
from backend.imaging.camera import CLAY, Camera, framing_camera, view, view_rotation
from backend.imaging.rasteriser import rasterise

BUDGET = 10_000
"""Vertices drawn at most; at the size of a portrait more of them cannot be told apart."""

LENS = 18.0
KEY_LIGHT = np.array([-0.45, 0.62, 0.64])
"""Unit vector towards the lamp in the canonical frame: above, on the side of the character's right."""

AMBIENT = 0.35
"""Brightness of a surface seen edge-on."""

STILL = 1e-3
"""Share of half the picture's height that a vertex may move without being drawn anew: a fraction of a pixel."""

FAINT = 0.005
"""Tint that nobody sees."""

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
    within = (np.abs(seen[:, :2]) < 1.4 * camera.extent).all(axis=1) & (seen[:, 2] > -1.4 * camera.extent)
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
    neutral: np.ndarray | None = None,
) -> np.ndarray:
    """(size, size, 4) uint8 RGBA picture, transparent around the mesh.

    For the n vertices of the sitter: offsets (n, 3), displacements in the canonical frame, none for the neutral; tint
    (n,) 0..1, how much of each vertex has the colour of motion; colours (n, 3) in 0..1 instead of clay. neutral: the
    portrait of the same size without any of these; where it is given only what differs from it is drawn, which is a
    small part of a face.
    """
    vertices, share = sitting.vertices, np.zeros(len(sitting.vertices))
    if offsets is not None:
        vertices = vertices + offsets.astype(np.float32)
    if tint is not None:
        share = tint
    if neutral is None:
        picture, window = np.zeros((size, size, 4), np.uint8), np.array([[0, 0], [size, size]])
    else:
        moved = (np.abs(vertices - sitting.vertices) > STILL * sitting.camera.extent).any(axis=1) | (share > FAINT)
        picture, window = neutral.copy(), _window(sitting, vertices, moved, size)
    if (window[0] < window[1]).all():
        surface = np.array(CLAY) if colours is None else colours
        surface = surface * (1 - share[:, None]) + TINT * share[:, None]
        (left, top), (right, bottom) = window
        picture[top:bottom, left:right] = _drawn(sitting, vertices, surface, window, size)
    return picture


def _on_screen(camera: Camera, vertices: np.ndarray, size: int) -> np.ndarray:
    """(n, 3) float32: pixel columns and rows of vertices, and their distances."""
    screen = camera.project(torch.from_numpy(np.ascontiguousarray(vertices, np.float32))).numpy()
    screen[:, :2] = (screen[:, :2] + 1) * (size / 2)
    return screen


def _window(sitting: Sitter, vertices: np.ndarray, moved: np.ndarray, size: int) -> np.ndarray:
    """(2, 2) the first pixel and the one after the last, columns and rows, of what looks different where some vertices
    (n,) have moved: the triangles around them, now and before, and those around these, because of their normals."""
    for _ in range(2):
        touched = moved[sitting.triangles].any(axis=1)
        moved = np.zeros_like(moved)
        moved[sitting.triangles[touched]] = True
    if not moved.any():
        return np.zeros((2, 2), np.int64)
    places = np.concatenate([vertices[moved], sitting.vertices[moved]])
    seen = _on_screen(sitting.camera, places, size)[:, :2]
    return np.stack([np.floor(seen.min(axis=0)), np.ceil(seen.max(axis=0)) + 1]).clip(0, size).astype(np.int64)


def _drawn(sitting: Sitter, vertices: np.ndarray, surface: np.ndarray, window: np.ndarray, size: int) -> np.ndarray:
    """(h, w, 4) uint8: the window of the picture. surface: (n, 3) colours without light."""
    camera = sitting.camera
    normals = vertex_normals(vertices, sitting.triangles)
    facing = normals @ camera.rotation[2]
    light = 0.72 + 0.38 * np.clip((normals * np.sign(facing)[:, None]) @ KEY_LIGHT, -0.4, 1.0)
    lit = np.column_stack([np.clip(surface * light[:, None], 0, 1), facing]).astype(np.float32)
    screen = _on_screen(camera, vertices, size)
    drawn = sitting.two_sided | _fronts(vertices, sitting.triangles, camera)
    for axis in range(2):
        a, b, c = screen[sitting.triangles, axis].T
        drawn &= np.maximum(np.maximum(a, b), c) >= window[0, axis]
        drawn &= np.minimum(np.minimum(a, b), c) <= window[1, axis]
    triangles = sitting.triangles[drawn]
    width, height = (window[1] - window[0]).tolist()
    screen[:, :2] = (screen[:, :2] - window[0]) * np.array([2 / width, 2 / height]) - 1
    raster = rasterise(torch.from_numpy(screen), torch.from_numpy(triangles), (height, width), perspective=True)
    faces = raster.faces.numpy()
    hit = faces >= 0
    seen = np.einsum("pc,pck->pk", raster.barycentrics.numpy()[hit], lit[triangles[faces[hit]]])
    picture = np.zeros((height, width, 4), np.uint8)
    bright = seen[:, :3] * (AMBIENT + (1 - AMBIENT) * np.abs(seen[:, 3:]).clip(max=1))
    picture[hit, :3] = bright.clip(0, 1) * 255 + 0.5
    picture[hit, 3] = 255
    return picture


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
