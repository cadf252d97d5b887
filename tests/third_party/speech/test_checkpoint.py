"""Checkpoints of the published layout with random weights, wav2vec's folder, and what is neither."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from backend.errors import Refusal
from backend.networks.speech_codes import CODE, JAW, WINDOW, SpeechCodes
from tests.speech_layout import owned_talker, owned_wav2vec, speech_content, speech_weights
from third_party.speech.checkpoint import FRONT, read_talker
from third_party.speech.wav2vec_folder import read_front


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    return speech_weights()


@pytest.fixture(scope="module")
def front(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(FRONT): 2 * value for name, value in weights.items() if name.startswith(FRONT)}


def saved(path: Path, weights: object, **changed: object) -> Path:
    torch.save(speech_content(weights) | changed, path)  # type: ignore[arg-type]
    return path


def test_every_weight_and_the_range_are_those_of_the_file(tmp_path, weights):
    talker = read_talker(owned_talker(tmp_path))
    loaded = talker.network.state_dict()
    assert loaded.keys() == weights.keys()
    assert all(torch.equal(loaded[name], value) for name, value in weights.items())
    assert not talker.network.training
    same = SpeechCodes().eval()
    same.load_state_dict(weights)
    sound = torch.randn(1, 6, WINDOW)
    with torch.inference_mode():
        for made, expected in zip(talker.network(sound), same(sound), strict=True):
            assert torch.equal(made, expected)
    assert talker.low.shape == (CODE,) and talker.high[JAW] == np.float32(0.4)


@pytest.mark.parametrize("settings", [[7, CODE, "w", 0.1, "norm", 0], {"out_norm": "norm"}])
def test_the_range_may_lie_among_the_settings(tmp_path, weights, settings):
    norm = speech_content(weights)["norm"]
    placed = [norm if one == "norm" else one for one in settings] if isinstance(settings, list) else {"out_norm": norm}
    content = speech_content({f"module.{name}": value for name, value in weights.items()})
    del content["norm"]
    torch.save(content | {"model-config": placed}, tmp_path / "a.pth")
    assert read_talker(tmp_path / "a.pth").low[0] == -2
    torch.save(content, tmp_path / "b.pth")
    with pytest.raises(Refusal, match="what range"):
        read_talker(tmp_path / "b.pth")


@pytest.mark.parametrize("pickled", [True, False])
@pytest.mark.parametrize("prefix", ["wav2vec2.", ""])
def test_it_hears_with_the_folders_convolutions(tmp_path, weights, front, pickled, prefix):
    folder = owned_wav2vec(tmp_path / "base", front, pickled, prefix)
    bare = {name: value for name, value in weights.items() if not name.startswith(FRONT)}
    path = saved(tmp_path / "bare.pth", bare)
    with pytest.raises(Refusal, match="convolutions of wav2vec") as refused:
        read_talker(path)
    assert "--wav2vec FOLDER" in refused.value.cure
    for one in (path, saved(tmp_path / "whole.pth", weights)):
        loaded = read_talker(one, folder).network.fea_extractor
        assert all(torch.equal(value, front[name]) for name, value in loaded.state_dict().items())
    with torch.inference_mode():
        assert loaded(torch.rand(1, WINDOW)).isfinite().all()


def test_what_is_missing_strange_or_misshapen_is_named(tmp_path, weights):
    name = "style_layer.blocks.2.attention.fc_q.weight"
    changes = {
        r"lacks style_layer\.blocks\.2\.attention\.fc_q\.weight": {n: v for n, v in weights.items() if n != name},
        r"unexpected gst\.stl\.embed": weights | {"gst.stl.embed": torch.zeros(4)},
        r"misshapen param_fixer\.norm\.bias": weights | {"param_fixer.norm.bias": torch.zeros(4)},
        r"no finite numbers in param_fixer\.norm\.bias": weights
        | {"param_fixer.norm.bias": torch.full((184,), torch.nan)},
        r"no checkpoint of the published network": {"net.weight": torch.zeros(2)},
        r"does not hold weights by name": {"a": [1]},
    }
    for sentence, changed in changes.items():
        with pytest.raises(Refusal, match=sentence):
            read_talker(saved(tmp_path / "a.pth", changed))


class Attack:
    def __reduce__(self):
        return exec, ("raise SystemExit",)


@pytest.mark.parametrize("zipped", [True, False])
def test_hostile_pickles_are_refused_by_the_name_of_what_they_tried(tmp_path, front, zipped):
    path = tmp_path / "a.pth"
    torch.save({"model": Attack()}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(Refusal, match=r"asks to run \S*exec") as refused:
        read_talker(path)
    assert refused.value.code == "speech-untrusted"
    folder = owned_wav2vec(tmp_path / "base", front, pickled=True)
    torch.save({"a": Attack()}, folder / "pytorch_model.bin", _use_new_zipfile_serialization=zipped)
    with pytest.raises(Refusal, match=r"asks to run \S*exec"):
        read_front(folder)


def test_what_is_no_file_of_these_is_refused_with_a_cure(tmp_path, front):
    for content in (b"", b"PK\x03\x04", b"GIF89a"):
        (tmp_path / "a.pth").write_bytes(content)
        with pytest.raises(Refusal, match=r"damaged|no checkpoint"):
            read_talker(tmp_path / "a.pth")
    torch.save([1], tmp_path / "a.pth")
    with pytest.raises(Refusal, match="no weights"):
        read_talker(tmp_path / "a.pth")
    with pytest.raises(Refusal, match="There is no folder"):
        read_front(tmp_path / "none")
    folder = tmp_path / "base"
    folder.mkdir()
    with pytest.raises(Refusal, match=r"no config\.json"):
        read_front(folder)
    (folder / "config.json").write_text("{")
    with pytest.raises(Refusal, match="damaged"):
        read_front(folder)
    for settings, sentence in (
        ({"model_type": "hubert"}, "hubert"),
        ({"feat_extract_norm": "layer"}, "differs in feat_extract_norm"),
        ({}, r"no model\.safetensors"),
    ):
        (folder / "config.json").write_text(json.dumps(settings))
        with pytest.raises(Refusal, match=sentence):
            read_front(folder)
    (folder / "model.safetensors").write_bytes(b"\xff" * 100)
    with pytest.raises(Refusal, match="damaged"):
        read_front(folder)
    torch.save({"bert.weight": torch.zeros(2)}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(Refusal, match="not those of a wav2vec"):
        read_front(folder)
