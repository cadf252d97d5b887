"""A fitted identity of the open head as a character: its objects, and the displacements of its 52 keys."""

import numpy as np
from scipy.spatial.transform import Rotation

from backend.channels import ARKIT_NAMES, FACE_NAMES, convert_weights
from backend.faces.open_head import load_open_head
from backend.fitting.basis import NAMES, eye_turns, open_head_fitted


def key_displacements(identity: np.ndarray) -> np.ndarray:
    """(52, V, 3) float32 displacements of ARKIT_NAMES at weight 1 on the open head of an identity code (I,): its own
    shapes, with eyeballs that turn."""
    head = load_open_head()
    neutral = head.neutral(identity)
    units = convert_weights(np.eye(len(ARKIT_NAMES), dtype=np.float32), ARKIT_NAMES, NAMES)
    deltas = np.stack([open_head_fitted(identity, weights) - neutral for weights in units])
    deltas[ARKIT_NAMES.index("tongueOut")] += head.shapes[FACE_NAMES.index("tongueOut")]
    return deltas.astype(np.float32)


def key_eye_turns() -> np.ndarray:
    """(52, 2, 3, 3) float32: what ARKIT_NAMES at weight 1 do to the left, right eyeball about its centre, as a rotation
    less the identity. With it displacements are those of another identity: identities move the eyeballs too."""
    units = convert_weights(np.eye(len(ARKIT_NAMES), dtype=np.float32), ARKIT_NAMES, NAMES)
    angles = np.tensordot(units, eye_turns(NAMES), 1).reshape(-1, 2)
    turned = Rotation.from_euler("YX", angles).as_matrix() - np.eye(3)
    return turned.reshape(len(ARKIT_NAMES), 2, 3, 3).astype(np.float32)
