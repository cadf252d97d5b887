"""The convolutions that wav2vec 2.0 (Baevski et al. 2020) hears with, without the transformer that follows them."""

import torch
from torch import Tensor, nn

CHANNELS = 512
KERNELS = (10, 3, 3, 3, 3, 2, 2)
STRIDES = (5, 2, 2, 2, 2, 2, 2)
"""Of the base model, for sound at 16 kHz."""


class Wav2vecFront(nn.Module):
    """Features of sound. The names of its weights are those of Hugging Face's feature extractor."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_layers = nn.ModuleList(
            FrontLayer(1 if at == 0 else CHANNELS, kernel, stride, normed=at == 0)
            for at, (kernel, stride) in enumerate(zip(KERNELS, STRIDES, strict=True))
        )

    def forward(self, sound: Tensor) -> Tensor:
        """(B, n, 512) of sound (B, samples). Each row is normalised by itself: loudness makes little difference."""
        heard = sound[:, None]
        for layer in self.conv_layers:
            heard = layer(heard)
        return heard.transpose(1, 2)


class FrontLayer(nn.Module):
    """A convolution without bias and GELU; the first layer normalises every channel over time between them."""

    def __init__(self, entering: int, kernel: int, stride: int, normed: bool) -> None:
        super().__init__()
        self.conv = nn.Conv1d(entering, CHANNELS, kernel, stride, bias=False)
        self.layer_norm = nn.GroupNorm(CHANNELS, CHANNELS) if normed else nn.Identity()

    def forward(self, heard: Tensor) -> Tensor:
        """(B, 512, n) of (B, entering, samples)."""
        return nn.functional.gelu(self.layer_norm(self.conv(heard)))


def features(samples: int) -> int:
    """How many features a sound of so many samples has."""
    for kernel, stride in zip(KERNELS, STRIDES, strict=True):
        samples = (samples - kernel) // stride + 1
    return samples


def first_layers(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Of the weights of a whole wav2vec 2.0, those of its convolutions, by the names that Wav2vecFront has for them;
    empty where there are none."""
    marker = "feature_extractor."
    return {
        name.split(marker, 1)[1]: value
        for name, value in weights.items()
        if name.removeprefix("wav2vec2.").startswith(marker) and torch.is_tensor(value)
    }
