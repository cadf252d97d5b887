"""A FLAME model as a head that can be fitted: its landmarks, and how codes move them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from backend.cloning.landmark_map import IRISES, LEFT_IRIS, RIGHT_IRIS
from backend.faces.flame import JOINTS
from backend.faces.flame_face import EYES, JAW, FlameFace
from backend.faces.flame_facs import eyes_turned
from backend.faces.skinning import rotation_matrices
from backend.fitting.basis import PUPILS, looking
from backend.geometry.operators import vertex_normals

LIDS = ("eyelid_L", "eyelid_R")
GAZE = ("yaw_L", "pitch_L", "yaw_R", "pitch_R")
TURNS = ("jaw_x", "jaw_y", "jaw_z")

OWN = {
    "jaw_x": (-0.02, 0.6, 0.12),
    "jaw_y": (-0.2, 0.2, 0.03),
    "jaw_z": (-0.2, 0.2, 0.03),
    "eyelid_L": (0.0, 1.0, 0.35),
    "eyelid_R": (0.0, 1.0, 0.35),
    **dict.fromkeys(GAZE, (-0.7, 0.7, 0.2)),
}
"""Least, most and standard deviation of what moves beside the expressions: radians, and shares of a closed eye."""

EXPRESSION_BOUND = 3.0


@dataclass(frozen=True)
class FlameBasis:
    """A HeadBasis. The weights are FLAME's expressions, then TURNS of the jaw, LIDS and GAZE; neck and root stay at
    rest, for the pose of the head does the same. Landmarks are points of skin, which the jaw alone carries."""

    face: FlameFace

    @property
    def names(self) -> tuple[str, ...]:
        """(E,)."""
        expressions = (f"expression_{number}" for number in range(len(self.face.model.expression)))
        return (*expressions, *TURNS, *LIDS, *GAZE)

    @property
    def modes(self) -> int:
        """Components of the identity."""
        return len(self.face.model.identity)

    @property
    def low(self) -> np.ndarray:
        """(E,)."""
        return self._bounds(-EXPRESSION_BOUND, 0)

    @property
    def high(self) -> np.ndarray:
        """(E,)."""
        return self._bounds(EXPRESSION_BOUND, 1)

    @property
    def spread(self) -> np.ndarray:
        """(E,)."""
        return self._bounds(1.0, 2)

    @property
    def mean(self) -> np.ndarray:
        """(478, 3)."""
        return self.places(np.zeros(self.modes), np.zeros(len(self.names)))[0]

    @property
    def normals(self) -> np.ndarray:
        """(478, 3)."""
        normals = vertex_normals(self.face.model.vertices.astype(np.float64), self.face.model.faces)
        found = self._at(normals)
        found[IRISES] = [0, 0, 1]
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    def places(self, identity: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """As HeadBasis has it."""
        expressions = len(self.face.model.expression)
        code, turn, lids, gaze = np.split(weights, [expressions, expressions + 3, expressions + 5])
        rotation, by_turn = _turned(turn)
        unlike = (rotation - np.eye(3)).ravel()
        corners = self._corners
        rest = corners.mean + np.tensordot(identity, corners.identity, 1) + np.tensordot(code, corners.expression, 1)
        shaped = rest + np.tensordot(unlike, corners.pose, 1) + np.tensordot(lids, corners.lids, 1)
        joint = self._joints.mean + np.tensordot(identity, self._joints.identity, 1)
        joint = joint + np.tensordot(code, self._joints.expression, 1)
        hinge, share = joint[0], self._share[:, None]

        def carried(points: np.ndarray, about: np.ndarray) -> np.ndarray:
            """Points (..., 478 * 3, 3), or their derivatives, after the jaw has turned about hinges (..., 1, 3)."""
            return (1 - share) * points + share * ((points - about) @ rotation.T + about)

        places = self._points(carried(shaped, hinge))
        by_identity = self._points(carried(corners.identity, self._joints.identity[:, :1]))
        by_code = self._points(carried(corners.expression, self._joints.expression[:, :1]))
        by_lids = self._points(carried(corners.lids, np.zeros(3)))
        corrected = carried(np.tensordot(by_turn.reshape(3, 9), corners.pose, 1), np.zeros(3))
        swung = np.einsum("kij,nj->kni", by_turn, shaped - hinge)
        by_jaw = self._points(corrected + share * swung)
        by_gaze = np.zeros((4, len(places), 3))
        for eye, (iris, pupil) in enumerate(zip((LEFT_IRIS, RIGHT_IRIS), PUPILS, strict=True)):
            places[list(iris)] = joint[1 + eye]
            by_identity[:, list(iris)] = self._joints.identity[:, 1 + eye, None]
            by_code[:, list(iris)] = self._joints.expression[:, 1 + eye, None]
            offset, by_angles = looking(self.face.eye_radii[eye], *gaze[2 * eye : 2 * eye + 2])
            places[pupil] += offset
            by_gaze[2 * eye : 2 * eye + 2, pupil] = by_angles
        return places, by_identity, np.concatenate([by_code, by_jaw, by_lids, by_gaze])

    def codes(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Expression (E,), rotations (5, 3) of JOINTS and eyelids (2,) of weights, float32."""
        expressions = len(self.face.model.expression)
        code, turn, lids, gaze = np.split(
            np.asarray(weights, np.float32), [expressions, expressions + 3, expressions + 5]
        )
        rotations = np.zeros((len(JOINTS), 3), np.float32)
        rotations[JAW] = turn
        rotations[list(EYES)] = eyes_turned(gaze[None])[0]
        return code, rotations, lids

    def weights(self, expression: np.ndarray, jaw: np.ndarray, eyelids: np.ndarray) -> np.ndarray:
        """(E,) weights of an expression (up to E,), the jaw's rotation (3,) and eyelids (2,), within their bounds."""
        code = np.zeros(len(self.face.model.expression))
        code[: len(expression)] = expression[: len(code)]
        return np.clip(np.concatenate([code, jaw, eyelids, np.zeros(len(GAZE))]), self.low, self.high)

    def _bounds(self, expression: float, which: int) -> np.ndarray:
        own = [OWN[name][which] for name in (*TURNS, *LIDS, *GAZE)]
        return np.array([*[expression] * len(self.face.model.expression), *own])

    @cached_property
    def _used(self) -> np.ndarray:
        return self.face.landmark_vertices.ravel()

    @cached_property
    def _share(self) -> np.ndarray:
        """(1434,) how far each landmark's corners follow the jaw."""
        return self.face.model.skinning[self._used, JAW].astype(np.float64)

    @cached_property
    def _corners(self) -> "_Fields":
        model, used = self.face.model, self._used
        hinge = 9 * (JAW - 1)
        fields = (model.vertices, model.identity, model.expression, model.pose[hinge : hinge + 9], self.face.eyelids)
        return _Fields(*(field[..., used, :].astype(np.float64) for field in fields))

    @cached_property
    def _joints(self) -> "_Fields":
        """Of the jaw, the left and the right eye."""
        model = self.face.model
        rows = model.joints[[JAW, *EYES]].astype(np.float64)
        fields = (model.vertices, model.identity, model.expression, model.pose[:9], self.face.eyelids)
        return _Fields(*(rows @ field for field in fields))

    def _points(self, corners: np.ndarray) -> np.ndarray:
        """(..., 478, 3) of the landmarks' corners (..., 1434, 3)."""
        triples = corners.reshape(*corners.shape[:-2], -1, 3, 3)
        return np.einsum("...nci,nc->...ni", triples, self.face.landmark_weights)

    def _at(self, field: np.ndarray) -> np.ndarray:
        return self._points(field[..., self._used, :])


@dataclass(frozen=True)
class _Fields:
    """mean: (n, 3). identity: (I, n, 3). expression: (E, n, 3). pose: (9, n, 3) by the jaw's R - I. lids: (2, n, 3)."""

    mean: np.ndarray
    identity: np.ndarray
    expression: np.ndarray
    pose: np.ndarray
    lids: np.ndarray


def _turned(turn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(3, 3) the rotation of a turn (3,), and its derivatives (3, 3, 3) by the turn."""
    at = torch.as_tensor(turn, dtype=torch.float64)
    slopes = torch.autograd.functional.jacobian(rotation_matrices, at)
    return rotation_matrices(at).numpy(), slopes.permute(2, 0, 1).numpy()
