"""Files as their owners have them: a FLAME with a face, known to the cache, and checkpoints."""

import pickle
from pathlib import Path

import torch

from backend.cloning.recall import keep
from backend.geometry.cache import DiskCache
from backend.geometry.mesh import face_mesh
from tests import encoder_layouts
from tests.flame_head import flame_head_entries, flame_head_shapes
from third_party.flame.read import read_flame


def owned_flame(folder: Path, cache: Path, name: str = "generic_model.pkl", seed: int = 0, **changed: object) -> Path:
    """A FLAME file in folder, with what the main job would find on it in a cache."""
    path = folder / name
    path.write_bytes(pickle.dumps(flame_head_entries(seed) | changed))
    model = read_flame(path)
    keep(face_mesh(model.vertices, model.faces), "ict", flame_head_shapes(), DiskCache(cache))
    return path


def owned_teaser(folder: Path, renderer: bool = True) -> Path:
    """A checkpoint of TEASER whose codes are small."""
    torch.manual_seed(5)
    weights = encoder_layouts.smirk_encoder("teaser_encoder.", tokens=True)
    scales = {"shape_encoder.shape": 1e-3, "expression_encoder.expression": 3e-3, "pose_encoder.pose_cam": 1e-4}
    for head, scale in scales.items():
        weights[f"teaser_encoder.{head}_layers.0.weight"] *= scale
    weights["teaser_encoder.pose_encoder.pose_cam_layers.0.bias"][3] = 7
    if renderer:
        weights |= encoder_layouts.teaser_renderer("teaser_generator.")
    torch.save(weights, folder / "TEASER.pt")
    return folder / "TEASER.pt"
