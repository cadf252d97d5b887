"""FLAME (Li et al. 2017): a head of 5,023 vertices with identity, expression, neck, jaw and eyes, as a torch layer."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from .skinning import pose_joints, rotation_matrices, skin

JOINTS = ("root", "neck", "jaw", "eye_left", "eye_right")
PARENTS = (-1, 0, 1, 1, 1)


@dataclass(frozen=True)
class FlameModel:
    """A FLAME file's content, in metres: y up, z out of the face, x to the character's left.

    version: which release, or what is known of it; codes of different versions are not interchangeable. vertices:
    (V, 3) the mean. faces: (F, 3). identity: (I, V, 3) and expression: (E, V, 3) displacements per standard deviation.
    pose: (36, V, 3) displacements per entry of R - I of all joints but the root, row by row. joints: (5, V) weights
    that give the places of JOINTS from the vertices. skinning: (V, 5) weights.
    """

    version: str
    vertices: np.ndarray
    faces: np.ndarray
    identity: np.ndarray
    expression: np.ndarray
    pose: np.ndarray
    joints: np.ndarray
    skinning: np.ndarray


class Posed(NamedTuple):
    """What the layer makes of B codes. vertices: (B, V, 3). joints: (B, 5, 3) where the joints went."""

    vertices: Tensor
    joints: Tensor


class Flame(nn.Module):
    """The layer. eyelids: (2, V, 3) displacements that close the left and the right eye of the mean head, for models
    without any of their own; they are added before skinning, so they turn with the head."""

    mean: Tensor
    identity: Tensor
    expression: Tensor
    eyelids: Tensor
    pose: Tensor
    regressor: Tensor
    weights: Tensor

    def __init__(
        self, model: FlameModel, eyelids: np.ndarray | None = None, dtype: torch.dtype = torch.float32
    ) -> None:
        super().__init__()
        count = len(model.vertices)
        lids = np.zeros((2, count, 3)) if eyelids is None else eyelids
        for name, values in {
            "mean": model.vertices,
            "identity": model.identity.reshape(-1, count * 3),
            "expression": model.expression.reshape(-1, count * 3),
            "eyelids": lids.reshape(2, count * 3),
            "pose": model.pose.reshape(-1, count * 3),
            "regressor": model.joints,
            "weights": model.skinning,
        }.items():
            self.register_buffer(name, torch.as_tensor(np.ascontiguousarray(values)).to(dtype))
        self.version = model.version

    def forward(
        self,
        identity: Tensor,
        expression: Tensor,
        rotations: Tensor,
        translation: Tensor | None = None,
        eyelids: Tensor | None = None,
    ) -> Posed:
        """The heads of B codes.

        identity: (B, up to I) and expression: (B, up to E) in standard deviations. rotations: (B, 5, 3) of JOINTS, axis
        times angle in radians; the root's turns the head about the root joint. translation: (B, 3) metres, after it.
        eyelids: (B, 2) left, right: 0 open, 1 shut.
        """
        shaped = self.mean + self._displaced(self.identity, identity) + self._displaced(self.expression, expression)
        rest = self.regressor @ shaped
        turned = rotation_matrices(rotations)
        unlike = (turned[:, 1:] - torch.eye(3, dtype=turned.dtype, device=turned.device)).flatten(1)
        corrected = shaped + self._displaced(self.pose, unlike)
        if eyelids is not None:
            corrected = corrected + self._displaced(self.eyelids, eyelids)
        transforms = pose_joints(turned, rest, PARENTS)
        vertices, joints = skin(corrected, self.weights, transforms, rest), transforms[:, :, :3, 3]
        if translation is not None:
            vertices, joints = vertices + translation[:, None], joints + translation[:, None]
        return Posed(vertices, joints)

    @staticmethod
    def _displaced(basis: Tensor, code: Tensor) -> Tensor:
        """(B, V, 3) the sum of the first rows of basis (K, 3 V), weighted by a code (B, up to K)."""
        return (code @ basis[: code.shape[1]]).unflatten(1, (-1, 3))
