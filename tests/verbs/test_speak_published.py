"""The verb speak with a checkpoint of the published network and a FLAME file that a user owns; random weights."""

from pathlib import Path

import numpy as np
import pytest
import torch

from backend.__main__ import main
from backend.channels import ARKIT_NAMES
from backend.frames import frames_from_file
from backend.performance import read_npz
from backend.speech.contact import SHUT, open_head_lips
from backend.speech.textgrid import write_textgrid
from tests.owned_files import owned_flame
from tests.speech_layout import owned_talker, owned_wav2vec, speech_content, speech_weights
from tests.synthetic_voice import said, voice, write_wav
from third_party.speech.checkpoint import FRONT


@pytest.fixture(scope="module")
def owned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("owned")
    owned_flame(folder, folder / "cache")
    owned_talker(folder)
    timing = said()
    write_wav(folder / "a.wav", voice(timing).samples)
    write_textgrid(folder / "a.TextGrid", timing)
    return folder


@pytest.fixture(autouse=True)
def _cache(owned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACSIMILE_CACHE", str(owned / "cache"))


def speak(owned: Path, out: Path, *more: object, checkpoint: str = "tf_emo_4.pth", flame: bool = True) -> int:
    files = ["--checkpoint", owned / checkpoint, *(["--flame", owned / "generic_model.pkl"] if flame else [])]
    return main(["speak", *map(str, ["--audio", owned / "a.wav", "--out", out, *files, *more])])


def test_a_performance_codes_and_meshes_the_same_bytes_twice(owned, tmp_path, capsys):
    for name in ("a", "b"):
        extra = ("--frames", tmp_path / f"{name}_frames.npz", "--codes", tmp_path / f"{name}_codes.npz")
        assert speak(owned, tmp_path / f"{name}.npz", *extra) == 0
    told = capsys.readouterr()
    assert "frames at 30 fps" in told.out and "taken for FLAME 2020" in told.out and "Warning" not in told.err
    for kind in ("", "_frames", "_codes"):
        assert (tmp_path / f"a{kind}.npz").read_bytes() == (tmp_path / f"b{kind}.npz").read_bytes()
    motion = read_npz(tmp_path / "a.npz")
    assert motion.fps == 30 and motion.names == ARKIT_NAMES and "as heard emotion" in motion.source
    assert motion.duration == pytest.approx(said().duration, abs=0.05)
    assert motion.weights[:, ARKIT_NAMES.index("eyeBlinkLeft")].max() > 0.5
    with np.load(tmp_path / "a_codes.npz") as codes:
        assert codes["expression"].shape == (len(motion.weights), 50) and codes["jaw"].shape == (len(motion.weights),)
        assert np.abs(codes["expression"] - codes["neutral"]).max() > 1e-3
    frames = frames_from_file(tmp_path / "a_frames.npz")
    meshes = np.concatenate(list(frames.chunks()))
    assert frames.fps == 30 and len(meshes) == len(motion.weights) and np.ptp(meshes, axis=0).max() > 1e-4


def test_each_mode_writes_what_it_is_for(owned, tmp_path):
    none = ("--layers", "blinks=0,glances=0,brows=0,head=0")
    assert speak(owned, tmp_path / "p.npz", *none, "--mode", "emo-cls", "--csv", tmp_path / "p.csv") == 0
    names = ("NEU", "ANG", "HAP", "SAD", "DIS", "FEA")
    assert {path.name for path in tmp_path.iterdir()} == {f"p-{n}.{k}" for n in names for k in ("npz", "csv")}
    acted = [read_npz(tmp_path / f"p-{name}.npz").weights for name in names]
    assert all(np.abs(acted[0] - one).max() > 1e-3 for one in acted[1:])
    assert speak(owned, tmp_path / "n.npz", *none, "--mode", "none") == 0
    assert speak(owned, tmp_path / "f.npz", *none, "--mode", "aud-cls=ANG") == 0
    neutral, fused = (read_npz(tmp_path / f"{name}.npz").weights for name in "nf")
    upper = [at for at, name in enumerate(ARKIT_NAMES) if name.startswith(("brow", "eye", "nose", "cheekSq"))]
    np.testing.assert_allclose(fused[:, upper], acted[1][:, upper], atol=0.05)
    jaw = ARKIT_NAMES.index("jawOpen")
    np.testing.assert_allclose(fused[:, jaw], neutral[:, jaw], atol=1e-6)
    assert np.abs(acted[1][:, jaw] - neutral[:, jaw]).max() > 1e-3


def test_where_phones_are_known_lips_meet(owned, tmp_path):
    assert speak(owned, tmp_path / "p.npz", "--mode", "emo-cls", "--textgrid", owned / "a.TextGrid") == 0
    motion = read_npz(tmp_path / "p-ANG.npz")
    gaps = open_head_lips().gaps(motion.weights)
    for phone in said().phones:
        if phone.label in ("P", "B", "M"):
            near = slice(int((phone.start - 0.04) * 30), int((phone.end + 0.04) * 30) + 1)
            assert gaps[near].min() <= SHUT


def test_what_is_missing_or_wrong_is_told_with_a_cure(owned, tmp_path, capsys):
    out = tmp_path / "p.npz"
    weights = speech_weights()
    bare = {name: value for name, value in weights.items() if not name.startswith(FRONT)}
    torch.save(speech_content(bare), owned / "bare.pth")
    for more, cure in (
        ({"flame": False}, "Add --flame FLAME_FILE."),
        ({"checkpoint": "none.pth"}, "third_party/README.md"),
        ({"checkpoint": "generic_model.pkl"}, "third_party/README.md"),
        ({"checkpoint": "bare.pth"}, "Add --wav2vec FOLDER"),
    ):
        assert speak(owned, out, **more) == 2
        told = capsys.readouterr().err
        assert cure in told and "Traceback" not in told
    for more, cure in (
        (("--mode", "video"), "aud-cls=HAP-0.8"),
        (("--emotion", "happy=1"), "--mode says"),
        (("--wav2vec", tmp_path / "none"), "config.json"),
    ):
        assert speak(owned, out, *more) == 2
        assert cure in capsys.readouterr().err
    assert main(["speak", "--audio", str(owned / "a.wav"), "--out", str(out), "--mode", "audio"]) == 2
    assert "Add --checkpoint FILE." in capsys.readouterr().err
    assert not out.exists()
    front = {name.removeprefix(FRONT): value for name, value in weights.items() if name.startswith(FRONT)}
    folder = owned_wav2vec(tmp_path / "base", front)
    assert speak(owned, out, "--wav2vec", folder, checkpoint="bare.pth") == 0
    assert speak(owned, tmp_path / "q.npz") == 0
    assert out.read_bytes() == (tmp_path / "q.npz").read_bytes()


def test_another_release_of_flame_is_refused(owned, tmp_path, capsys):
    described = {"supr_expression_metadata": {"expr_components": "last_100", "n_expr": 100}}
    other = owned_flame(tmp_path, owned / "cache", "flame2023_Open.pkl", 1, **described)
    assert speak(owned, tmp_path / "p.npz", "--flame", other, flame=False) == 2
    assert "Choose the file of FLAME 2020." in capsys.readouterr().err
