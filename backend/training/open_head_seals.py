"""Lids and lips of the open head that close, over the eyeball and not through it, and lashes that go with them."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from backend.channels import FACE_NAMES
from backend.cloning.parts import Eyeball
from backend.cloning.rim import Contour
from backend.cloning.seal import LID_CHANNELS, seal
from backend.geometry.closest import closest_points
from backend.geometry.sphere import fit_sphere
from backend.training.ict import OPEN_SKIN_END
from backend.training.open_head_assembly import Coarse
from backend.training.open_head_topology import Rings

OVER_BALL = 0.0006
"""Metres that a moved lid keeps from the eyeball: more than the sag of an edge between two of its vertices, 0.3 mm."""

LASH_LENGTH = 0.6
"""What is left of the length of the lashes."""


@dataclass(frozen=True)
class Sealed:
    """shapes: (53, V, 3). contours: by name. eyes: left and right."""

    shapes: np.ndarray
    contours: dict[str, Contour]
    eyes: tuple[Eyeball, Eyeball]


def contour(name: str, vertices: np.ndarray, ring: np.ndarray, outward: np.ndarray) -> Contour:
    """A closed ring of vertices as a Contour for sealing."""
    ring = np.roll(ring, -int(vertices[ring, 0].argmin()))
    last = int(vertices[ring, 0].argmax())
    one, other = ring[: last + 1], np.concatenate([ring[last:], ring[:1]])[::-1]
    upper, lower = (one, other) if vertices[one, 1].mean() > vertices[other, 1].mean() else (other, one)
    along = vertices[upper[-1]] - vertices[upper[0]]
    up = np.cross(outward, along)
    height = np.ptp(vertices[ring] @ (up / np.linalg.norm(up)))
    width = float(np.linalg.norm(along))
    return Contour(
        name,
        upper.astype(np.int32),
        lower.astype(np.int32),
        up / np.linalg.norm(up),
        outward,
        width,
        float(height),
        "open",
    )


def openings(vertices: np.ndarray, coarse: Coarse, rings: Rings) -> dict[str, Contour]:
    """The lid margins and the lip line by name."""
    renumber = {int(vertex): number for number, vertex in enumerate(coarse.ict_vertices)}
    result = {}
    for name in ("eye_left", "eye_right", "mouth"):
        ring = np.array([renumber[int(vertex)] for vertex in getattr(rings, name) if int(vertex) in renumber])
        outward = np.array([0.0, 0.0, 1.0])
        if name != "mouth":
            towards = vertices[ring].mean(0) - fit_sphere(vertices[coarse.of(name)])[0]
            outward = towards / np.linalg.norm(towards)
        result[name] = contour(name, vertices, ring, outward)
    return result


def seal_shapes(
    vertices: np.ndarray, shapes: np.ndarray, coarse: Coarse, contours: dict[str, Contour], lids: np.ndarray
) -> Sealed:
    """The 53 shapes with lids and lips that close and lashes that follow the lids. lids: the visible skin."""
    balls = [fit_sphere(vertices[coarse.of(name)]) for name in ("eye_left", "eye_right")]
    eyes = Eyeball(*balls[0][:2]), Eyeball(*balls[1][:2])
    skin = coarse.of("skin")
    sealed = shapes.copy()
    sealed[:, skin], _ = seal(
        vertices[skin],
        coarse.triangles_of("skin"),
        vertices[skin],
        shapes[:, skin],
        FACE_NAMES[:53],
        eyes,
        contours=contours,
    )
    for side, eye in zip(("left", "right"), eyes, strict=True):
        ball = coarse.triangles_of(f"eye_{side}")
        for channel in LID_CHANNELS:
            at = FACE_NAMES.index(f"{channel}_{side[0].upper()}")
            sealed[at] = clear_eyeball(vertices, sealed[at], lids, ball, eye.center, channel == "eyeBlink")
    lashes = coarse.of("lashes")
    rims = np.concatenate([contours[name].upper for name in ("eye_left", "eye_right")])
    distance, nearest = KDTree(vertices[rims]).query(vertices[lashes], k=3)
    share = 1 / (distance + 1e-4)
    share /= share.sum(1, keepdims=True)
    sealed[:, lashes] += ((sealed - shapes)[:, rims][:, nearest] * share[..., None]).sum(2)
    return Sealed(sealed, contours, eyes)


def visible_lids(coarse: Coarse, rings: Rings) -> np.ndarray:
    """The skin vertices outside the sockets, without the hidden borders of the holes."""
    skin = coarse.of("skin")
    source = coarse.ict_vertices[skin]
    return skin[(source < OPEN_SKIN_END) & ~np.isin(source, np.concatenate(rings.borders))]


def trimmed_lashes(fields: np.ndarray, mean: np.ndarray, coarse: Coarse, contours: dict[str, Contour]) -> np.ndarray:
    """Fields (K, V, 3), positions or displacements, with the lashes drawn towards the lid margins: solid strips without
    a texture of hairs look too long otherwise."""
    lashes = coarse.of("lashes")
    rim = np.concatenate([contours[name].upper for name in ("eye_left", "eye_right")])
    distance, nearest = KDTree(mean[rim]).query(mean[lashes], k=3)
    share = 1 / (distance + 1e-4) ** 2
    share /= share.sum(1, keepdims=True)
    base = (fields[:, rim[nearest]] * share[..., None]).sum(2)
    result = fields.copy()
    result[:, lashes] = (1 - LASH_LENGTH) * base + LASH_LENGTH * fields[:, lashes]
    return result


def ball_heights(points: np.ndarray, vertices: np.ndarray, ball: np.ndarray, center: np.ndarray) -> np.ndarray:
    """(p,) how far points (p, 3) lie outside the surface of the triangles ball (t, 3), negative inside."""
    triangle, weights, distance = closest_points(points, vertices, ball)
    surface = (vertices[ball[triangle]] * weights[..., None]).sum(1)
    outside = np.linalg.norm(points - center, axis=1) >= np.linalg.norm(surface - center, axis=1)
    return np.where(outside, distance, -distance)


def clear_eyeball(
    vertices: np.ndarray, shape: np.ndarray, lids: np.ndarray, ball: np.ndarray, center: np.ndarray, closing: bool
) -> np.ndarray:
    """The shape (n, 3) with its lids moved out of the eyeball along the ray from its centre.

    lids: (l,) vertex numbers. ball: (t, 3) triangles of the eyeball. closing: every moved lid vertex keeps OVER_BALL;
    otherwise no more than it has in the neutral.
    """
    lids = lids[np.linalg.norm(shape[lids], axis=1) > 1e-4]
    rest = ball_heights(vertices[lids], vertices, ball, center)
    wanted = np.full(len(lids), OVER_BALL) if closing else np.clip(rest, -1, OVER_BALL)
    result = shape.copy()
    for _ in range(3):
        posed = (vertices + result)[lids]
        lack = np.maximum(wanted - ball_heights(posed, vertices, ball, center), 0)
        ray = posed - center
        result[lids] += ray / np.linalg.norm(ray, axis=1, keepdims=True) * lack[:, None]
    return result
