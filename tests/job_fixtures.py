"""Lists of small jobs, for the tests of batch and of farms."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.cloning.recall import keep
from backend.geometry.read import read_head
from backend.performance import performance, write_npz


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, puppet) -> Path:
    """A folder with rig.npz, a rig of two controls whose shapes are known already."""
    monkeypatch.setenv("FACSIMILE_CACHE", str(tmp_path / "cache"))
    np.savez(
        tmp_path / "rig.npz",
        vertices=puppet.mesh.vertices,
        faces=puppet.mesh.triangles,
        controls=np.array(["jawOpen", "mouthSmileLeft"]),
        deltas=puppet.shapes.deltas[:2],
        minimum=np.zeros(2),
        maximum=np.ones(2),
    )
    mesh = read_head(tmp_path / "rig.npz")
    deltas = np.zeros((52, len(mesh.vertices), 3), np.float32)
    for name, delta in zip(puppet.shapes.names, puppet.shapes.deltas, strict=True):
        deltas[ARKIT_NAMES.index(name)] = delta
    keep(mesh, "arkit", replace(puppet.shapes, vertices=mesh.vertices, names=ARKIT_NAMES, deltas=deltas))
    return tmp_path


@pytest.fixture
def clips(place: Path) -> Callable[[int], list[str]]:
    """clips(n): n performances of ten frames, clip_0.npz and on, in which the jaw opens to (number + 1) / (n + 1)."""

    def make(count: int) -> list[str]:
        names = []
        for number in range(count):
            weights = np.zeros((10, 52))
            weights[:, ARKIT_NAMES.index("jawOpen")] = np.linspace(0, (number + 1) / (count + 1), 10)
            names.append(f"clip_{number}.npz")
            write_npz(place / names[-1], performance(ARKIT_NAMES, weights, 30.0))
        return names

    return make


@pytest.fixture
def listed(place: Path) -> Callable[[Sequence[dict[str, str]]], Path]:
    """listed(rows): jobs.csv with these rows."""

    def write(rows: Sequence[dict[str, str]]) -> Path:
        columns = list(dict.fromkeys(key for row in rows for key in row))
        with (place / "jobs.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, columns)
            writer.writeheader()
            writer.writerows(rows)
        return place / "jobs.csv"

    return write


@pytest.fixture
def job_rows(clips: Callable[[int], list[str]]) -> Callable[[int], list[dict[str, str]]]:
    """job_rows(n): a job for each of n new clips, onto rig.npz, to out/."""
    return lambda count: [
        {"clip": name, "character": "rig.npz", "output": f"out/{name.replace('clip', 'curves')}"}
        for name in clips(count)
    ]
