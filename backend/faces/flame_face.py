"""A FLAME model with a face: what the channels do to it, where its eyes are, and where the landmarks lie on it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from backend.channels import FACE_NAMES, ICT_NAMES
from backend.cloning.landmark_map import IRISES, attached_landmarks
from backend.cloning.result import Shapes
from backend.errors import Refusal
from backend.faces.flame import JOINTS, Flame, FlameModel

MOVES = 1e-4
"""Metres: a vertex that some channel moves further belongs to the face."""

JAW, EYES = JOINTS.index("jaw"), (JOINTS.index("eye_left"), JOINTS.index("eye_right"))
OPENING = 0.2
"""Radians at which the jaw's turn is compared with the channel jawOpen: half of a wide opening."""

EYE_RADIUS = 0.0125
"""Metres, where a model has no eyeballs."""


@dataclass(frozen=True)
class FlameFace:
    """shapes: (53, V, 3) displacements of ICT_NAMES at weight 1, on the mean head, of the skin alone. landmark_vertices
    (478, 3) and landmark_weights (478, 3): mediapipe's landmarks as points of triangles; irises lie in no triangle."""

    model: FlameModel
    shapes: np.ndarray
    landmark_vertices: np.ndarray
    landmark_weights: np.ndarray

    @property
    def eyelids(self) -> np.ndarray:
        """(2, V, 3) displacements that close the left and the right eye."""
        return self.shapes[[ICT_NAMES.index("eyeBlink_L"), ICT_NAMES.index("eyeBlink_R")]]

    @cached_property
    def layer(self) -> Flame:
        """The layer with these eyelids."""
        return Flame(self.model, self.eyelids)

    @cached_property
    def region(self) -> np.ndarray:
        """(V,) bool: the skin of the face."""
        return (np.abs(self.shapes).max(axis=(0, 2)) > MOVES) & ~self.eyeballs.any(0)

    @cached_property
    def eyeballs(self) -> np.ndarray:
        """(2, V) bool: vertices that turn with the left, right eye."""
        return (self.model.skinning[:, EYES] > 0.5).T

    @cached_property
    def eye_radii(self) -> np.ndarray:
        """(2,) metres from the middle of the left, right eye to its pupil."""
        centres = (self.model.joints @ self.model.vertices)[list(EYES)]
        return np.array(
            [
                np.median(np.linalg.norm(self.model.vertices[ball] - centre, axis=1)) if ball.any() else EYE_RADIUS
                for ball, centre in zip(self.eyeballs, centres, strict=True)
            ]
        )

    @cached_property
    def wide(self) -> float:
        """Radians of the jaw that jawOpen at weight 1 stands for, in least squares over the face."""
        moved = self.jaw_motion(OPENING)[self.region] / OPENING
        wanted = self.shapes[ICT_NAMES.index("jawOpen")][self.region]
        return float((moved * wanted).sum() / (moved * moved).sum())

    def jaw_motion(self, angle: float) -> np.ndarray:
        """(V, 3) what the mean head's jaw moves at an angle in radians."""
        rotations = np.zeros((len(JOINTS), 3), np.float32)
        rotations[JAW, 0] = angle
        return self.posed(np.zeros(0), np.zeros(0), rotations) - self.model.vertices

    def posed(
        self,
        identity: np.ndarray,
        expression: np.ndarray,
        rotations: np.ndarray,
        eyelids: np.ndarray | None = None,
    ) -> np.ndarray:
        """(V, 3) float32 the head of codes: identity (up to I,), expression (up to E,), rotations (5, 3) of JOINTS,
        eyelids (2,)."""
        codes = [torch.as_tensor(np.asarray(code, np.float32))[None] for code in (identity, expression, rotations)]
        lids = None if eyelids is None else torch.as_tensor(np.asarray(eyelids, np.float32))[None]
        with torch.inference_mode():
            return self.layer(*codes, eyelids=lids).vertices[0].numpy()


def flame_face(model: FlameModel, shapes: Shapes) -> FlameFace:
    """The face of a model, from the shapes that the main job made for its mean head. Raises Refusal where no face was
    found on it."""
    if shapes.canonical is None or shapes.names not in (ICT_NAMES, FACE_NAMES):
        raise ValueError("the shapes are not those of ICT-FaceKit, or do not say where the skin lies")
    skin = np.isfinite(shapes.canonical).all(1) & (model.skinning[:, EYES] < 0.5).all(1)
    triangles = model.faces[skin[model.faces].all(1)]
    if not len(triangles):
        raise Refusal("flame-face", "No face was found on this FLAME model.", "Choose the generic model.")
    deltas = np.where(skin[:, None], shapes.deltas[: len(ICT_NAMES)], 0)
    jaw = deltas[ICT_NAMES.index("jawOpen")]
    corners, weights = attached_landmarks(np.nan_to_num(shapes.canonical), triangles, jaw)
    weights[IRISES] = 0
    return FlameFace(model, deltas.astype(np.float32), corners, weights)
