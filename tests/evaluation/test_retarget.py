"""The figures of rig inversion, on keys whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.cloning.result import Shapes
from backend.evaluation.keyed_heads import KeyedHead
from backend.evaluation.retarget import measure_retarget
from backend.evaluation.retarget_table import retarget_table
from backend.faces.open_head import load_open_head
from backend.geometry.mesh import face_mesh
from backend.performance import performance


def test_keys_like_the_shapes_are_recovered_and_simple_methods_fall_behind(open_head_shapes: Shapes) -> None:
    mesh = face_mesh(open_head_shapes.vertices, load_open_head().quads)
    strength = np.random.default_rng(1).uniform(0.6, 1.5, (12, 1, 1))
    names = ("jawOpen", "mouthFunnel", "browInnerUp", "eyeBlinkLeft", "eyeBlinkRight", "mouthSmileLeft")
    names += ("mouthSmileRight", "jawLeft", "mouthPucker", "noseSneerLeft", "browDownLeft", "cheekPuff")
    keys = open_head_shapes.deltas[[ARKIT_NAMES.index(name) for name in names]] * strength
    time = np.linspace(0, 8, 120)[:, None]
    weights = np.clip(np.sin(np.linspace(1, 3, 52) * time + np.arange(52)), 0, 1) * np.isin(ARKIT_NAMES, names)
    motion = performance(ARKIT_NAMES, weights, 30.0)
    figures = measure_retarget(
        KeyedHead("open", mesh, names, keys.astype(np.float32)), motion, lambda _: replace(open_head_shapes)
    )
    assert figures.active == 12
    assert figures.ours.missed < 1e-6 and figures.ours.recovered == 1
    assert figures.by_names.missed == pytest.approx(1) and figures.by_names.recovered == 0
    assert figures.plain.missed > 0.05
    missed, _, related = figures.round_trip
    assert missed < 0.05 and related > 0.95
    assert "open" in retarget_table([figures])
