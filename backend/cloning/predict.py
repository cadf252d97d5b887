"""What the cloning network says of an aligned head."""

from dataclasses import dataclass

import numpy as np
import torch

from backend.cloning.landmark_map import IRISES, canonical_landmarks
from backend.cloning.warp import thin_plate_warp
from backend.geometry.operators import Operators
from backend.networks.cloning_net import CloningInput, CloningNet, face_mask
from backend.networks.diffusion_net import SurfaceTensors, surface_tensors

EIGENPAIRS = 64


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
    surface: SurfaceTensors | None = None,
) -> Prediction:
    """vertices: (n, 3) in the canonical frame, metres; operators of the same mesh. landmarks: (478, 3), NaN where
    unseen, same frame, or None. surface: the operators as tensors on the network's device, if they are at hand."""
    device = next(network.parameters()).device
    aligned = np.asarray(vertices, np.float32)
    warped = aligned if landmarks is None else _warp(aligned, landmarks)
    given = CloningInput(
        *(
            torch.from_numpy(np.ascontiguousarray(a, np.float32)).to(device)
            for a in (aligned, warped, operators.normals)
        ),
        known=landmarks is not None,
    )
    with torch.no_grad():
        output = network(given, surface or surface_tensors(operators, device))
    return Prediction(
        output.canonical.cpu().numpy(),
        output.shapes.permute(1, 0, 2).contiguous().cpu().numpy(),
        face_mask(output.face).cpu().numpy(),
        output.skinning.cpu().numpy(),
    )


def _warp(vertices: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    seen = np.isfinite(landmarks).all(1)
    seen[IRISES] = False
    return thin_plate_warp(vertices.astype(np.float64), landmarks[seen], canonical_landmarks()[seen])
