"""TEASER's renderer at work: faces drawn anew, with another's look or expression."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from torch import Tensor

from backend.errors import Refusal
from backend.faces.flame_codes import FlameCodes
from backend.faces.flame_face import FlameFace
from backend.geometry.operators import vertex_normals
from backend.imaging.rasteriser import interpolate, rasterise
from third_party.encoders.crop import SIDE
from third_party.encoders.read import Encoder
from third_party.encoders.teaser import TeaserEncoder

GREY, LIGHT = 180 / 255, 1.7
LIGHTS = np.array([[-1, 1, 1], [1, 1, 1], [-1, -1, 1], [1, -1, 1], [0, 0, 1]], np.float64)
"""The clay that meshes are drawn in for SMIRK and TEASER, and the lamps, in FLAME's frame."""

HULL = 10
"""Pixels by which the outline of the landmarks is widened before the face is taken out of the photograph."""


@dataclass(frozen=True)
class Encoded:
    """A face as TEASER takes it in. picture: (1, 3, 224, 224) in 0..1. codes: what it says. tokens: (4, 1, 256).
    landmarks: (478, 2) pixels of the picture."""

    picture: Tensor
    codes: FlameCodes
    tokens: Tensor
    landmarks: np.ndarray


def check_teaser(encoder: Encoder) -> None:
    """Raises Refusal unless the encoder has tokens and a renderer."""
    if encoder.renderer is None or not isinstance(encoder.network, TeaserEncoder):
        raise Refusal(
            "no-renderer",
            f"{encoder.path.name} is a checkpoint of {encoder.family} without TEASER's renderer.",
            "Choose TEASER.pt as it was published.",
        )


def take_in(encoder: Encoder, pixels: np.ndarray, landmarks: np.ndarray) -> Encoded:
    """A photograph (H, W, 3) uint8 with its landmarks (478, 2), encoded. Raises Refusal as check_teaser does."""
    check_teaser(encoder)
    codes = encoder.encode(pixels, landmarks)
    picture = encoder.picture(pixels, codes.crop)
    assert isinstance(encoder.network, TeaserEncoder)
    with torch.inference_mode():
        tokens = encoder.network.tokens(picture)
    return Encoded(picture, codes, tokens, landmarks @ codes.crop[:, :2].T + codes.crop[:, 2])


def with_expression(source: Encoded, target: Encoded) -> Encoded:
    """source with the expression, the jaw and the eyelids of target."""
    rotations = source.codes.rotations.copy()
    rotations[2] = target.codes.rotations[2]
    codes = replace(source.codes, expression=target.codes.expression, rotations=rotations, eyelids=target.codes.eyelids)
    return replace(source, codes=codes)


def render(encoder: Encoder, face: FlameFace, shown: Encoded, tokens: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """The face drawn anew with tokens (4, 1, 256), and the mesh that it was drawn from: (224, 224, 3) uint8 each.

    As published: the mesh's face is drawn over black, beside the photograph without what the widened outline of the
    landmarks and the mesh cover. Raises Refusal as check_teaser does.
    """
    check_teaser(encoder)
    assert encoder.renderer is not None
    mesh = drawn_mesh(face, shown.codes)
    hull = cv2.convexHull(shown.landmarks.astype(np.int32))
    outside = cv2.fillConvexPoly(np.ones((SIDE, SIDE), np.uint8), hull, (0,))
    outside = cv2.erode(outside, np.ones((2 * HULL + 1, 2 * HULL + 1), np.uint8), borderValue=(1,))
    kept = (outside > 0) & ~mesh.any(2)
    drawn = torch.as_tensor(mesh.astype(np.float32)).permute(2, 0, 1)[None].to(encoder.device)
    around = shown.picture * torch.as_tensor(kept)[None, None].to(encoder.device)
    with torch.inference_mode():
        made = encoder.renderer(torch.cat([drawn, around], 1), tokens)[0]
    return _bytes(made.permute(1, 2, 0).cpu().numpy()), _bytes(mesh)


def drawn_mesh(face: FlameFace, codes: FlameCodes) -> np.ndarray:
    """(224, 224, 3) in 0..1: the face of FLAME's head in clay, black around it, by a weak-perspective camera."""
    assert codes.camera is not None
    vertices = face.posed(codes.identity, codes.expression, codes.rotations, codes.eyelids).astype(np.float64)
    triangles = face.model.faces[face.region[face.model.faces].all(1)]
    normals = vertex_normals(vertices, triangles)
    lamps = LIGHTS / np.linalg.norm(LIGHTS, axis=1, keepdims=True)
    screen = codes.camera[0] * (vertices + np.append(codes.camera[1:], 0)) * [1, -1, -1]
    corners = torch.as_tensor(triangles.astype(np.int64))
    raster = rasterise(torch.as_tensor(screen.astype(np.float32)), corners, (SIDE, SIDE))
    seen = interpolate(torch.as_tensor(normals.astype(np.float32)), corners, raster).numpy()
    light = np.clip(seen @ lamps.T, 0, 1).mean(2) * LIGHT
    return np.repeat((GREY * light)[..., None], 3, axis=2)


def in_photograph(pixels: np.ndarray, crop: np.ndarray, made: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8: a photograph with what was drawn anew of its crop (2, 3) put back in its place."""
    height, width = pixels.shape[:2]
    back = cv2.invertAffineTransform(crop)
    placed = cv2.warpAffine(made, back, (width, height), flags=cv2.INTER_LINEAR)
    inside = cv2.warpAffine(np.ones(made.shape[:2], np.float32), back, (width, height))[..., None]
    return np.clip(inside * placed + (1 - inside) * pixels + 0.5, 0, 255).astype(np.uint8)


def _bytes(picture: np.ndarray) -> np.ndarray:
    return np.clip(picture * 255, 0, 255).astype(np.uint8)
