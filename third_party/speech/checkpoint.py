"""A checkpoint of the published network of speech: recognised by what is in the file, loaded to the last weight."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from backend.errors import Refusal
from backend.networks.speech_codes import CODE, SpeechCodes
from backend.networks.wav2vec_front import Wav2vecFront
from third_party.speech.wav2vec_folder import CURE as WAV2VEC_CURE
from third_party.speech.wav2vec_folder import read_front
from third_party.torch_file import load_strictly, read_content, tensors

MAX_BYTES = 1 << 30
"""Unpacked. The weights are 23 MB; a training may have left its optimisers beside them."""

FRONT = "fea_extractor."
MARKS = ("style_layer.mask_ebd", "emo_ebd_layer.style_embedding")
"""Weights that no other network has."""

CURE = "Take a checkpoint of the published network (models/tf_emo_4/saved_model/*.pth); see third_party/README.md."


@dataclass(frozen=True)
class Talker:
    """network: ready to evaluate. low, high: (56,) float32, what -1 and 1 of its codes stand for."""

    network: SpeechCodes
    low: np.ndarray
    high: np.ndarray


def read_talker(path: Path, wav2vec: Path | None = None, device: torch.device | str = "cpu") -> Talker:
    """The network of a checkpoint. wav2vec: the folder of wav2vec 2.0 whose convolutions it hears with, instead of
    those in the file; a file without any needs it.

    Raises Refusal for a file that is absent, too large, damaged or of another program, that would run code, for keys or
    shapes that are not those of the published network, by their names, and for a file without the range of its codes.
    """
    content = read_content(path, MAX_BYTES, "speech", CURE)
    if not isinstance(content, dict) or not isinstance(content.get("model"), dict):
        raise Refusal("speech-checkpoint", f"{path.name} holds no weights under the name model.", CURE)
    named = tensors(content["model"], path, "speech", CURE)
    weights = {name.removeprefix("module."): value for name, value in named.items()}
    if not all(mark in weights for mark in MARKS):
        raise Refusal("speech-checkpoint", f"{path.name} is no checkpoint of the published network of speech.", CURE)
    if wav2vec is not None:
        own = {name: value for name, value in weights.items() if not name.startswith(FRONT)}
        weights = own | {FRONT + name: value for name, value in read_front(wav2vec).items()}
    elif not any(name.startswith(FRONT) for name in weights):
        raise Refusal(
            "no-wav2vec",
            f"{path.name} does not hold the convolutions of wav2vec 2.0 that it hears with.",
            "Add --wav2vec FOLDER, the folder of wav2vec2-base.",
        )
    low, high = _range(content, path)
    with torch.device("meta"):
        network = SpeechCodes()
    load_strictly(network, weights, "speech", CURE, "The checkpoint")
    return Talker(network.to(device), low, high)


def new_network(wav2vec: Path, seed: int) -> SpeechCodes:
    """The network with random weights that hears with the convolutions of a folder of wav2vec 2.0. Raises Refusal."""
    torch.manual_seed(seed)
    network, front = SpeechCodes(), Wav2vecFront()
    load_strictly(front, read_front(wav2vec), "wav2vec", WAV2VEC_CURE, "The folder of wav2vec 2.0")
    network.fea_extractor = front
    return network


def _range(content: dict[str, Any], path: Path) -> tuple[np.ndarray, np.ndarray]:
    """(56,) least and most of every code."""
    for found in _candidates(content):
        ends = [found.get("min"), found.get("max")]
        if all(isinstance(one, Tensor) for one in ends):
            by_name = tensors(dict(zip(("min", "max"), ends, strict=True)), path, "speech", CURE)
            low, high = (value.float().flatten().numpy() for value in by_name.values())
            if low.shape == high.shape == (CODE,) and np.isfinite([low, high]).all() and (low <= high).all():
                return low, high
    raise Refusal("speech-checkpoint", f"{path.name} does not say what range its {CODE} codes have.", CURE)


def _candidates(content: dict[str, Any]) -> Iterator[dict[Any, Any]]:
    """Where versions of the authors' program keep the range."""
    settings = content.get("model-config")
    values = settings.values() if isinstance(settings, dict) else settings if isinstance(settings, list) else ()
    for one in (content.get("norm"), *values):
        if isinstance(one, dict):
            yield one
