"""Curves on a keyed character, baked to vertices and cloned back, with the backend itself: see round_trip.py."""

import json
import sys
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d

from backend.channels import ARKIT_NAMES
from backend.performance import performance, write_npz

HERE = Path(__file__).resolve().parent


def test_curves_that_were_baked_to_vertices_are_cloned_back(run_in_blender, open_head_shapes, tmp_path: Path) -> None:
    from backend.faces.open_head import open_head_mesh

    mesh = open_head_mesh()
    # y up to z up.
    axes = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], np.float32)
    deltas = open_head_shapes.deltas @ axes.T
    moving = np.abs(deltas).max((1, 2)) > 1e-4
    names = [name for name, moves in zip(ARKIT_NAMES, moving, strict=True) if moves]
    head, capture = tmp_path / "head.npz", tmp_path / "take.npz"
    np.savez(head, vertices=mesh.vertices @ axes.T, faces=mesh.triangles, names=names, deltas=deltas[moving])
    noise = np.random.default_rng(2).normal(0, 1, (60, len(names)))
    weights = np.clip(0.15 + gaussian_filter1d(noise, 4, axis=0), 0, 1).astype(np.float32)
    write_npz(capture, performance(tuple(names), weights, 30.0))
    report = tmp_path / "report.json"
    arguments = (head, capture, tmp_path / "cache.mdd", report)
    done = run_in_blender(HERE / "round_trip.py", *arguments, FACSIMILE_PYTHON=sys.executable)
    assert report.is_file(), done.stdout + done.stderr
    found = json.loads(report.read_text())
    print(found)
    assert found["active"] > 30
    assert found["error"] < 0.05
    assert found["correlation"] > 0.95
