"""Weights of a small network of speech that has learnt nothing."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from backend.networks.phone_layout import LABELS, PhoneConfig, describe
from backend.networks.phone_net import PhoneNet

SMALL = PhoneConfig(width=16, dilations=(1, 3), delay=4)


def write_weights(path: Path, config: PhoneConfig = SMALL, **other: torch.Tensor) -> PhoneNet:
    """Writes a network with random weights, with other tensors in place of its own, and gives it back."""
    torch.manual_seed(0)
    network = PhoneNet(config)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
        network.answer.weight.mul_(3)
    count = len(LABELS)
    tables = {"follows": torch.rand(count, count)}
    save_file({**network.state_dict(), **tables, **other}, path, metadata=describe(config))
    return network
