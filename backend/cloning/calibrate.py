"""A head's shapes fitted to a clip of it: the code then moves the mesh as the clip did."""

import numpy as np
from scipy.spatial.transform import Rotation

from backend.cloning.dialects import dialects, spoken
from backend.cloning.encode import Encoding
from backend.cloning.head_motion import at_rest
from backend.cloning.result import Shapes
from backend.errors import Progress, silent
from backend.frames import Frames
from backend.geometry.mesh import FaceMesh
from backend.geometry.operators import vertex_normals
from backend.geometry.similarity import apply_transform

FAITH = 0.02
"""Weight of the shapes as they were, in frames of usual activity: a channel that one frame shows fully is learnt from
it to 98 %, one that is never seen stays as it was."""


def spoken_shapes(mesh: FaceMesh, shapes: Shapes, dialect: dict[str, float]) -> np.ndarray:
    """(K, N, 3) float32: the shapes of a mesh, in its units and frame, with its skin in a mixture of dialects as an
    Encoding has it. What is not skin stays as it was."""
    result = shapes.deltas.copy()
    if shapes.canonical is None or not any(share > 0 for share in dialect.values()):
        return result
    speakers = [(dialect.get(one.name, 0.0), one) for one in dialects()]
    skin = np.flatnonzero(np.isfinite(shapes.canonical).all(1))
    points = apply_transform(shapes.canonical_from_file, mesh.vertices)
    normals = vertex_normals(points, mesh.triangles)[skin]
    back = np.linalg.inv(shapes.canonical_from_file[:3, :3]).astype(np.float32)
    mixed = np.float32(1 - sum(share for share, _ in speakers)) * shapes.deltas[:, skin]
    for share, one in speakers:
        if share > 0:
            mixed += np.float32(share) * (spoken(one, shapes.canonical[skin], points[skin], normals) @ back.T)
    result[:, skin] = mixed
    return result


def calibrated_shapes(
    mesh: FaceMesh, frames: Frames, shapes: Shapes, encoding: Encoding, progress: Progress = silent
) -> np.ndarray:
    """(K, N, 3) float32: the shapes that, with the codes of the encoding, come nearest to the clip's vertices, and to
    the dialect's shapes where the clip says nothing (ridge regression). What no shape moves stays so."""
    prior = spoken_shapes(mesh, shapes, encoding.dialect)
    moving = np.flatnonzero(np.abs(prior).max((0, 2)) > 0)
    codes = encoding.performance.weights.astype(np.float64)
    canonical = shapes.canonical_from_file
    neutral = apply_transform(canonical, mesh.vertices[moving])
    seen = np.zeros((codes.shape[1], 3 * len(moving)))
    done = 0
    for chunk in frames.chunks():
        progress(done / frames.count, "Fitting the shapes to the clip")
        part = slice(done, done + len(chunk))
        places = apply_transform(canonical, chunk[:, moving])
        rotations = Rotation.from_rotvec(encoding.performance.head[part, :3]).as_matrix()
        field = at_rest(rotations, encoding.performance.head[part, 3:].astype(np.float64), places) - neutral
        seen += codes[part].T @ field.reshape(len(chunk), -1)
        done += len(chunk)
    hold = FAITH * max(float(np.square(codes).sum(1).mean()), 1e-6)
    before = (prior[:, moving] @ canonical[:3, :3].T).reshape(len(prior), -1)
    fitted = np.linalg.solve(codes.T @ codes + hold * np.eye(len(prior)), seen + hold * before)
    back = np.linalg.inv(canonical[:3, :3])
    prior[:, moving] = (fitted.reshape(len(prior), -1, 3) @ back.T).astype(np.float32)
    return prior
