"""The verb fit with FLAME files and checkpoints that a user owns."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from backend.__main__ import main
from backend.archives import write_arrays
from backend.imaging.landmarks import available
from tests.owned_files import owned_flame, owned_teaser

pytestmark = pytest.mark.skipif(not available(), reason="mediapipe is absent")


@pytest.fixture(scope="module")
def owned(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("owned")
    owned_flame(folder, folder / "cache")
    owned_teaser(folder, renderer=False)
    return folder


@pytest.fixture(autouse=True)
def _cache(owned, monkeypatch):
    monkeypatch.setenv("FACSIMILE_CACHE", str(owned / "cache"))


def fit(corpus: Path, out: Path, *more: object) -> int:
    photo = corpus / "dev" / "faces" / "deca_exp_2.jpg"
    return main(["fit", "--image", str(photo), "--out", str(out), *map(str, more)])


def test_a_flame_head_is_fitted(corpus, owned, tmp_path, capsys):
    over = tmp_path / "over.png"
    assert fit(corpus, tmp_path / "fit.npz", "--model", owned / "generic_model.pkl", "--overlay", over) == 0
    with np.load(tmp_path / "fit.npz") as found:
        assert str(found["model"]).startswith("FLAME unrecognised")
        assert found["identity"].shape == (300,) and found["expression"].shape == (1, 100)
        assert found["faces"].shape[1] == 4 and found["rotations"].shape == (1, 5, 3)
        channels = dict(zip(found["names"].tolist(), found["channels"][0].tolist(), strict=True))
        between = np.linalg.norm(found["landmarks"][0, 33] - found["landmarks"][0, 263])
        assert np.median(found["residuals"][0, :468]) < 0.015 * between
    assert channels["mouthSmileLeft"] > 0.2 and channels["mouthSmileRight"] > 0.2
    assert over.stat().st_size > 1000


def test_a_flame_head_follows_landmarks_that_were_put_right(corpus, owned, tmp_path):
    model = ("--model", owned / "generic_model.pkl")
    assert fit(corpus, tmp_path / "first.npz", *model) == 0
    with np.load(tmp_path / "first.npz") as first:
        landmarks = np.full_like(first["landmarks"], np.nan)
        landmarks[0, 61] = first["landmarks"][0, 61] - [8, 0]
        before = first["vertices"]
    write_arrays(tmp_path / "right.npz", landmarks=landmarks)
    assert fit(corpus, tmp_path / "second.npz", *model, "--landmarks", tmp_path / "right.npz") == 0
    with np.load(tmp_path / "second.npz") as second:
        assert second["residuals"][0, 61] < 4
        assert 0.0005 < np.abs(second["vertices"] - before).max() < 0.05


def test_an_encoders_codes_are_the_start_or_the_result(corpus, owned, tmp_path, capsys):
    model = ("--model", owned / "generic_model.pkl", "--encoder", owned / "TEASER.pt")
    assert fit(corpus, tmp_path / "kept.npz", *model, "--keep-codes") == 0
    assert "taken for FLAME 2020" in capsys.readouterr().err
    assert fit(corpus, tmp_path / "from.npz", *model) == 0
    with np.load(tmp_path / "kept.npz") as kept, np.load(tmp_path / "from.npz") as begun:
        assert str(kept["codes_from"]) == "TEASER, kept" and str(begun["codes_from"]) == "fit from TEASER"
        assert not kept["expression"][0, 50:].any() and np.abs(kept["expression"][0, :50]).max() > 0.01
        assert np.median(begun["residuals"][0, :468]) < 0.5 * np.median(kept["residuals"][0, :468])


def test_what_does_not_fit_together_is_refused_with_a_cure(corpus, owned, tmp_path, capsys, monkeypatch):
    out = tmp_path / "fit.npz"
    cases = [
        (("--encoder", owned / "TEASER.pt"), "Add --model FLAME_FILE."),
        (("--model", owned / "generic_model.pkl", "--keep-codes"), "Add --encoder CHECKPOINT."),
        (("--model", owned / "TEASER.pt"), "Choose a FLAME model"),
        (("--model", owned / "generic_model.pkl", "--encoder", owned / "generic_model.pkl"), "third_party/README.md"),
    ]
    for arguments, cure in cases:
        assert fit(corpus, out, *arguments) == 2
        told = capsys.readouterr().err
        assert cure in told and "Traceback" not in told
    assert not out.exists()


def test_another_release_is_refused_or_converted_never_silently(corpus, owned, tmp_path, capsys):
    described = {"supr_expression_metadata": {"expr_components": "last_100", "n_expr": 100}}
    other = owned_flame(owned, owned / "cache", "flame2023_Open.pkl", 1, **described)
    model = ("--model", other, "--encoder", owned / "TEASER.pt", "--keep-codes")
    assert fit(corpus, tmp_path / "fit.npz", *model) == 2
    assert "--encoder-model" in capsys.readouterr().err
    assert fit(corpus, tmp_path / "fit.npz", *model, "--encoder-model", owned / "generic_model.pkl") == 0
    assert "are converted from FLAME" in capsys.readouterr().err
    shutil.copy(owned / "generic_model.pkl", tmp_path / "own.pkl")
    assert fit(corpus, tmp_path / "own.npz", "--model", tmp_path / "own.pkl", *model[2:]) == 0
    with np.load(tmp_path / "fit.npz") as found, np.load(tmp_path / "own.npz") as own:
        assert np.abs(found["expression"] - own["expression"]).max() > 0.01
        moved = np.linalg.norm(found["vertices"] - own["vertices"], axis=1)
        assert moved.mean() < 1e-4
