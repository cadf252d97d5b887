"""FLAME's expressions as FACS channels, and back, by least squares over the mesh of the face.

An expression of FLAME is a sum of anonymous displacements. Its channels are those weights between 0 and 1, few and
steady over time, whose displacements together come nearest to it. Jaw, eyelids and gaze have codes of their own in
FLAME and channels of their own here; they are carried over directly.
"""

import numpy as np
from scipy.spatial.transform import Rotation

from backend.channels import (
    EYE_NAMES,
    FACE_NAMES,
    ICT_NAMES,
    arkit_from_face,
    eye_turns_from_gaze,
    face_from_arkit,
    gaze_from_eye_turns,
)
from backend.faces.flame import JOINTS
from backend.faces.flame_face import EYES, JAW, FlameFace
from backend.smoothing import noise

SPARSE = 0.02
"""What a channel at weight 1 costs, in shares of the geometric mean of its own and the mean channel's squared
displacement."""

STEADY = 4.0
"""What a change of weight 1 from one frame to the next costs, in shares of the channel's squared displacement, where it
is no more than noise."""

LIKELY, FINEST = 3.0, 0.02
"""Changes within so many standard deviations of a curve's noise, or so small, are taken for noise."""

FEWEST = 8
"""Frames from which on a curve's noise can be told from its motion."""

SWEEPS, TOLERANCE = 200, 1e-4

SHY = 1e-3
"""What a standard deviation of FLAME's expressions costs on the way back, in the mean component's squared
displacement."""

DIRECT = ("eyeLook", "tongue")
"""Channels that no expression of FLAME shows."""

SIDEWAYS = 0.2
"""Radians of the jaw to a side that jawLeft or jawRight at weight 1 stands for."""

LOOKS = {"Left": ("Out", "In"), "Right": ("In", "Out"), "Up": ("Up", "Up"), "Down": ("Down", "Down")}
"""Eye turns as ARKit's eyeLook channels of the left and the right eye."""


def channels(
    face: FlameFace, expression: np.ndarray, rotations: np.ndarray, eyelids: np.ndarray | None = None
) -> np.ndarray:
    """(T, 52) weights of ARKIT_NAMES of T frames, and float32.

    expression: (T, up to E). rotations: (T, 5, 3) of JOINTS. eyelids: (T, 2) left, right; None for none.
    """
    count = len(expression)
    weights = np.zeros((count, len(FACE_NAMES)), np.float32)
    jaw = rotations[:, JAW]
    weights[:, : len(ICT_NAMES)] = solve(face, expression)
    weights[:, FACE_NAMES.index("jawOpen")] += np.maximum(jaw[:, 0], 0) / face.wide
    weights[:, FACE_NAMES.index("jawLeft")] += np.maximum(jaw[:, 1], 0) / SIDEWAYS
    weights[:, FACE_NAMES.index("jawRight")] += np.maximum(-jaw[:, 1], 0) / SIDEWAYS
    if eyelids is not None:
        for side, name in enumerate(("eyeBlink_L", "eyeBlink_R")):
            weights[:, FACE_NAMES.index(name)] += eyelids[:, side]
    turns = eye_turns_from_gaze(gaze(rotations))
    for turn, name in enumerate(EYE_NAMES):
        weights[:, FACE_NAMES.index(_look(name))] = turns[:, turn]
    return np.clip(weights, 0, 1) @ arkit_from_face().T


def solve(face: FlameFace, expression: np.ndarray) -> np.ndarray:
    """(T, 53) weights of ICT_NAMES whose displacements come nearest to those of expressions (T, up to E).

    Coordinate descent within bounds, first frame by frame. Then each channel is drawn to its neighbours in time where
    it changes by no more than its noise, so that noise goes and a blink or a closure of the lips keeps its height and
    its moment.
    """
    columns = [at for at, name in enumerate(ICT_NAMES) if not name.startswith(DIRECT)]
    basis = face.shapes[columns][:, face.region].reshape(len(columns), -1).astype(np.float64)
    modes = face.model.expression[: expression.shape[1], face.region].reshape(expression.shape[1], -1)
    gram = basis @ basis.T
    wanted = expression.astype(np.float64) @ (modes @ basis.T) - SPARSE / 2 * np.sqrt(
        np.diag(gram) * np.diag(gram).mean()
    )
    free = np.zeros((max(len(wanted) - 1, 0), len(columns)))
    weights = _descend(gram, wanted, free, np.zeros_like(wanted))
    if len(wanted) > 1:
        alike = np.full(len(columns), FINEST)
        if len(wanted) >= FEWEST:
            alike = np.maximum(LIKELY * noise(weights), FINEST)
        held = STEADY * np.diag(gram) / (1 + (np.diff(weights, axis=0) / alike) ** 4)
        weights = _descend(gram, wanted, held, weights)
    result = np.zeros((len(expression), len(ICT_NAMES)), np.float32)
    result[:, columns] = weights
    return result


