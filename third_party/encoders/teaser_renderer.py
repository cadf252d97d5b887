"""TEASER's renderer (2025): from a drawn mesh, the photograph around it and four tokens to a picture of the face.

A U-Net (Ronneberger et al. 2015) whose blocks take on a token's statistics (AdaIN, Huang and Belongie 2017), beside a
decoder that unfolds the tokens themselves into maps.
"""

import torch
from torch import Tensor, nn

from third_party.encoders.teaser import TOKEN

BASE, RESIDUAL_BLOCKS = 32, 5
LEVELS = 4
FIRST_SIDE = 14
"""Side of the map that the tokens are unfolded to first."""


class TeaserRenderer(nn.Module):
    """Pictures (B, 3, 224, 224) in 0..1 of drawn meshes beside photographs (B, 6, 224, 224) in 0..1 and tokens
    (4, B, 256), the coarsest first."""

    def __init__(self) -> None:
        super().__init__()
        channels = 6
        for level in range(1, LEVELS + 1):
            leaving = BASE << (level - 1)
            self.add_module(f"encoder{level}", TokenBlock(channels, leaving))
            self.add_module(f"upconv{level}", nn.ConvTranspose2d(2 * leaving, leaving, 2, 2))
            self.add_module(f"decoder{level}", TokenBlock(2 * leaving, leaving))
            self.add_module(f"token_zero_conv_{level}", nn.Conv2d(leaving, leaving, 1))
            channels = leaving
        self.bottleneck = TokenBlock(channels, 2 * channels)
        self.resnet_blocks = nn.ModuleList(Residual(2 * channels) for _ in range(RESIDUAL_BLOCKS))
        self.conv = nn.Conv2d(BASE, 3, 1)
        self.token_decoder = TokenDecoder()

    def forward(self, drawn: Tensor, tokens: Tensor) -> Tensor:
        """See the class."""
        kept, seen = [], drawn
        for level in range(1, LEVELS + 1):
            seen = self.get_submodule(f"encoder{level}")(seen, tokens[LEVELS - level])
            kept.append(seen)
            seen = nn.functional.max_pool2d(seen, 2)
        seen = self.bottleneck(seen, tokens[0])
        for block in self.resnet_blocks:
            seen = block(seen)
        unfolded = self.token_decoder(torch.cat(tuple(tokens.flip(0)), 1))
        for level in range(LEVELS, 0, -1):
            seen = torch.cat([self.get_submodule(f"upconv{level}")(seen), kept[level - 1]], 1)
            seen = self.get_submodule(f"decoder{level}")(seen, tokens[LEVELS - level])
            seen = seen + self.get_submodule(f"token_zero_conv_{level}")(unfolded[LEVELS - level])
        return self.conv(seen).sigmoid()


class TokenBlock(nn.Module):
    """Two 3 x 3 convolutions, each normalised over the batch and then by a token."""

    def __init__(self, channels: int, leaving: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, leaving, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(leaving)
        self.adain1 = TokenNorm(leaving)
        self.conv2 = nn.Conv2d(leaving, leaving, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(leaving)
        self.adain2 = TokenNorm(leaving)

    def forward(self, seen: Tensor, token: Tensor) -> Tensor:
        """(B, leaving, H, W)."""
        seen = self.adain1(self.norm1(self.conv1(seen)), token).relu()
        return self.adain2(self.norm2(self.conv2(seen)), token).relu()


class TokenNorm(nn.Module):
    """Maps without their own mean and spread, with those that a token (B, 256) asks for."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mlp_shared = nn.Sequential(nn.Linear(TOKEN, 128), nn.ReLU())
        self.mlp_gamma = nn.Linear(128, channels)
        self.mlp_beta = nn.Linear(128, channels)

    def forward(self, seen: Tensor, token: Tensor) -> Tensor:
        """(B, channels, H, W)."""
        shared = self.mlp_shared(token)
        gain, offset = (layer(shared)[..., None, None] for layer in (self.mlp_gamma, self.mlp_beta))
        return nn.functional.instance_norm(seen) * (1 + gain) + offset


class Residual(nn.Module):
    """Two 3 x 3 convolutions, mirrored at the border, beside a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(2):
            layers += [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3, bias=False), nn.BatchNorm2d(channels)]
            layers.append(nn.ReLU())
        self.conv_block = nn.Sequential(*layers[:-1])

    def forward(self, seen: Tensor) -> Tensor:
        """(B, channels, H, W)."""
        return seen + self.conv_block(seen)


class TokenDecoder(nn.Module):
    """Maps of 256, 128, 64 and 32 channels, 28 to 224 pixels a side, of four tokens in a row (B, 1024), the finest
    first."""

    def __init__(self) -> None:
        super().__init__()
        widest = BASE << (LEVELS - 1)
        flat = [nn.Linear(LEVELS * TOKEN, widest * FIRST_SIDE**2), nn.Unflatten(1, (widest, FIRST_SIDE, FIRST_SIDE))]
        self.decoder_1 = nn.Sequential(*flat, *_doubled(widest, widest))
        self.decoder_2 = nn.Sequential(*_doubled(widest, widest // 2))
        self.decoder_3 = nn.Sequential(*_doubled(widest // 2, widest // 4))
        last = [nn.Conv2d(BASE, BASE, 3, padding=1), nn.Tanh()]
        self.decoder_4 = nn.Sequential(*_doubled(widest // 4, widest // 8), *last)

    def forward(self, tokens: Tensor) -> list[Tensor]:
        """See the class."""
        first = self.decoder_1(tokens)
        second = self.decoder_2(first)
        third = self.decoder_3(second)
        return [first, second, third, self.decoder_4(third)]


def _doubled(channels: int, leaving: int) -> list[nn.Module]:
    """Layers that double the side of a map."""
    larger = nn.Upsample(scale_factor=2, mode="bilinear")
    return [larger, nn.Conv2d(channels, leaving, 3, padding=1), nn.BatchNorm2d(leaving), nn.ReLU()]
