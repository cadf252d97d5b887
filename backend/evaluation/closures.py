"""How well eyes and mouths close and lids stay off the eyeballs, seen in pictures of the result.

Another way than the one that closes them: sealing matches margins vertex by vertex and says how far apart they are;
here the face is drawn, and what shows between the margins is counted.
"""

from dataclasses import dataclass

import numpy as np

from backend.cloning.eyeballs import Eyeball
from backend.geometry.operators import triangle_normals
from backend.imaging.camera import Camera, view, view_rotation
from backend.imaging.radial import radial_surface

PIXELS = 512
FRAME = 1.5
"""Half the width of the picture, in half widths of the opening."""

LATTICE = np.array([(i, j, 3 - i - j) for i in range(4) for j in range(4 - i)]) / 3
"""(10, 3) barycentric coordinates of the points of a triangle that are looked at."""

DEEP = 0.8
"""A point of a lid that is deeper inside the eyeball than this share of its radius belongs to something else."""


@dataclass(frozen=True)
class Opening:
    """An eye or a mouth, neutral, canonical frame, metres. vertices: (n, 3). skin: triangles (s, 3). inside: triangles
    (b, 3) of the eyeball, or of teeth and tongue. behind: (s,) bool, skin that lies behind the margins. rim: (l, 3) the
    margins in order where they are widest apart. outward: (3,) where it looks. eye: the eyeball, where there is one."""

    vertices: np.ndarray
    skin: np.ndarray
    inside: np.ndarray
    behind: np.ndarray
    rim: np.ndarray
    outward: np.ndarray
    eye: Eyeball | None = None

    @property
    def camera(self) -> Camera:
        """Sees the whole opening from the front of the face."""
        low, high = self.rim.min(0), self.rim.max(0)
        return Camera(view_rotation(0.0), 0.5 * (low + high), FRAME / 2 * float((high - low)[:2].max()))


def visible_height(opening: Opening, deltas: np.ndarray) -> float:
    """Metres of eyeball, teeth, socket or nothing at all that show between the margins in the column of the picture
    where most of it does, for displacements (n, 3). Skin seen from its back and nothing at all count inside of `rim`;
    what pokes through the skin counts as well."""
    camera = opening.camera
    moved = opening.vertices + deltas
    triangles = np.concatenate([opening.skin, opening.inside])
    near = np.abs((moved - camera.centre) @ camera.rotation[:2].T).max(1) < 3 * camera.extent
    number = np.flatnonzero(near[triangles].any(1))
    faces = view(moved, triangles[number], camera, PIXELS).faces.numpy()
    seen = np.where(faces >= 0, number[np.maximum(faces, 0)], -1)
    within = seen >= len(opening.skin)
    skin = np.clip(seen, 0, len(opening.skin) - 1)
    back = triangle_normals(moved, opening.skin) @ camera.rotation[2] < 0
    hole = (seen < 0) | (~within & (opening.behind | back)[skin])
    shows = within | (hole & _inside(opening.rim, camera))
    return float(shows.sum(0).max()) * 2 * camera.extent / PIXELS


def _inside(rim: np.ndarray, camera: Camera) -> np.ndarray:
    """(PIXELS, PIXELS) bool: inside of a closed chain of points (l, 3), by the even-odd rule."""
    seen = (rim - camera.centre) @ camera.rotation[:2].T / camera.extent
    axis = (np.arange(PIXELS) + 0.5) / PIXELS * 2 - 1
    x, y = np.meshgrid(axis, -axis)
    inside = np.zeros((PIXELS, PIXELS), bool)
    for (ax, ay), (bx, by) in zip(seen, np.roll(seen, -1, axis=0), strict=True):
        crosses = (ay > y) != (by > y)
        at = ax + (y - ay) / (by - ay if by != ay else 1.0) * (bx - ax)
        inside ^= crosses & (x < at)
    return inside


def penetration(opening: Opening, deltas: np.ndarray) -> float | None:
    """The deepest that any point of the lids lies inside the eyeball, beyond where it lies in the neutral, as a share
    of the eyeball's radius; None without an eyeball. deltas: (n, 3), of lids and eyeball. The eyeball is its own
    surface, not the sphere through it."""
    eye = opening.eye
    if eye is None or len(opening.inside) == 0:
        return None
    lids = opening.skin[~opening.behind]
    corners = opening.vertices[lids]
    away = np.linalg.norm(corners - eye.center, axis=2).min(1)
    ahead = ((corners - eye.center) @ opening.outward).max(1) > 0
    lids = lids[(away < 1.8 * eye.radius) & ahead]
    if len(lids) == 0:
        return 0.0
    depths = []
    for moved in (opening.vertices, opening.vertices + deltas):
        surface = radial_surface(moved, opening.inside, eye.center, opening.outward)
        points = np.einsum("bc,tcd->tbd", LATTICE, moved[lids]).reshape(-1, 3)
        depths.append(surface.reach(points) - np.linalg.norm(points - eye.center, axis=1))
    before, after = (np.where(np.isfinite(depth), depth, -np.inf) for depth in depths)
    usable = (after < DEEP * eye.radius) & (before < DEEP * eye.radius)
    beyond = np.where(usable, after - np.maximum(before, 0.0), 0.0)
    return float(max(beyond.max(initial=0.0), 0.0) / eye.radius)
