"""wav2vec 2.0 as Hugging Face publishes it: a folder of settings and weights, of which its convolutions are read."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from backend.errors import Refusal
from backend.networks.wav2vec_front import CHANNELS, KERNELS, STRIDES, first_layers
from third_party.torch_file import read_content, tensors

MAX_BYTES = 4 << 30
"""The base model is 380 MB, the large ones 1.3 GB."""

MAX_CONFIG_BYTES = 1 << 20
CONFIG, SAFE, PICKLED = "config.json", "model.safetensors", "pytorch_model.bin"

CURE = f"Give the folder of wav2vec2-base as it was published, with {CONFIG} and {SAFE} or {PICKLED}."

NEEDED: dict[str, object] = {
    "conv_dim": [CHANNELS] * len(KERNELS),
    "conv_kernel": list(KERNELS),
    "conv_stride": list(STRIDES),
    "conv_bias": False,
    "feat_extract_norm": "group",
    "feat_extract_activation": "gelu",
}
"""Settings of the base model; they are also what is meant where config.json says nothing."""


def read_front(folder: Path) -> dict[str, Tensor]:
    """The weights of the convolutions, by Wav2vecFront's names; not yet compared with these. Raises Refusal for a
    folder without the files, a model of another kind, and files that are too large, damaged or would run code."""
    if not folder.is_dir():
        raise Refusal("wav2vec-folder", f"There is no folder {folder}.", CURE)
    _check_settings(_settings(folder / CONFIG))
    safe = folder / SAFE
    if not safe.is_file() and not (folder / PICKLED).is_file():
        raise Refusal("wav2vec-folder", f"{folder} has no {SAFE} and no {PICKLED}.", CURE)
    found = first_layers(_safe(safe) if safe.is_file() else _pickled(folder / PICKLED))
    if not found:
        raise Refusal("wav2vec-folder", f"The weights in {folder} are not those of a wav2vec 2.0.", CURE)
    return found


def _settings(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            content = json.loads(stream.read(MAX_CONFIG_BYTES))
    except FileNotFoundError as error:
        raise Refusal("wav2vec-folder", f"{path.parent} has no {CONFIG}.", CURE) from error
    except (OSError, ValueError, RecursionError) as error:
        raise Refusal("wav2vec-folder", f"{path} is damaged ({type(error).__name__}).", CURE) from error
    if not isinstance(content, dict):
        raise Refusal("wav2vec-folder", f"{path} does not hold settings by name.", CURE)
    return content


def _check_settings(settings: dict[str, Any]) -> None:
    kind = settings.get("model_type", "wav2vec2")
    if kind != "wav2vec2":
        raise Refusal("wav2vec-kind", f"The folder holds a model of the kind {str(kind)[:40]!r}.", CURE)
    other = [name for name, value in NEEDED.items() if settings.get(name, value) != value]
    if other:
        raise Refusal("wav2vec-kind", f"The folder holds another wav2vec 2.0: it differs in {', '.join(other)}.", CURE)


def _safe(path: Path) -> dict[str, Tensor]:
    """Of a .safetensors, the tensors that first_layers takes; the others stay on the disk."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Refusal("wav2vec-folder", f"{path} is larger than any wav2vec 2.0.", CURE)
        with safe_open(path, framework="pt") as stored:
            return {name: stored.get_tensor(name) for name in stored.keys() if "feature_extractor." in name}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise Refusal("wav2vec-folder", f"{path} is damaged or cut short.", CURE) from error


def _pickled(path: Path) -> dict[str, Tensor]:
    return tensors(read_content(path, MAX_BYTES, "wav2vec", CURE), path, "wav2vec", CURE)
