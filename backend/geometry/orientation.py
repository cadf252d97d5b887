"""Consistent, outward triangle orientation."""

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import connected_components

from backend.geometry.edges import edge_runs
from backend.geometry.operators import triangle_normals

CLEARLY = 0.2
"""An open patch counts as inside out when its signed volume is below minus this share of the unsigned one."""


def orient(vertices: np.ndarray, triangles: np.ndarray, objects: np.ndarray) -> np.ndarray:
    """The triangles (t, 3) with corners swapped where needed.

    Triangles that meet in an edge with exactly two triangles are made to agree; what hangs together by such edges
    is a patch. A patch keeps the side that most of its area already had, except: a closed patch encloses
    positive volume, and where the largest patch of an object is inside out, the object's open patches are turned
    with it (so a mouth bag that faces inwards on purpose stays as its author made it). A patch that has no two
    sides (a Moebius strip) and edges of three or more triangles are left alone. objects: (n,) per vertex.
    """
    if len(triangles) == 0:
        return triangles
    patch, turned, closed = _patches(triangles, len(vertices))
    count = int(patch.max()) + 1
    normals = triangle_normals(vertices, triangles)
    areas = np.linalg.norm(normals, axis=1)
    sign = np.where(turned, -1.0, 1.0)
    sign *= np.where(np.bincount(patch, sign * areas, count) < 0, -1.0, 1.0)[patch]

    middles = vertices[triangles].mean(1)
    area = np.maximum(np.bincount(patch, areas, count), 1e-300)
    centres = np.stack([np.bincount(patch, middles[:, axis] * areas, count) / area for axis in range(3)], axis=1)
    volume = sign * np.einsum("ij,ij->i", middles - centres[patch], normals)
    whole = np.maximum(np.bincount(patch, np.abs(volume), count), 1e-300)
    outward = np.bincount(patch, volume, count) / whole

    first = np.full(count, len(triangles))
    np.minimum.at(first, patch, np.arange(len(triangles)))
    owner = np.unique(objects[triangles[first, 0]], return_inverse=True)[1]
    order = np.lexsort((np.arange(count), -area, owner))
    largest = order[np.concatenate([[True], np.diff(owner[order]) > 0])]
    inside_out = (outward < 0) & (closed | (outward < -CLEARLY))
    invert = np.where(closed, outward < 0, inside_out[largest][owner])
    sign *= np.where(invert, -1.0, 1.0)[patch]
    return np.where((sign < 0)[:, None], triangles[:, ::-1], triangles)


def _patches(triangles: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """patch (t,), whether a triangle must be turned to agree with its patch (t,), whether a patch is closed (p,).

    Every triangle becomes two nodes, itself and itself turned; nodes that agree are joined. The connected
    components of this double cover are the patches and their mirror images.
    """
    t = len(triangles)
    order, starts, lengths = edge_runs(triangles, count)
    pair = starts[lengths == 2]
    one, two = order[pair], order[pair + 1]
    corner = triangles.ravel()
    disagree = (corner[one] == corner[two]).astype(np.int64)
    one, two = one // 3, two // 3
    rows = np.concatenate([one, one + t])
    columns = np.concatenate([two + t * disagree, two + t * (1 - disagree)])
    graph = sparse.coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(2 * t, 2 * t))
    label = connected_components(graph, directed=False)[1].reshape(2, t)
    patch = np.unique(label.min(0), return_inverse=True)[1].reshape(-1)
    closed = np.ones(int(patch.max()) + 1, bool)
    single = np.repeat(lengths != 2, lengths)
    closed[patch[order[single] // 3]] = False
    return patch, label[0] > label[1], closed
