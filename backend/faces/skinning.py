"""Linear blend skinning: joints in a tree, each with a rotation, and vertices that follow several of them."""

from collections.abc import Sequence

import torch
from torch import Tensor

SMALL_ANGLE = 1e-3
"""Radians below which series replace quotients of sines; their first missing term is then below float64's precision."""


def rotation_matrices(rotations: Tensor) -> Tensor:
    """(..., 3, 3) from axis times angle (..., 3), by Rodrigues' formula; smooth at zero, with its gradient."""
    squared = (rotations * rotations).sum(-1)[..., None, None]
    small = squared < SMALL_ANGLE**2
    # Of the branch that is not taken the gradient counts as well: keep it away from zero.
    angle = torch.where(small, 1.0, squared).sqrt()
    sine = torch.where(small, 1 - squared / 6 + squared**2 / 120, angle.sin() / angle)
    cosine = torch.where(small, 0.5 - squared / 24 + squared**2 / 720, 2 * ((angle / 2).sin() / angle) ** 2)
    x, y, z = rotations.unbind(-1)
    nought = torch.zeros_like(x)
    cross = torch.stack([nought, -z, y, z, nought, -x, -y, x, nought], -1).unflatten(-1, (3, 3))
    return torch.eye(3, dtype=rotations.dtype, device=rotations.device) + sine * cross + cosine * (cross @ cross)


def pose_joints(turned: Tensor, rest: Tensor, parents: Sequence[int]) -> Tensor:
    """(B, J, 4, 4) from each joint's own frame to the world.

    turned: (B, J, 3, 3) rotations relative to the parent. rest: (B, J, 3) places of the joints. parents: of each joint,
    which come before it; -1 for the first.
    """
    local = torch.zeros(*turned.shape[:2], 4, 4, dtype=turned.dtype, device=turned.device)
    offsets = torch.stack([rest[:, j] - (rest[:, parent] if parent >= 0 else 0) for j, parent in enumerate(parents)], 1)
    local[:, :, :3, :3] = turned
    local[:, :, :3, 3] = offsets
    local[:, :, 3, 3] = 1
    world = [local[:, 0]]
    for joint, parent in enumerate(parents[1:], 1):
        world.append(world[parent] @ local[:, joint])
    return torch.stack(world, 1)


def skin(vertices: Tensor, weights: Tensor, transforms: Tensor, rest: Tensor) -> Tensor:
    """(B, V, 3) vertices (B, V, 3) carried by their joints. weights: (V, J). transforms: (B, J, 4, 4) of pose_joints.
    rest: (B, J, 3)."""
    rotation = transforms[:, :, :3, :3]
    shift = transforms[:, :, :3, 3] - (rotation @ rest[..., None])[..., 0]
    blended = torch.einsum("vj,bjnm->bvnm", weights, rotation)
    return (blended @ vertices[..., None])[..., 0] + weights @ shift
