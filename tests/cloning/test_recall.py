"""Kept shapes come back bit for bit, and only for what they were made of."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.cloning.recall import fingerprint, keep, recall, shapes_key
from backend.cloning.result import SealFigure, Shapes
from backend.geometry.cache import DiskCache
from backend.geometry.mesh import FaceMesh, face_mesh


@pytest.fixture
def mesh() -> FaceMesh:
    points = np.random.default_rng(3).random((40, 3), np.float32)
    return face_mesh(points, np.arange(36).reshape(-1, 3), np.arange(40) // 20, ("head", "eyes"))


@pytest.fixture
def shapes(mesh: FaceMesh) -> Shapes:
    deltas = np.random.default_rng(4).random((2, 40, 3), np.float32)
    deltas[:, 10:] = 0
    deltas[0, 30] = -0.0
    return Shapes(
        vertices=mesh.vertices,
        names=("jawOpen", "eyeBlinkLeft"),
        deltas=deltas,
        parts=np.arange(40, dtype=np.int8) % 9,
        confidence=0.1 + 0.2,
        reasons=("seen from the front", "it is “a face”"),
        canonical_from_file=np.diag([1 / 3, 1 / 3, 1 / 3, 1.0]),
        seals=(
            SealFigure("eyeBlink_L", "sealed", 0.5, 0.01, 0.0, 0.012),
            SealFigure("jawOpen+mouthClose", "no lips found"),
        ),
        version="0.1.0",
        canonical=np.where(np.arange(40)[:, None] < 30, mesh.vertices, np.nan).astype(np.float32),
    )


@pytest.fixture
def cache(tmp_path: Path) -> DiskCache:
    return DiskCache(tmp_path / "cache")


def test_what_was_kept_comes_back_bit_for_bit(mesh: FaceMesh, shapes: Shapes, cache: DiskCache):
    assert recall(mesh, "arkit", cache) is None
    keep(mesh, "arkit", shapes, cache)
    back = recall(mesh, "arkit", cache)
    assert back is not None
    assert back.deltas.dtype == np.float32
    for name in ("vertices", "deltas", "parts", "canonical_from_file", "canonical"):
        assert getattr(back, name).tobytes() == getattr(shapes, name).tobytes(), name
    for name in ("names", "confidence", "reasons", "seals", "version"):
        assert getattr(back, name) == getattr(shapes, name), name


def test_only_what_moves_takes_room(mesh: FaceMesh, shapes: Shapes, cache: DiskCache):
    keep(mesh, "arkit", shapes, cache)
    kept = cache.load(shapes_key(mesh, "arkit"))
    assert kept is not None
    assert kept["deltas"].shape == (2, 11, 3)


def test_another_mesh_other_names_or_another_device_is_not_the_same(
    mesh: FaceMesh, shapes: Shapes, cache: DiskCache, monkeypatch: pytest.MonkeyPatch
):
    keep(mesh, "arkit", shapes, cache)
    moved = mesh.vertices.copy()
    moved[39, 2] = np.nextafter(moved[39, 2], np.float32(2))
    others = (
        replace(mesh, vertices=moved),
        replace(mesh, corners=mesh.corners[::-1].copy()),
        replace(mesh, sizes=np.array([6, 30], np.int32)),
        replace(mesh, objects=np.zeros(40, np.int32)),
        replace(mesh, object_names=("head", "teeth")),
    )
    assert [recall(other, "arkit", cache) for other in others] == [None] * len(others)
    assert recall(mesh, "ict", cache) is None
    monkeypatch.setenv("FACSIMILE_DEVICE", "cuda")
    assert recall(mesh, "arkit", cache) is None
    monkeypatch.delenv("FACSIMILE_DEVICE")
    assert recall(mesh, "arkit", cache) is not None


def test_changed_programs_and_weights_forget(tmp_path: Path):
    (tmp_path / "cloning").mkdir()
    program, weights = tmp_path / "cloning" / "seal.py", tmp_path / "net.safetensors"
    program.write_text("gap = 1\n")
    weights.write_bytes(b"123")
    prints = [fingerprint.__wrapped__(tmp_path)]
    program.write_text("gap = 2\n")
    prints.append(fingerprint.__wrapped__(tmp_path))
    weights.write_bytes(b"124")
    prints.append(fingerprint.__wrapped__(tmp_path))
    (tmp_path / "card.md").write_text("A card decides nothing.")
    assert len(set(prints)) == 3
    assert fingerprint.__wrapped__(tmp_path) == prints[-1]


def test_a_damaged_entry_is_as_good_as_none(mesh: FaceMesh, shapes: Shapes, cache: DiskCache):
    keep(mesh, "arkit", shapes, cache)
    (entry,) = cache.folder.glob("*.npz")
    content = bytearray(entry.read_bytes())
    content[len(content) // 2] ^= 0xFF
    entry.write_bytes(content)
    assert recall(mesh, "arkit", cache) is None


def test_recalling_needs_no_torch_and_no_scipy():
    program = "import sys, backend.cloning.recall; print({'torch', 'scipy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "set()"
