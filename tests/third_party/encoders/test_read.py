"""Checkpoints of the published layouts with random weights, and what is none."""

import pickle
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from backend.errors import Refusal
from tests import encoder_layouts as layouts
from third_party.encoders.read import read_encoder
from third_party.encoders.teaser import TeaserEncoder

LANDMARKS = np.random.default_rng(0).uniform(60, 180, (478, 2))
PIXELS = np.random.default_rng(1).integers(0, 255, (240, 260, 3)).astype(np.uint8)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(3)


@pytest.fixture
def deca() -> layouts.Weights:
    return layouts.deca_encoder(236)


def saved(path: Path, content: object) -> Path:
    torch.save(content, path)
    return path


def test_deca_says_what_is_in_its_code_in_order(tmp_path, deca):
    deca["layers.2.weight"].zero_()
    deca["layers.2.bias"] = torch.arange(236.0)
    content = {"E_flame": deca, "E_detail": {}, "D_detail": {}, "global_step": 3}
    encoder = read_encoder(saved(tmp_path / "deca_model.tar", content))
    codes = encoder.encode(PIXELS, LANDMARKS)
    assert encoder.family == "DECA"
    np.testing.assert_array_equal(codes.identity, np.arange(100))
    np.testing.assert_array_equal(codes.expression, np.arange(150, 200))
    np.testing.assert_array_equal(codes.rotations, [[200, 201, 202], [0] * 3, [203, 204, 205], [0] * 3, [0] * 3])
    np.testing.assert_array_equal(codes.camera, [206, 207, 208])
    assert codes.side == 224 and codes.version == "2020"


def test_files_of_before_torch_1_6_are_read_and_those_that_lack_counters(tmp_path, deca):
    bare = {name: value for name, value in deca.items() if not name.endswith("tracked")}
    torch.save({"E_flame": bare}, tmp_path / "old.tar", _use_new_zipfile_serialization=False)
    torch.save({"E_flame": deca}, tmp_path / "new.tar")
    old, new = (read_encoder(tmp_path / name).encode(PIXELS, LANDMARKS) for name in ("old.tar", "new.tar"))
    np.testing.assert_array_equal(old.identity, new.identity)


@pytest.mark.parametrize("width", [50, 56])
def test_emoca_has_a_network_of_its_own_for_the_expression_and_settings_that_are_not_made(
    tmp_path, deca, monkeypatch, width
):
    module = ModuleType("omegaconf.dictconfig")
    module.DictConfig = type("DictConfig", (), {"__module__": "omegaconf.dictconfig"})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "omegaconf", ModuleType("omegaconf"))
    monkeypatch.setitem(sys.modules, "omegaconf.dictconfig", module)
    settings = module.DictConfig()  # type: ignore[attr-defined]
    settings.__dict__ = {"_content": {"coarse": 1}}
    second = layouts.deca_encoder(width)
    second["layers.2.weight"].zero_()
    second["layers.2.bias"] = torch.arange(float(width))
    named = {f"deca.E_flame.{name}": value for name, value in deca.items()}
    named |= {f"deca.E_expression.{name}": value for name, value in second.items()}
    named |= {"deca.flame.v_template": torch.zeros(5, 3), "emotion.net.weight": torch.zeros(2)}
    content = {"state_dict": named, "hyper_parameters": {"config": settings}, "epoch": 4}
    encoder = read_encoder(saved(tmp_path / "deca-epoch=04-val_loss=1.ckpt", content))
    codes = encoder.encode(PIXELS, LANDMARKS)
    assert encoder.family == "EMOCA"
    np.testing.assert_array_equal(codes.expression, np.arange(50))
    first = read_encoder(saved(tmp_path / "deca.tar", {"E_flame": deca})).encode(PIXELS, LANDMARKS)
    np.testing.assert_array_equal(codes.identity, first.identity)
    if width == 50:
        np.testing.assert_array_equal(codes.rotations, first.rotations)
    else:
        np.testing.assert_array_equal(codes.rotations[[2, 0]], [[50, 51, 52], [53, 54, 55]])


def test_smirk_holds_jaw_and_eyelids_within_their_range(tmp_path):
    weights = layouts.smirk_encoder("smirk_encoder.")
    head = "smirk_encoder.expression_encoder.expression_layers.0"
    weights[f"{head}.weight"].zero_()
    weights[f"{head}.bias"] = torch.cat([torch.arange(50.0), torch.tensor([-1, 1.5, -0.3, 0.5, -0.1])])
    weights |= {"smirk_generator.encoder1.enc1conv1.weight": torch.zeros(2)}
    encoder = read_encoder(saved(tmp_path / "SMIRK_em1.pt", weights))
    assert encoder.family == "SMIRK" and encoder.renderer is None
    codes = encoder.encode(PIXELS, LANDMARKS)
    np.testing.assert_array_equal(codes.expression, np.arange(50))
    np.testing.assert_array_equal(codes.eyelids, [0, 1])
    np.testing.assert_allclose(codes.rotations[2], [0, 0.2, -0.1])
    assert codes.identity.shape == (300,) and np.abs(codes.identity).max() > 0
    assert codes.camera is not None and codes.camera.shape == (3,)


