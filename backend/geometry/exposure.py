"""From how many sides a surface can be seen: little behind lids and lips, in sockets and mouths."""

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene

from backend.errors import Progress, silent
from backend.geometry.operators import triangle_normals

DIRECTIONS = 256

OFF = 1e-4
"""How far from the surface a look begins, as a share of the mesh's size, so that it does not end at once."""


def principal_axes(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(3, 3) a right-handed rotation whose rows are the axes of inertia of a surface, the longest first. They turn with
    the mesh and hardly depend on its tessellation; their signs are chance. vertices: (n, 3). triangles: (t, 3)."""
    corners = vertices[triangles].astype(np.float64)
    areas = np.linalg.norm(triangle_normals(vertices.astype(np.float64), triangles), axis=1)
    middles = corners.mean(1)
    middles -= np.average(middles, axis=0, weights=areas)
    axes = np.linalg.eigh((areas[:, None] * middles).T @ middles)[1].T[::-1]
    return axes * [[1], [1], [np.sign(np.linalg.det(axes))]]


def exposure(vertices: np.ndarray, triangles: np.ndarray, progress: Progress = silent) -> np.ndarray:
    """(t,) the share of all directions from which the middle of each triangle is seen from far away, from either side;
    one half on a convex surface.

    vertices: (n, 3) along their principal axes, which makes the result independent of the frame that the mesh came in;
    triangles: (t, 3). Raises Cancelled where `progress` does.
    """
    points = vertices.astype(np.float64)
    normals = triangle_normals(points, triangles)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
    scene = EmbreeScene()
    TriangleMesh(scene, points[triangles].astype(np.float32))
    middles, off = points[triangles].mean(1), OFF * float(np.ptp(points, axis=0).max())
    seen = np.zeros(len(triangles), np.int64)
    directions = _directions()
    for number, towards in enumerate(directions):
        progress(number / len(directions), "Looking for eyes and mouth")
        start = middles + off * np.sign(normals @ towards)[:, None] * normals
        rays = np.repeat(towards.astype(np.float32)[None], len(start), axis=0)
        seen += scene.run(start.astype(np.float32), rays, query="OCCLUDED") < 0
    return seen / len(directions)


def _directions() -> np.ndarray:
    """(d, 3) about DIRECTIONS unit vectors, even over the sphere (a Fibonacci lattice) and mirrored in all three
    coordinate planes: the signs of the axes do not matter, and a symmetric mesh gets symmetric results."""
    step = np.arange(DIRECTIONS) + 0.5
    height, turn = 1 - 2 * step / DIRECTIONS, np.pi * (1 + np.sqrt(5)) * step
    across = np.sqrt(1 - height**2)
    lattice = np.stack([across * np.cos(turn), across * np.sin(turn), height], axis=1)
    octant = lattice[(lattice > 0).all(1)]
    signs = np.stack(np.meshgrid([-1, 1], [-1, 1], [-1, 1], indexing="ij"), axis=-1).reshape(-1, 1, 3)
    return (signs * octant).reshape(-1, 3)
