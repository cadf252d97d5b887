"""The published network of speech with random weights, as its authors' program saves it."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from backend.networks.speech_codes import CODE, EXPRESSION, JAW, SpeechCodes
from third_party.speech.wav2vec_folder import NEEDED


def speech_weights(seed: int = 0) -> dict[str, Tensor]:
    """By name, 115 of them."""
    torch.manual_seed(seed)
    return {name: value.clone() for name, value in SpeechCodes().state_dict().items()}


def speech_content(weights: dict[str, Tensor]) -> dict[str, object]:
    """What the file holds. Expressions are within 2 standard deviations, the jaw within 0.4 radians."""
    low, high = torch.full((CODE,), -2.0), torch.full((CODE,), 2.0)
    low[EXPRESSION:], high[EXPRESSION:] = -0.1, 0.1
    low[JAW], high[JAW] = 0.0, 0.4
    settings = [7, CODE, "wav2vec2-base", 0.1, None, 0]
    norm = {"min": low, "max": high}
    return {"model": weights, "epoch": 99, "model-config": settings, "trainer-config": {"lr": 1e-3}, "norm": norm}


def owned_talker(folder: Path, seed: int = 0) -> Path:
    """A checkpoint in folder."""
    torch.save(speech_content(speech_weights(seed)), folder / "tf_emo_4.pth")
    return folder / "tf_emo_4.pth"


def owned_wav2vec(folder: Path, front: dict[str, Tensor], pickled: bool = False, prefix: str = "wav2vec2.") -> Path:
    """A folder of wav2vec 2.0 with these convolutions and a part of its transformer."""
    folder.mkdir(exist_ok=True)
    weights = {f"{prefix}feature_extractor.{name}": value.contiguous() for name, value in front.items()}
    weights[f"{prefix}encoder.layer_norm.weight"] = torch.ones(768)
    (folder / "config.json").write_text(json.dumps({"model_type": "wav2vec2", **NEEDED}))
    if pickled:
        torch.save(weights, folder / "pytorch_model.bin")
    else:
        save_file(weights, folder / "model.safetensors")
    return folder
