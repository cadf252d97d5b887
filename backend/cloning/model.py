"""The trained cloning network, loaded once."""

from functools import cache
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file

from backend.errors import Refusal
from backend.networks.cloning_net import CloningConfig, CloningNet, describe

WEIGHTS = Path(__file__).resolve().parents[1] / "weights" / "cloning.safetensors"


@cache
def cloning_network(device: str = "cpu", path: Path = WEIGHTS) -> CloningNet:
    """The network with its trained weights, ready to evaluate. Raises Refusal where the file is missing or not ours."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            config = CloningConfig(**{name: int(metadata[name]) for name in describe(CloningConfig())})
            weights = load_file(path)
        network = CloningNet(config)
        network.load_state_dict(weights)
    except (OSError, SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise Refusal(
            "no-model", f"The cloning model cannot be loaded ({error}).", "Reinstall the extension, or run the doctor."
        ) from error
    network.requires_grad_(False)
    return network.eval().to(torch.device(device))
