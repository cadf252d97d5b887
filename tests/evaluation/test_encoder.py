"""The golden check of a checkpoint."""

import numpy as np
from PIL import Image

from backend.__main__ import main
from tests.owned_files import owned_teaser


def test_codes_are_compared_with_the_authors(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("FACSIMILE_DEVICE", "cpu")
    pixels = np.random.default_rng(0).integers(0, 255, (224, 224, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "crop.png")
    checkpoint = owned_teaser(tmp_path, renderer=False)
    command = ["evaluate", "encoder", "--checkpoint", str(checkpoint), "--image", str(tmp_path / "crop.png"), "--crops"]
    assert main([*command, "--out", str(tmp_path / "codes.npz")]) == 0
    assert "TEASER, 4,5" in capsys.readouterr().out
    with np.load(tmp_path / "codes.npz") as codes:
        kept = dict(codes)
    assert {name: rows.shape for name, rows in kept.items()} == {
        "identity": (1, 300),
        "expression": (1, 50),
        "root": (1, 3),
        "jaw": (1, 3),
        "eyelids": (1, 2),
        "camera": (1, 3),
    }
    assert main([*command, "--expected", str(tmp_path / "codes.npz")]) == 0
    np.savez(tmp_path / "other.npz", **kept | {"jaw": kept["jaw"] + 0.1})
    assert main([*command, "--expected", str(tmp_path / "other.npz")]) == 1
    assert "MISSED" in capsys.readouterr().out
    (tmp_path / "bad.npz").write_bytes(b"nothing")
    assert main([*command, "--expected", str(tmp_path / "bad.npz")]) == 2
