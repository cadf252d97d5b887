"""What a published NFS checkpoint makes of heads: expressions carried from one to another, and the shapes of one.

Heads are one connected, open skin each, without sockets, eyes and teeth, aligned to NFS's canonical frame.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from backend.networks.diffusion_net import surface_tensors
from third_party.nfs.checkpoint import Checkpoint
from third_party.nfs.network import CODE, FACS, HeadTensors, TargetCode
from third_party.nfs.operators import mean_normals, nfs_operators
from third_party.nfs.portrait import normalised, portrait

NFS_FROM_CANONICAL = np.array([[10, 0, 0, 0], [0, 10, 0, 0], [0, 0, 10, -0.5], [0, 0, 0, 1]], np.float64)
"""(4, 4): metres in ICT-FaceKit's frame, which is our canonical frame, to NFS's: 1 unit is 10 cm, the face half a unit
further back; y up, z out of the face."""


@dataclass(frozen=True)
class Head:
    """A neutral head of n vertices, ready for a network. vertices: (n, 3) float32, NFS's units and frame. triangles:
    (t, 3)."""

    vertices: np.ndarray
    triangles: np.ndarray
    tensors: HeadTensors


def prepare_head(checkpoint: Checkpoint, vertices: np.ndarray, triangles: np.ndarray) -> Head:
    """Operators and picture of a neutral head, vertices (n, 3) in NFS's units and frame, triangles (t, 3) wound
    outwards. Raises Refusal for triangles without an area."""
    device = _device(checkpoint)
    points = np.ascontiguousarray(vertices, np.float32)
    operators = nfs_operators(points, triangles)
    picture = normalised(portrait(points, triangles), checkpoint.image).to(device) if checkpoint.image else None
    seen = torch.from_numpy(np.hstack([points, operators.normals])).to(device)
    return Head(points, triangles, HeadTensors(seen, surface_tensors(operators, device), picture))


def retarget(checkpoint: Checkpoint, source: Head, expressed: np.ndarray, target: Head) -> np.ndarray:
    """(T, m, 3) float32: the target with the expressions of the source.

    expressed: (T, n, 3) vertices of the source, in its frame and NFS's units. As published: an expression is encoded
    from absolute positions, its neutral known by operators and picture alone, so a neutral need not stay neutral.
    """
    frames = np.empty((len(expressed), *target.vertices.shape), np.float32)
    with torch.inference_mode():
        code = checkpoint.network.encode_target(target.tensors)
        for frame, vertices in enumerate(expressed):
            normals = mean_normals(vertices, source.triangles)
            points = torch.from_numpy(np.hstack([vertices, normals]).astype(np.float32)).to(_device(checkpoint))
            expression = checkpoint.network.encode_expression(points, source.tensors)
            frames[frame] = target.vertices + _offsets(checkpoint, target, code, expression)
    return frames


def unit_shapes(checkpoint: Checkpoint, target: Head) -> np.ndarray:
    """(53, n, 3) float32 displacements in NFS's units: the decoded unit FACS codes, in ICT-FaceKit's order, the 75 free
    numbers zero. As published: what the zero code decodes to, which is not nothing, is in every one of them."""
    with torch.inference_mode():
        code = checkpoint.network.encode_target(target.tensors)
        units = torch.eye(FACS, CODE, device=_device(checkpoint))
        return np.stack([_offsets(checkpoint, target, code, unit) for unit in units])


def _offsets(checkpoint: Checkpoint, target: Head, code: TargetCode, expression: Tensor) -> np.ndarray:
    decoded = checkpoint.network.decode(code, expression).cpu().numpy()
    return decoded - target.vertices if checkpoint.layout.output == "vert" else decoded


def _device(checkpoint: Checkpoint) -> torch.device:
    return next(checkpoint.network.parameters()).device
