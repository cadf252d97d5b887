"""A morphable head reduced to what a landmark fit needs: how identity and expression move each landmark."""

from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np
from scipy.spatial.transform import Rotation

from backend.channels import EYE_RANGE, FACE_NAMES
from backend.cloning.landmark_map import IRISES, LEFT_IRIS, RIGHT_IRIS, attached_landmarks
from backend.faces.open_head import load_open_head
from backend.geometry.mesh import PARTS, face_mesh

NAMES = tuple(name for name in FACE_NAMES if name != "tongueOut")
"""The channels that a picture's landmarks tell of."""

PUPILS = (LEFT_IRIS[0], RIGHT_IRIS[0])

EXPRESSION_SPREAD = 0.35
"""The standard deviation of a channel's weight, before a picture is looked at."""


class HeadBasis(Protocol):
    """What a fit needs of a head, in metres, y up and z out of the face.

    names: (E,) of the weights. mean: (478, 3) and normals: (478, 3) of the head at rest. modes: components of the
    identity. low, high: (E,) between which weights stay. spread: (E,) standard deviations of the weights before a
    picture is looked at.
    """

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def mean(self) -> np.ndarray: ...

    @property
    def normals(self) -> np.ndarray: ...

    @property
    def modes(self) -> int: ...

    @property
    def low(self) -> np.ndarray: ...

    @property
    def high(self) -> np.ndarray: ...

    @property
    def spread(self) -> np.ndarray: ...

    def places(self, identity: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of an identity (modes,), in standard deviations, and weights (E,): the landmarks (478, 3), their derivatives
        by the identity (modes, 478, 3) and by the weights (E, 478, 3)."""
        ...


@dataclass(frozen=True)
class LandmarkBasis:
    """Landmarks of a linear head in metres, canonical frame: mean + codes @ modes.

    mean: (478, 3). identity: (I, 478, 3) per standard deviation. expression: (E, 478, 3) of names at weight 1. Irises
    stand in the eyes' centres in all three; an eye looks along z and is turned by its eyeLook channels. radii: (2,)
    from the centre of the left, right eye to its pupil. turns: (E, 2, 2) yaw and pitch in radians of the left, right
    eye at weight 1. normals: (478, 3) of the mean.
    """

    names: tuple[str, ...]
    mean: np.ndarray
    identity: np.ndarray
    expression: np.ndarray
    radii: np.ndarray
    turns: np.ndarray
    normals: np.ndarray

    @property
    def modes(self) -> int:
        """Components of the identity."""
        return len(self.identity)

    @property
    def low(self) -> np.ndarray:
        """(E,) zeros."""
        return np.zeros(len(self.names))

    @property
    def high(self) -> np.ndarray:
        """(E,) ones."""
        return np.ones(len(self.names))

    @property
    def spread(self) -> np.ndarray:
        """(E,) EXPRESSION_SPREAD."""
        return np.full(len(self.names), EXPRESSION_SPREAD)

    def places(self, identity: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """As HeadBasis has it."""
        places = self.mean + np.tensordot(identity, self.identity, 1) + np.tensordot(weights, self.expression, 1)
        slopes = self.expression.copy()
        for eye, pupil in enumerate(PUPILS):
            yaw, pitch = weights @ self.turns[:, eye]
            offset, by_angles = looking(self.radii[eye], yaw, pitch)
            places[pupil] += offset
            slopes[:, pupil] += self.turns[:, eye] @ by_angles
        return places, self.identity, slopes


@dataclass(frozen=True)
class StillBasis:
    """A HeadBasis that neither identity nor expression moves: the camera alone is fitted. mean, normals: (478, 3)."""

    mean: np.ndarray
    normals: np.ndarray
    names: tuple[str, ...] = ()
    modes: int = 0

    @property
    def low(self) -> np.ndarray:
        """(0,)."""
        return np.zeros(0)

    high = spread = low

    def places(self, identity: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """As HeadBasis has it."""
        nothing = np.zeros((0, *self.mean.shape))
        return self.mean, nothing, nothing


def looking(radius: float, yaw: float, pitch: float) -> tuple[np.ndarray, np.ndarray]:
    """(3,) from an eye's centre to its pupil, and the derivatives (2, 3) by yaw and pitch."""
    (a, b), (c, d) = (np.cos(yaw), np.sin(yaw)), (np.cos(pitch), np.sin(pitch))
    by_angles = np.array([[a * c, 0, -b * c], [-b * d, -c, -a * d]])
    return radius * np.array([b * c, -d, a * c]), radius * by_angles


@cache
def open_head_basis() -> LandmarkBasis:
    """The open head's. Cached: treat the arrays as read-only."""
    head = load_open_head()
    skin = face_mesh(head.vertices, head.quads).triangles
    skin = skin[(head.parts[skin] == PARTS.index("skin")).all(1)]
    corners, weights = attached_landmarks(head.vertices, skin, head.shapes[FACE_NAMES.index("jawOpen")])
    balls = [head.parts == PARTS.index(name) for name in ("eye_left", "eye_right")]

    def at(fields: np.ndarray) -> np.ndarray:
        """(..., 478, 3) the landmarks of fields (..., V, 3)."""
        points = (fields[..., corners, :] * weights[..., None]).sum(-2)
        for ball, iris in zip(balls, (LEFT_IRIS, RIGHT_IRIS), strict=True):
            points[..., list(iris), :] = fields[..., ball, :].mean(-2, keepdims=True)
        return points

    mean = at(head.vertices.astype(np.float64))
    for center, iris in zip(head.eye_centers, (LEFT_IRIS, RIGHT_IRIS), strict=True):
        mean[list(iris)] = center
    edges = head.vertices[corners].astype(np.float64)
    normals = np.cross(edges[:, 1] - edges[:, 0], edges[:, 2] - edges[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    normals[IRISES] = [0, 0, 1]
    return LandmarkBasis(
        names=NAMES,
        mean=mean,
        identity=at(head.identity.astype(np.float64)),
        expression=at(head.shapes[[FACE_NAMES.index(name) for name in NAMES]].astype(np.float64)),
        radii=head.eye_radii.astype(np.float64),
        turns=eye_turns(NAMES),
        normals=normals,
    )


def eye_turns(names: tuple[str, ...]) -> np.ndarray:
    """(E, 2, 2) yaw and pitch of the left, right eye that the eyeLook channels among names stand for at weight 1."""
    turns = np.zeros((len(names), 2, 2))
    sideways, upright = EYE_RANGE
    for eye, side in enumerate("LR"):
        outward = sideways if side == "L" else -sideways
        for direction, turn in {
            "Out": (outward, 0.0),
            "In": (-outward, 0.0),
            "Down": (0.0, upright),
            "Up": (0.0, -upright),
        }.items():
            turns[names.index(f"eyeLook{direction}_{side}"), eye] = turn
    return turns


def open_head_fitted(identity: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(V, 3) float32: the open head of an identity code with the weights (E,) of NAMES, its eyeballs turned by the
    eyeLook channels."""
    head = load_open_head()
    full = np.zeros(len(FACE_NAMES))
    full[[FACE_NAMES.index(name) for name in NAMES]] = weights
    vertices = head.posed(full, identity).astype(np.float64)
    for eye, turn in enumerate(np.tensordot(weights, eye_turns(NAMES), axes=1)):
        ball = head.parts == PARTS.index(("eye_left", "eye_right")[eye])
        center = head.neutral(identity)[ball].mean(0) - head.vertices[ball].mean(0) + head.eye_centers[eye]
        vertices[ball] = Rotation.from_euler("YX", turn).apply(vertices[ball] - center) + center
    return vertices.astype(np.float32)