def _descend(gram: np.ndarray, wanted: np.ndarray, held: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(T, K) weights in 0..1 where w' gram w / 2 - w' wanted, plus held (T - 1, K) times half the squared changes
    between frames, is least, from weights (T, K). Every other frame in turn, so that each sees its neighbours as they
    are."""
    weights = weights.copy()
    none = np.zeros((1, weights.shape[1]))
    before, after = np.concatenate([none, held]), np.concatenate([held, none])
    stiff = np.diag(gram) + before + after + 1e-15
    for _ in range(SWEEPS):
        last = weights.copy()
        for odd in (0, 1):
            padded = np.pad(weights, ((1, 1), (0, 0)))
            pull = (wanted + before * padded[:-2] + after * padded[2:])[odd::2]
            mine = weights[odd::2]
            for at in range(len(gram)):
                alone = pull[:, at] - mine @ gram[:, at] + mine[:, at] * gram[at, at]
                mine[:, at] = np.clip(alone / stiff[odd::2, at], 0, 1)
        if np.abs(weights - last).max(initial=0) < TOLERANCE:
            break
    return weights


def expressions(face: FlameFace, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The way back: expression (T, E), rotations (T, 5, 3) and eyelids (T, 2) of weights (T, 52) of ARKIT_NAMES."""
    full = weights @ face_from_arkit().T
    count = len(full)
    rotations = np.zeros((count, len(JOINTS), 3), np.float32)
    rotations[:, JAW, 0] = face.wide * full[:, FACE_NAMES.index("jawOpen")]
    rotations[:, JAW, 1] = SIDEWAYS * (full[:, FACE_NAMES.index("jawLeft")] - full[:, FACE_NAMES.index("jawRight")])
    eyelids = np.stack([full[:, FACE_NAMES.index(name)] for name in ("eyeBlink_L", "eyeBlink_R")], 1)
    turns = np.stack([full[:, FACE_NAMES.index(_look(name))] for name in EYE_NAMES], 1)
    rotations[:, EYES] = eyes_turned(gaze_from_eye_turns(turns))
    shapes = face.shapes.copy()
    for name in ("eyeBlink_L", "eyeBlink_R", "jawOpen", "jawLeft", "jawRight"):
        shapes[ICT_NAMES.index(name)] = 0
    modes = face.model.expression[:, face.region].reshape(len(face.model.expression), -1).astype(np.float64)
    gram = modes @ modes.T
    wanted = modes @ shapes[:, face.region].reshape(len(shapes), -1).T
    carried = np.linalg.solve(gram + SHY * np.diag(gram).mean() * np.eye(len(gram)), wanted)
    return (full[:, : len(ICT_NAMES)] @ carried.T).astype(np.float32), rotations, eyelids.astype(np.float32)


def gaze(rotations: np.ndarray) -> np.ndarray:
    """(T, 4) yaw and pitch of the left, then the right eye, as Performance has them, of rotations (T, 5, 3) of
    JOINTS."""
    looks = Rotation.from_rotvec(rotations[:, EYES].reshape(-1, 3)).apply([0, 0, 1]).reshape(-1, 2, 3)
    yaw, pitch = np.arctan2(looks[..., 0], looks[..., 2]), -np.arcsin(np.clip(looks[..., 1], -1, 1))
    return np.stack([yaw, pitch], 2).reshape(-1, 4).astype(np.float32)


def eyes_turned(gaze: np.ndarray) -> np.ndarray:
    """(T, 2, 3) float32 axis times angle of the left and the right eye, of gaze (T, 4) as Performance has it."""
    angles = gaze.reshape(-1, 2)
    return Rotation.from_euler("YX", angles).as_rotvec().reshape(-1, 2, 3).astype(np.float32)


def _look(turn: str) -> str:
    """The eyeLook channel of an eye turn's name (eyeTurnLeft_R: eyeLookIn_R)."""
    direction, side = turn.removeprefix("eyeTurn").split("_")
    return f"eyeLook{LOOKS[direction]['LR'.index(side)]}_{side}"
