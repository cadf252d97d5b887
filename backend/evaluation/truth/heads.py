"""Heads that are not the fitted model, each with an artist's keys, brought to the canonical frame."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from backend.channels import EYE_RANGE
from backend.cloning.landmark_map import IRISES, attached_landmarks, canonical_landmarks
from backend.evaluation.held_out import SEED
from backend.geometry.mesh import PARTS
from backend.performance import Performance
from backend.training.families import ICT_FILE, MAKEHUMAN_FILE, sight_makehuman
from backend.training.ict import OPEN_SKIN_END, IctHead, load_ict
from backend.training.makehuman import MakeHumanHead, draw_identity, load_makehuman
from backend.training.templates import canonical_makehuman

ADULT = (0.3, 1.0)
SHOWN = ("skin", "eye_left", "eye_right", "teeth_upper", "teeth_lower", "tongue")
"""Lashes are cards that hide the eye where they are drawn solid; gums and fluids are seen by nobody."""

LOOKS = {"Out": (1, 0), "In": (-1, 0), "Down": (0, 1), "Up": (0, -1)}
"""Signs of yaw, for the left eye, and pitch."""


@dataclass(frozen=True)
class TruthHead:
    """vertices: (N, 3) the neutral, metres, near the canonical frame. triangles: (T, 3). parts: (N,) index into PARTS.
    canonical: (N, 3) where each vertex lies on the canonical head. names: K of the keys, ARKit's or ICT's; keys: (K, N,
    3), no motion of the eyeballs. corners: (478, 3) vertices and weights: (478, 3) of each landmark."""

    name: str
    vertices: np.ndarray
    triangles: np.ndarray
    parts: np.ndarray
    canonical: np.ndarray
    names: tuple[str, ...]
    keys: np.ndarray
    corners: np.ndarray
    weights: np.ndarray

    def landmarks(self, vertices: np.ndarray) -> np.ndarray:
        """(..., 478, 3) of vertices (..., N, 3)."""
        return (vertices[..., self.corners, :] * self.weights[..., None]).sum(-2)

    def posed(self, motion: Performance) -> np.ndarray:
        """(F, N, 3) with the expressions of a performance's frames, eyeballs turned by the eyeLook channels."""
        weights = motion.named(self.names).weights
        result = self.vertices + np.tensordot(weights, self.keys, axes=1)
        for side, part in (("L", "eye_left"), ("R", "eye_right")):
            ball = self.parts == PARTS.index(part)
            centre = sphere_centre(self.vertices[ball])
            named = motion.named(tuple(f"eyeLook{way}_{side}" for way in LOOKS)).weights
            outward = 1 if side == "L" else -1
            signs = np.array([[outward * yaw, pitch] for yaw, pitch in LOOKS.values()])
            turns = named @ (signs * EYE_RANGE)
            for frame, turn in enumerate(turns):
                rotation = Rotation.from_euler("YX", turn).as_matrix()
                result[frame, ball] = (self.vertices[ball] - centre) @ rotation.T + centre
        return result.astype(np.float32)


def sphere_centre(points: np.ndarray) -> np.ndarray:
    """(3,) of the sphere that lies nearest to points (n, 3), algebraically."""
    system = np.column_stack([2 * points, np.ones(len(points))]).astype(np.float64)
    return np.linalg.lstsq(system, (points.astype(np.float64) ** 2).sum(1), rcond=None)[0][:3]


class Families:
    """Draws people of both families, whose seeds training never used."""

    def __init__(self, data: Path) -> None:
        """data: the folder with ICT_FILE and MAKEHUMAN_FILE. Takes some seconds. Raises Refusal."""
        self.ict: IctHead = load_ict(data / ICT_FILE)
        self.makehuman: MakeHumanHead = load_makehuman(data / MAKEHUMAN_FILE)
        sighting = sight_makehuman(self.makehuman)
        self._placing = sighting.canonical_from_mesh
        self._placed, self._canonical = canonical_makehuman(
            self.makehuman, self.ict, self._placing, sighting.landmarks, canonical_landmarks().astype(np.float64)
        )

    def ict_person(self, number: int, seed: int = SEED) -> TruthHead:
        """An identity of ICT-FaceKit with ICT's own shapes."""
        head = self.ict
        random = np.random.default_rng([seed, number])
        strengths = random.standard_normal(len(head.identity)).astype(np.float32)
        vertices = head.neutral + np.tensordot(strengths, head.identity, axes=1)
        return _truth(
            f"ict {number}", vertices, head.triangles, head.parts, head.neutral, head.names, head.shapes, OPEN_SKIN_END
        )

    def makehuman_person(self, number: int, seed: int = SEED) -> TruthHead:
        """An adult of MakeHuman with MakeHuman's own ARKit keys."""
        head, linear = self.makehuman, self._placing[:3, :3].astype(np.float32)
        offsets = draw_identity(head, np.random.default_rng([seed, number]), ADULT) @ linear.T
        keys = {name: key @ linear.T for name, key in head.arkit.items() if not name.startswith("viseme")}
        return _truth(
            f"makehuman {number}",
            self._placed.astype(np.float32) + offsets,
            head.triangles,
            head.parts,
            self._canonical.astype(np.float32),
            tuple(keys),
            np.stack(list(keys.values())),
            len(head.neutral),
        )


def _truth(
    name: str,
    vertices: np.ndarray,
    triangles: np.ndarray,
    parts: np.ndarray,
    canonical: np.ndarray,
    names: tuple[str, ...],
    keys: np.ndarray,
    open_skin: int,
) -> TruthHead:
    """A head without what is not SHOWN. open_skin: vertices from there on are sockets, where no landmark lies."""
    shown = [PARTS.index(part) for part in SHOWN]
    kept = np.flatnonzero(np.isin(parts, shown))
    renumber = np.full(len(vertices), -1)
    renumber[kept] = np.arange(len(kept))
    faces = renumber[triangles]
    faces = faces[(faces >= 0).all(1)]
    balls = np.isin(parts[kept], [PARTS.index("eye_left"), PARTS.index("eye_right")])
    moved = np.where(balls[None, :, None], 0, keys[:, kept]).astype(np.float32)
    skin = (parts[kept] == PARTS.index("skin")) & (kept < open_skin)
    surface = faces[skin[faces].all(1)]
    corners, weights = attached_landmarks(canonical[kept], surface, moved[names.index("jawOpen")])
    for part, iris in zip(("eye_right", "eye_left"), IRISES.reshape(2, 5), strict=True):
        ball = np.flatnonzero(parts[kept] == PARTS.index(part))
        corners[iris] = ball[vertices[kept][ball, 2].argmax()]
    return TruthHead(name, vertices[kept], faces, parts[kept], canonical[kept], names, moved, corners, weights)
