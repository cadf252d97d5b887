"""The cloning network: for every vertex of an aligned neutral head, where it lies on the canonical head, which
part it belongs to, and how each of the 53 shapes moves it there."""

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from backend.geometry.mesh import PARTS
from backend.networks.diffusion_net import DiffusionNet, SurfaceTensors

UNIT = 0.1
"""Metres per unit of the network's positions: a head is of order one."""

CHANNEL_UNIT = 0.005
"""Metres per unit of the network's displacements."""


@dataclass(frozen=True)
class CloningConfig:
    """Sizes of the network; stored beside the weights."""

    width: int = 128
    blocks: int = 4
    segments: int = 24
    channels: int = 53
    identity: int = 32
    frequencies: int = 3


@dataclass(frozen=True)
class CloningInput:
    """aligned: (n, 3) vertices brought to the canonical frame by a similarity. warped: (n, 3) the same after the
    landmarks' thin-plate warp, or equal to aligned where no landmarks are known. normals: (n, 3) of aligned.
    known: whether landmarks are known. All metres, canonical frame."""

    aligned: Tensor
    warped: Tensor
    normals: Tensor
    known: bool


@dataclass(frozen=True)
class CloningOutput:
    """canonical: (n, 3) metres on the canonical head. parts: (n, len(PARTS)) logits. face: (n,) logit of moving at all.
    skinning: (n, segments), rows sum to one. shapes: (n, 53, 3) displacements in the canonical frame, metres, for the
    53 unit expression codes; exactly zero where the face mask is."""

    canonical: Tensor
    parts: Tensor
    face: Tensor
    skinning: Tensor
    shapes: Tensor


def face_mask(logit: Tensor) -> Tensor:
    """A sigmoid stretched so that it reaches exactly 0 and exactly 1."""
    return torch.clamp(1.2 * torch.sigmoid(logit) - 0.1, 0.0, 1.0)


class CloningNet(nn.Module):
    """The idea of NFS (Cha et al. 2025) with a linear decoder: per-vertex skinning weights over facial segments gate a
    global FACS code, and the decoder is linear in the gated code, so that the zero code is exactly zero and the
    unit codes are the shapes. An identity code, the face's own mean feature, tells the decoder whose face it is."""

    def __init__(self, config: CloningConfig) -> None:
        super().__init__()
        self.config = config
        inputs = 9 + 1 + 6 * config.frequencies
        self.encoder = DiffusionNet(inputs, config.width, config.width, config.blocks)
        self.geometry = nn.Linear(config.width, 3 + len(PARTS) + 1 + config.segments)
        self.identity = nn.Linear(config.width, config.identity)
        self.association = nn.Parameter(0.5 * torch.randn(config.segments, config.channels))
        self.decoder = nn.Sequential(
            nn.Linear(config.width + config.identity, 2 * config.width),
            nn.SiLU(),
            nn.Linear(2 * config.width, config.channels * 3),
        )

    def features(self, given: CloningInput) -> Tensor:
        """(n, inputs): positions, warp, normals, Fourier features of the warped position, whether landmarks are
        known."""
        warped = given.warped / UNIT
        waves = [
            wave(warped * (torch.pi * 2.0**octave))
            for octave in range(self.config.frequencies)
            for wave in (torch.sin, torch.cos)
        ]
        known = torch.full_like(warped[:, :1], float(given.known))
        shift = (given.warped - given.aligned) / UNIT
        return torch.cat([warped, shift, given.normals, known, *waves], dim=1)

    def locate(self, given: CloningInput, surface: SurfaceTensors) -> tuple[Tensor, Tensor]:
        """forward's canonical (n, 3) and face (n,) alone."""
        geometry = self.geometry(self.encoder(self.features(given), surface))
        return given.warped + UNIT * geometry[:, :3], geometry[:, 3 + len(PARTS)]

    def forward(self, given: CloningInput, surface: SurfaceTensors) -> CloningOutput:
        hidden = self.encoder(self.features(given), surface)
        offset, parts, face, segments = self.geometry(hidden).split([3, len(PARTS), 1, self.config.segments], dim=1)
        skinning = torch.softmax(segments, dim=1)
        mask = face_mask(face)
        weight = surface.mass[:, None] * mask
        mean = (weight * hidden).sum(0) / weight.sum().clamp(min=1e-9)
        identity = self.identity(mean).expand(len(hidden), -1)
        gate = skinning @ torch.sigmoid(self.association) * mask
        decoded = self.decoder(torch.cat([hidden, identity], dim=1)).view(len(hidden), -1, 3)
        return CloningOutput(
            canonical=given.warped + UNIT * offset,
            parts=parts,
            face=face[:, 0],
            skinning=skinning,
            shapes=CHANNEL_UNIT * gate[:, :, None] * decoded,
        )


def describe(config: CloningConfig) -> dict[str, int]:
    """The config as a flat dictionary, for the weights' metadata."""
    return asdict(config)
