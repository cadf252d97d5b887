"""What the cloning network says of an aligned head."""

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sparse
import torch

from backend.channels import ICT_NAMES, mirror
from backend.cloning.landmark_map import IRISES, canonical_landmarks
from backend.cloning.warp import thin_plate_warp
from backend.geometry.operators import Operators
from backend.networks.cloning_net import CloningInput, CloningNet, face_mask
from backend.networks.diffusion_net import SurfaceTensors, surface_tensors

EIGENPAIRS = 64
MIRROR = np.array([-1.0, 1.0, 1.0], np.float32)
OTHER_SIDE = np.array([ICT_NAMES.index(mirror(name)) for name in ICT_NAMES])
"""(53,) the channel that each becomes in a mirror."""


@dataclass(frozen=True)
class Prediction:
    """canonical: (n, 3) metres. shapes: (53, n, 3) displacements as they are on the canonical head. face: (n,)
    0..1, how much a vertex belongs to what moves. skinning: (n, segments)."""

    canonical: np.ndarray
    shapes: np.ndarray
    face: np.ndarray
    skinning: np.ndarray


def predict(
    network: CloningNet,
    vertices: np.ndarray,
    operators: Operators,
    landmarks: np.ndarray | None,
    trusted: bool = False,
) -> Prediction:
    """The mean of what the network says of the head and of its mirror image, so that a symmetric head gets symmetric
    shapes.

    vertices: (n, 3) in the canonical frame, metres; operators of the same mesh. landmarks: (478, 3), NaN where unseen,
    same frame, or None. trusted: whether the vertices are where they belong to within a centimetre or so although no
    landmarks say so; otherwise the network expects a head that is placed badly.
    """
    aligned = np.asarray(vertices, np.float32)
    warped = aligned if landmarks is None else landmark_warp(aligned, landmarks).astype(np.float32)
    known = trusted or landmarks is not None
    straight = _run(network, (aligned, warped, operators.normals), operators, known)
    # In a mirror the second tangent direction changes its sign; the eigenbasis and the areas stay.
    handed = sparse.diags(np.tile(np.array([1, -1], np.float32), len(aligned)))
    mirrored_operators = replace(operators, gradient=sparse.csr_matrix(handed @ operators.gradient))
    given = (aligned * MIRROR, warped * MIRROR, operators.normals * MIRROR)
    mirrored = _run(network, given, mirrored_operators, known)
    return Prediction(
        0.5 * (straight.canonical + mirrored.canonical * MIRROR),
        0.5 * (straight.shapes + mirrored.shapes[OTHER_SIDE] * MIRROR),
        0.5 * (straight.face + mirrored.face),
        straight.skinning,
    )


def locate(network: CloningNet, vertices: np.ndarray, operators: Operators) -> tuple[np.ndarray, np.ndarray]:
    """Where the vertices of a head that may be placed badly lie on the canonical head (n, 3), and how much they belong
    to the face (n,): at a third of the cost of predict, for searches. vertices: as predict takes them."""
    aligned = np.asarray(vertices, np.float32)
    with torch.no_grad():
        canonical, face = network.locate(*_tensors(network, (aligned, aligned, operators.normals), operators, False))
    return canonical.cpu().numpy(), face_mask(face).cpu().numpy()


def _run(network: CloningNet, given: tuple[np.ndarray, ...], operators: Operators, known: bool) -> Prediction:
    with torch.no_grad():
        output = network(*_tensors(network, given, operators, known))
    return Prediction(
        output.canonical.cpu().numpy(),
        output.shapes.permute(1, 0, 2).contiguous().cpu().numpy(),
        face_mask(output.face).cpu().numpy(),
        output.skinning.cpu().numpy(),
    )


def _tensors(
    network: CloningNet, given: tuple[np.ndarray, ...], operators: Operators, known: bool
) -> tuple[CloningInput, SurfaceTensors]:
    device = next(network.parameters()).device
    tensors = (torch.from_numpy(np.ascontiguousarray(array, np.float32)).to(device) for array in given)
    return CloningInput(*tensors, known=known), surface_tensors(operators, device)


def landmark_warp(vertices: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """Vertices (n, 3) of the canonical frame bent so that the landmarks (478, 3) that were seen come to lie where they
    are on the canonical head."""
    seen = np.isfinite(landmarks).all(1)
    seen[IRISES] = False
    return thin_plate_warp(vertices.astype(np.float64), landmarks[seen], canonical_landmarks()[seen])
