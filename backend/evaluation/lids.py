"""How well eyes close and lids stay off the eyeballs, seen in pictures of the result."""

from dataclasses import dataclass

import numpy as np

from backend.cloning.contours import Contour
from backend.cloning.eyeballs import Eyeball
from backend.geometry.operators import triangle_normals
from backend.imaging.camera import Camera, view, view_rotation
from backend.imaging.radial import radial_surface

PIXELS = 512
FRAME = 1.5
"""Half the width of the picture of an eye, in widths of the eye."""

LATTICE = np.array([(i, j, 3 - i - j) for i in range(4) for j in range(4 - i)]) / 3
"""(10, 3) barycentric coordinates of the points of a triangle that are looked at."""

DEEP = 0.8
"""A point of a lid that is deeper inside the eyeball than this share of its radius belongs to something else."""


@dataclass(frozen=True)
class EyeScene:
    """One eye of a character, neutral, canonical frame, metres. vertices: (n, 3). skin, ball: triangles (s, 3), (b, 3).
    behind: (s,) bool, skin that lies behind the lids. loop: (l,) the vertices of the rim in order, empty where there is
    none. eye: the eyeball or None. outward: (3,) where the eye looks."""

    vertices: np.ndarray
    skin: np.ndarray
    ball: np.ndarray
    behind: np.ndarray
    loop: np.ndarray
    eye: Eyeball | None
    outward: np.ndarray


@dataclass(frozen=True)
class Visible:
    """What is seen of an eye in a picture. area: pixels. height: of the highest column, pixels."""

    area: int
    height: int


def eye_camera(scene: EyeScene, contour: Contour | None) -> Camera:
    """A camera in front of the face that sees the whole eye."""
    if contour is not None and len(contour.upper):
        rim = scene.vertices[scene.loop]
        return Camera(view_rotation(0.0), rim.mean(0), FRAME * max(contour.width, contour.opening) / 2)
    assert scene.eye is not None
    return Camera(view_rotation(0.0), scene.eye.center, 1.6 * scene.eye.radius)


def visible(scene: EyeScene, deltas: np.ndarray, camera: Camera) -> Visible:
    """How much of eyeball, socket or hole shows between the lids for displacements (n, 3). Skin seen from its back and
    nothing at all count inside the neutral rim."""
    moved = scene.vertices + deltas
    triangles = np.concatenate([scene.skin, scene.ball])
    near = np.abs((moved - camera.centre) @ camera.rotation[:2].T).max(1) < 3 * camera.extent
    number = np.flatnonzero(near[triangles].any(1))
    faces = view(moved, triangles[number], camera, PIXELS).faces.numpy()
    seen = np.where(faces >= 0, number[np.maximum(faces, 0)], -1)
    is_ball = seen >= len(scene.skin)
    skin = np.clip(seen, 0, len(scene.skin) - 1)
    back = triangle_normals(moved, scene.skin) @ camera.rotation[2] < 0
    hole = (seen < 0) | (~is_ball & (scene.behind | back)[skin])
    opened = is_ball | (hole & _inside_loop(scene, camera))
    columns = opened.sum(0)
    return Visible(int(opened.sum()), int(columns.max()))


def _inside_loop(scene: EyeScene, camera: Camera) -> np.ndarray:
    if len(scene.loop) == 0:
        return np.zeros((PIXELS, PIXELS), bool)
    seen = (scene.vertices[scene.loop] - camera.centre) @ camera.rotation[:2].T / camera.extent
    axis = (np.arange(PIXELS) + 0.5) / PIXELS * 2 - 1
    x, y = np.meshgrid(axis, -axis)
    inside = np.zeros((PIXELS, PIXELS), bool)
    for (ax, ay), (bx, by) in zip(seen, np.roll(seen, -1, axis=0), strict=True):
        crosses = (ay > y) != (by > y)
        at = ax + (y - ay) / (by - ay if by != ay else 1.0) * (bx - ax)
        inside ^= crosses & (x < at)
    return inside


def penetration(scene: EyeScene, deltas: np.ndarray) -> float:
    """The deepest that any point of the lids lies inside the eyeball, beyond where it lies in the neutral, as a share
    of the eyeball's radius. deltas: (n, 3), of lids and eyeball. The eyeball is its own surface, not the sphere through
    it."""
    if scene.eye is None or len(scene.ball) == 0:
        return 0.0
    eye = scene.eye
    lids = scene.skin[~scene.behind]
    corners = scene.vertices[lids]
    away = np.linalg.norm(corners - eye.center, axis=2).min(1)
    ahead = ((corners - eye.center) @ scene.outward).max(1) > 0
    lids = lids[(away < 1.8 * eye.radius) & ahead]
    if len(lids) == 0:
        return 0.0
    depths = []
    for moved in (scene.vertices, scene.vertices + deltas):
        surface = radial_surface(moved, scene.ball, eye.center, scene.outward)
        points = np.einsum("bc,tcd->tbd", LATTICE, moved[lids]).reshape(-1, 3)
        depths.append(surface.reach(points) - np.linalg.norm(points - eye.center, axis=1))
    before, after = (np.where(np.isfinite(depth), depth, -np.inf) for depth in depths)
    usable = (after < DEEP * eye.radius) & (before < DEEP * eye.radius)
    beyond = np.where(usable, after - np.maximum(before, 0.0), 0.0)
    return float(max(beyond.max(initial=0.0), 0.0) / eye.radius)
