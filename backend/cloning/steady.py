"""A frame for a face that its surface alone decides, so that pictures from it do not depend on where a search began."""

from functools import cache

import numpy as np
from scipy.spatial.transform import Rotation

from backend.cloning.photograph import Subject
from backend.faces.open_head import load_open_head
from backend.geometry.mesh import PARTS
from backend.geometry.operators import vertex_normals
from backend.geometry.similarity import apply_transform
from backend.imaging.camera import Camera, view
from backend.imaging.rasteriser import Raster

CENTRE = np.array([0.0, 0.0, 0.06])
EXTENT, SIZE = 0.1, 80
"""Canonical metres from the middle of the depth picture to its border, and its pixels."""

FRONT = np.array([[-0.075, -0.08], [0.075, 0.09]])
"""The part of the canonical face that is compared: x and y, metres."""

FACING = 0.3
"""Cosine to the front, from which on the canonical surface counts."""

ERROR = 0.008
"""Metres: pairs that lie much further apart count little."""

ROUNDS = 15
SETTLED, RESTLESS = 1e-5, 2e-4
"""Metres: a round that moves the face by less than the first is the last; if the last one moves it by more than the
second, there is no frame. A pixel at the brink of a nostril may go on changing sides."""


def steady_frame(subject: Subject, transform: np.ndarray) -> np.ndarray | None:
    """A transform (4, 4) canonical from mesh near the given one, at which the subject's depth seen from the front lies
    best on the canonical head's; None where it does not settle.

    The same surface gives the same frame to within hundredths of a millimetre from any start within a few degrees and
    per cent, whatever its triangles are: point-to-plane steps (Chen and Medioni 1992) with scale on two depth pictures
    (projective pairs, Blais and Levine 1995), far pairs weighted down as by Geman and McClure.
    """
    places, normals, counted = _canonical_front()
    moved = np.inf
    for count in range(ROUNDS):
        depth = _depth(subject, transform)[0]
        used = counted & np.isfinite(depth)
        if used.sum() < 0.3 * counted.sum():
            return None
        normal = normals[used]
        off = (places[used][:, 2] - depth[used]) * normal[:, 2]
        arm = np.column_stack([places[used][:, :2], depth[used]]) - CENTRE
        rows = np.column_stack([np.cross(arm, normal), normal, (arm * normal).sum(1)])
        weight = (1 + (off / ERROR) ** 2) ** -2
        system = (rows * weight[:, None]).T @ rows
        step = np.linalg.solve(system + 1e-9 * np.trace(system) * np.eye(7), (rows * weight[:, None]).T @ off)
        moved = float(np.abs(step * [EXTENT, EXTENT, EXTENT, 1, 1, 1, EXTENT]).max())
        if count > ROUNDS // 2:
            step = 0.5 * step
        change = np.eye(4)
        change[:3, :3] = np.exp(step[6]) * Rotation.from_rotvec(step[:3]).as_matrix()
        change[:3, 3] = CENTRE + step[3:6] - change[:3, :3] @ CENTRE
        transform = change @ transform
        if moved < SETTLED:
            break
    return transform if moved < RESTLESS else None


def _depth(subject: Subject, transform: np.ndarray) -> tuple[np.ndarray, Raster]:
    """(SIZE, SIZE) canonical z of what is seen from the front, NaN beside it, and the Raster."""
    scale = np.cbrt(np.linalg.det(transform[:3, :3]))
    camera = Camera(transform[:3, :3] / scale, apply_transform(np.linalg.inv(transform), CENTRE), EXTENT / scale)
    raster = view(subject.vertices, subject.triangles, camera, SIZE)
    ahead = CENTRE[2] + scale * (camera.distance - raster.depth.numpy())
    return np.where(raster.faces.numpy() >= 0, ahead, np.nan), raster


@cache
def _canonical_front() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places and normals (SIZE, SIZE, 3) of the canonical skin in the depth picture, and which pixels count."""
    head = load_open_head()
    quads = head.quads
    triangles = np.concatenate([quads[:, :3], quads[quads[:, 3] >= 0][:, [0, 2, 3]]])
    triangles = triangles[(head.parts == PARTS.index("skin"))[triangles].all(1)]
    depth, raster = _depth(Subject(head.vertices, triangles), np.eye(4))
    corners = vertex_normals(head.vertices, triangles)[triangles[raster.faces.numpy()]]
    normals = (corners * raster.barycentrics.numpy()[..., None]).sum(2)
    normals /= np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-30)
    across = ((np.arange(SIZE) + 0.5) / SIZE * 2 - 1) * EXTENT
    x, y = np.meshgrid(CENTRE[0] + across, CENTRE[1] - across)
    places = np.stack([x, y, depth], axis=-1)
    inside = ((places[..., :2] > FRONT[0]) & (places[..., :2] < FRONT[1])).all(2)
    return places, normals, np.isfinite(depth) & (normals[..., 2] > FACING) & inside
