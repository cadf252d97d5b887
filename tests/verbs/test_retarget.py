"""The verb retarget: from files to files."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.__main__ import main
from backend.channels import ARKIT_NAMES
from backend.cloning.recall import keep
from backend.cloning.result import Shapes
from backend.faces.open_head import load_open_head
from backend.geometry.read import read_head
from backend.performance import performance, write_npz


@pytest.fixture
def rig_file(open_head_shapes: Shapes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The open head with two keys of unknown names, whose shapes are known already."""
    monkeypatch.setenv("FACSIMILE_CACHE", str(tmp_path / "cache"))
    jaw, smile = (ARKIT_NAMES.index(name) for name in ("jawOpen", "mouthSmileLeft"))
    path = tmp_path / "rig.npz"
    np.savez(
        path,
        vertices=open_head_shapes.vertices,
        faces=load_open_head().quads,
        controls=np.array(["A", "B"]),
        deltas=open_head_shapes.deltas[[smile, jaw]],
        minimum=np.zeros(2),
        maximum=np.ones(2),
    )
    mesh = read_head(path)
    keep(mesh, "arkit", replace(open_head_shapes, vertices=mesh.vertices))
    return path


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    weights = np.zeros((20, 52))
    weights[:, ARKIT_NAMES.index("jawOpen")] = np.linspace(0, 1, 20)
    write_npz(tmp_path / "clip.npz", performance(ARKIT_NAMES, weights, 25.0))
    return tmp_path / "clip.npz"


def test_curves_and_mapping(rig_file: Path, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, mapping = tmp_path / "curves.npz", tmp_path / "mapping.json"
    base = ["retarget", "--performance", str(clip), "--rig", str(rig_file), "--out", str(out)]
    assert main([*base, "--mapping-out", str(mapping)]) == 0
    with np.load(out) as curves:
        assert curves["names"].tolist() == ["A", "B"] and curves["fps"] == 25
        assert np.allclose(curves["values"], np.stack([np.zeros(20), np.linspace(0, 1, 20)], axis=1), atol=1e-6)
        assert curves["residual"].shape == (20,) and curves["residual"].max() < 1e-6
        assert {"residual_brows", "residual_lids", "residual_jaw", "residual_lips"} < set(curves)
    assert "2 follow channels" in capsys.readouterr().out
    mapping.write_text(mapping.read_text().replace('"jawOpen": 1.0', '"jawOpen": 0.5'))
    assert main([*base, "--mapping", str(mapping)]) == 0
    with np.load(out) as curves:
        assert curves["values"].max() == pytest.approx(0.5)


def test_a_sentence_and_no_file(rig_file: Path, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "curves.npz"
    assert main(["retarget", "--performance", str(rig_file), "--rig", str(rig_file), "--out", str(out)]) == 2
    assert main(["retarget", "--performance", str(clip), "--rig", str(clip), "--out", str(out)]) == 2
    assert main(["retarget", "--performance", "none.csv", "--rig", str(rig_file), "--out", str(out)]) == 2
    assert not out.exists() and "There is no file none.csv" in capsys.readouterr().err
