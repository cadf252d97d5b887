"""From sound to phones: a causal network of dilated convolutions, which answers a little late to hear what follows."""

import torch
from torch import Tensor, nn

from backend.networks.phone_layout import SEEN, STRIDE, PhoneConfig
from backend.speech.log_mel import BANDS


class Block(nn.Module):
    """Three taps in the past and now, then a mixing, added to what came in."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.scale = nn.Parameter(torch.ones(width))
        self.taps = nn.Linear(3 * width, width)
        self.mix = nn.Linear(width, width)
        nn.init.normal_(self.mix.weight, std=0.5 * width**-0.5)
        nn.init.zeros_(self.mix.bias)

    def forward(self, hidden: Tensor) -> Tensor:
        """(B, T, width)."""
        scaled = normalised(hidden) * self.scale
        padded = nn.functional.pad(scaled, (0, 0, 2 * self.dilation, 0))
        count = hidden.shape[1]
        seen = torch.cat([padded[:, k * self.dilation :][:, :count] for k in range(3)], 2)
        return hidden + self.mix(nn.functional.relu(self.taps(seen)))


def normalised(hidden: Tensor) -> Tensor:
    """Each vector over its root mean square (Zhang and Sennrich 2019)."""
    return hidden * torch.rsqrt(hidden.square().mean(-1, keepdim=True) + 1e-6)


class PhoneNet(nn.Module):
    """See PhoneConfig."""

    def __init__(self, config: PhoneConfig) -> None:
        super().__init__()
        self.config = config
        self.entry = nn.Linear(SEEN * BANDS, config.width)
        self.blocks = nn.ModuleList([Block(config.width, dilation) for dilation in config.dilations])
        self.scale = nn.Parameter(torch.ones(config.width))
        self.answer = nn.Linear(config.width, STRIDE * config.phones)

    def forward(self, bands: Tensor) -> Tensor:
        """Logits (B, T, phones) of bands (B, T, BANDS), T even; those at t are for what sounded delay frames before."""
        count, frames, _ = bands.shape
        before = nn.functional.pad(bands, (0, 0, SEEN - STRIDE, 0))
        seen = before.unfold(1, SEEN, STRIDE).permute(0, 1, 3, 2).reshape(count, frames // STRIDE, SEEN * BANDS)
        hidden = self.entry(seen)
        for block in self.blocks:
            hidden = block(hidden)
        return self.answer(normalised(hidden) * self.scale).reshape(count, frames, self.config.phones)
