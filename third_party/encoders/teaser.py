"""TEASER's encoder (2025): SMIRK's three networks, and one that describes how the face looks by four tokens."""

import torch
from torch import Tensor, nn

from third_party.encoders.mobilenet import MobileNet
from third_party.encoders.smirk import SmirkEncoder

TOKEN = 256
SEEN = (576, 192, 384, 1024)
"""Numbers that each token is made of: a map's channels times the places that it is averaged to, the deepest first."""


class TeaserEncoder(SmirkEncoder):
    """SMIRK's encoder with tokens."""

    def __init__(self, shapes: int = 300, expressions: int = 50) -> None:
        super().__init__(shapes, expressions)
        self.token_encoder = TokenEncoder()

    def tokens(self, pictures: Tensor) -> Tensor:
        """(4, B, 256) of pictures (B, 3, 224, 224) in 0..1, the coarsest first."""
        return self.token_encoder(pictures)


class TokenEncoder(nn.Module):
    """(4, B, 256) of pictures (B, 3, 224, 224): every map of a backbone averaged to 1, 2, 4 or 8 places a side."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = MobileNet("small")
        self.token_layers = nn.ModuleList(nn.Sequential(nn.Linear(seen, TOKEN)) for seen in SEEN)

    def forward(self, pictures: Tensor) -> Tensor:
        """See the class."""
        maps = self.encoder(pictures)[::-1]
        averaged = [
            nn.functional.adaptive_avg_pool2d(seen, 2**step).flatten(1) for step, seen in enumerate(maps[: len(SEEN)])
        ]
        return torch.stack([layer(seen) for layer, seen in zip(self.token_layers, averaged, strict=True)])