@pytest.mark.parametrize("name", ["teaser", "smirk"])
def test_teaser_has_tokens_and_a_renderer_whatever_it_is_called(tmp_path, name):
    weights = layouts.smirk_encoder(f"{name}_encoder.", tokens=True)
    if name == "teaser":
        weights |= layouts.teaser_renderer("teaser_generator.")
    encoder = read_encoder(saved(tmp_path / "TEASER.pt", weights))
    assert encoder.family == "TEASER" and isinstance(encoder.network, TeaserEncoder)
    picture = torch.rand(2, 3, 224, 224)
    with torch.inference_mode():
        tokens = encoder.network.tokens(picture)
        assert tokens.shape == (4, 2, 256)
        assert (encoder.renderer is None) == (name == "smirk")
        if encoder.renderer is not None:
            drawn = torch.rand(2, 6, 224, 224)
            made = encoder.renderer(drawn, tokens)
            other = encoder.renderer(drawn, tokens.flip(1))
    if name == "teaser":
        assert made.shape == (2, 3, 224, 224) and made.min() > 0 and made.max() < 1
        assert (made - other).abs().max() > 1e-4


def test_mica_gives_a_shape_alone(tmp_path):
    content = {"arcface": layouts.arcface(), "flameModel": layouts.mica_regressor() | {"generator.f": torch.zeros(3)}}
    encoder = read_encoder(saved(tmp_path / "mica.tar", content))
    codes = encoder.encode(PIXELS, LANDMARKS)
    assert encoder.family == "MICA"
    assert codes.identity.shape == (300,) and np.isfinite(codes.identity).all() and codes.identity.std() > 0
    assert codes.expression.shape == (0,) and codes.camera is None and codes.side == 112


def test_what_is_missing_strange_or_misshapen_is_named(tmp_path, deca):
    def without(name: str) -> layouts.Weights:
        return {key: value for key, value in deca.items() if key != name}

    changes = {
        r"lacks E_flame\.encoder\.layer2\.0\.conv1\.weight": without("encoder.layer2.0.conv1.weight"),
        r"unexpected E_flame\.encoder\.fc\.bias": deca | {"encoder.fc.bias": torch.zeros(4)},
        r"misshapen E_flame\.layers\.2\.bias": deca | {"layers.2.bias": torch.zeros(4)},
        r"no finite numbers in E_flame\.layers\.2\.bias": deca | {"layers.2.bias": torch.full((236,), torch.nan)},
    }
    for sentence, weights in changes.items():
        with pytest.raises(Refusal, match=sentence):
            read_encoder(saved(tmp_path / "deca.tar", {"E_flame": weights}))


class Attack:
    def __reduce__(self):
        return exec, ("raise SystemExit",)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_hostile_pickle_is_refused_by_the_name_of_what_it_tried(tmp_path, zipped):
    path = tmp_path / "SMIRK_em1.pt"
    torch.save({"a": torch.zeros(2), "b": Attack()}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(Refusal, match=r"asks to run \S*exec") as refused:
        read_encoder(path)
    assert refused.value.code == "encoder-untrusted"


@pytest.mark.parametrize(
    "content", [[1, 2], {}, {"model": torch.zeros(3)}, {"state_dict": {"net.weight": torch.zeros(3)}}]
)
def test_other_checkpoints_are_refused_with_a_cure(tmp_path, content):
    with pytest.raises(Refusal, match=r"see third_party/README\.md"):
        read_encoder(saved(tmp_path / "other.pt", content))


def test_bytes_that_are_no_checkpoint_are_refused(tmp_path, deca):
    path = saved(tmp_path / "deca.tar", {"E_flame": deca})
    whole = path.read_bytes()
    for content in (b"", b"PK\x03\x04", whole[: len(whole) // 2], pickle.dumps([1]), b"GIF89a"):
        path.write_bytes(content)
        with pytest.raises(Refusal, match=r"damaged|no checkpoint|no weights"):
            read_encoder(path)
    with pytest.raises(Refusal, match="absent"):
        read_encoder(tmp_path / "none.tar")


def test_a_tensor_that_claims_more_than_the_file_holds_is_refused(tmp_path):
    with pytest.raises(Refusal, match="does not hold weights by name"):
        read_encoder(saved(tmp_path / "bomb.pt", {"a": torch.zeros(1).expand(1 << 40)}))
