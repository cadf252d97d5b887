"""TEASER's swaps from files to files, with random weights of the published layout."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from backend.__main__ import main
from backend.imaging.landmarks import available
from tests.owned_files import owned_flame, owned_teaser

pytestmark = pytest.mark.skipif(not available(), reason="mediapipe is absent")


@pytest.fixture(scope="module")
def owned(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("owned")
    owned_flame(folder, folder / "cache")
    owned_teaser(folder)
    return folder


@pytest.fixture
def run(owned, corpus, monkeypatch):
    monkeypatch.setenv("FACSIMILE_CACHE", str(owned / "cache"))
    faces = corpus / "dev" / "faces"

    def go(verb: str, source: object, target: object | None, out: Path, *more: str) -> int:
        files = [verb, "--source", faces / str(source), "--checkpoint", owned / "TEASER.pt"]
        files += ["--flame", owned / "generic_model.pkl", "--out", out]
        files += ["--target", faces / str(target)] if target else []
        return main([*map(str, files), *more])

    return go


ONE, OTHER = "smirk_test_image1.png", "smirk_test_image2.png"


def test_looks_and_expressions_are_swapped(run, tmp_path, capsys):
    outs = [tmp_path / f"{name}.png" for name in ("token", "expression")]
    for verb, out in zip(("swap-token", "swap-expression"), outs, strict=True):
        assert run(verb, ONE, OTHER, out, "--strip") == 0, capsys.readouterr().err
    token, expression = (np.asarray(Image.open(out), np.int64) for out in outs)
    assert token.shape == expression.shape == (224, 4 * 224, 3)
    source, mesh, made, target = (slice(224 * at, 224 * (at + 1)) for at in range(4))
    for crop in (source, target):
        np.testing.assert_array_equal(token[:, crop], expression[:, crop])
    # tokens leave the mesh alone, an expression changes it
    assert (token[:, mesh] != expression[:, mesh]).any()
    assert (token[:, made] != expression[:, made]).any()
    assert 0.1 < (token[:, mesh] > 0).any(2).mean() < 0.9


def test_a_film_becomes_a_film(run, tmp_path, corpus, capsys):
    photo = cv2.imread(str(corpus / "dev" / "faces" / ONE))
    film = cv2.VideoWriter(str(tmp_path / "in.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 10, photo.shape[1::-1])
    for number in range(3):
        film.write(photo if number != 1 else np.zeros_like(photo))
    film.release()
    assert run("swap-token", tmp_path / "in.mp4", OTHER, tmp_path / "out.mp4") == 0, capsys.readouterr().err
    assert "3 frames, 1 of them without a face" in capsys.readouterr().out
    made = cv2.VideoCapture(str(tmp_path / "out.mp4"))
    frames = [made.read()[1] for _ in range(3)]
    assert frames[0].shape == photo.shape and made.get(cv2.CAP_PROP_FPS) == 10
    assert np.abs(frames[0].astype(int) - photo).mean() > 3
    assert frames[1].max() < 20


def test_what_cannot_be_swapped_is_refused(run, tmp_path, capsys, owned):
    (tmp_path / "bad.mp4").write_bytes(b"no film")
    cases = [
        ((ONE, OTHER, tmp_path / "out.mp4"), "Name it *.png."),
        ((tmp_path / "bad.mp4", OTHER, tmp_path / "out.mp4"), "Save it as MP4"),
        ((ONE, "absent.png", tmp_path / "out.png"), "Check the path."),
    ]
    for files, cure in cases:
        assert run("swap-token", *files) == 2
        assert cure in capsys.readouterr().err
    out = tmp_path / "out.png"
    assert run("swap-token", ONE, OTHER, out, "--checkpoint", str(owned / "generic_model.pkl")) == 2
    assert "third_party/README.md" in capsys.readouterr().err
    assert not out.exists()
