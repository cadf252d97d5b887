"""The network of Neural Face Skinning (NFS), with the architecture and the state dict of the published checkpoints.

Sources: Cha et al. 2025 (arXiv 2505.22416); the texture encoder of NFR (Qin et al. 2023); DiffusionNet (Sharp et al.
2022). The attributes have the names that the state dict has, which is an interface. Everything is for inference:
dropout, which is part of the published training, has no weights and is left out.
"""

from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from backend.networks.diffusion_net import SurfaceTensors

WIDTH = 256
BLOCKS = 4
EIGENPAIRS = 128
CODE = 128
"""Length of the expression code, of the identity code and of the image feature."""

FACS = 53
"""The first numbers of an expression code are the weights of ICT-FaceKit's shapes, in its order; the rest is free."""

POINT = 6
"""Numbers per vertex beside the image feature: position and normal."""

PICTURE = 256
"""Pixels of the picture's side; the texture encoder's eight halvings leave one."""

GROUPS = 32


class Convolution(nn.Conv2d):
    """A 4 x 4 convolution of stride 2 whose kernel is divided by the norm of the whole kernel tensor, and multiplied by
    a gain g per output channel."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, kernel_size=4, stride=2, padding=1)
        self.g = nn.Parameter(torch.ones(outputs))

    def forward(self, input: Tensor) -> Tensor:
        kernel = self.weight * (self.g / self.weight.norm())[:, None, None, None]
        return functional.leaky_relu(functional.conv2d(input, kernel, self.bias, self.stride, self.padding), 0.2)


class Stage(nn.Sequential):
    """Two convolutions: a quarter of the picture's side."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(OrderedDict(conv1=Convolution(inputs, outputs), conv2=Convolution(outputs, outputs)))


class TextureEncoder(nn.Module):
    """A picture (b, 3, 256, 256) to (b, 128)."""

    def __init__(self) -> None:
        super().__init__()
        self.downsample = nn.Sequential(Stage(3, 16), Stage(16, 32), Stage(32, 64), Stage(64, CODE))

    def forward(self, picture: Tensor) -> Tensor:
        return self.downsample(picture).flatten(1)


class Block(nn.Module):
    """One DiffusionNet block as published: no normalisation, ReLU, diffusion times that are stored as they are."""

    def __init__(self) -> None:
        super().__init__()
        self.diffusion = nn.ParameterDict({"diffusion_time": torch.zeros(WIDTH)})
        self.gradient_features = nn.ModuleDict(
            {"A_re": nn.Linear(WIDTH, WIDTH, bias=False), "A_im": nn.Linear(WIDTH, WIDTH, bias=False)}
        )
        layers = OrderedDict[str, nn.Module]()
        for number, inputs in enumerate((3 * WIDTH, WIDTH, WIDTH)):
            layers[f"miniMLP_mlp_layer_{number:03d}"] = nn.Linear(inputs, WIDTH)
            layers[f"miniMLP_mlp_act_{number:03d}"] = nn.ReLU()
        layers.popitem()
        self.mlp = nn.Sequential(layers)

    def forward(self, features: Tensor, surface: SurfaceTensors) -> Tensor:
        time = self.diffusion["diffusion_time"].clamp(min=1e-8)
        spectrum = surface.evecs.T @ (surface.mass[:, None] * features)
        diffused = surface.evecs @ (torch.exp(-surface.evals[:, None] * time) * spectrum)
        gradient = surface.gradient @ diffused.to(surface.gradient.device)
        along, across = gradient.to(features.device).view(len(features), 2, -1).unbind(1)
        real, imaginary = self.gradient_features["A_re"], self.gradient_features["A_im"]
        dots = along * (real(along) - imaginary(across)) + across * (real(across) + imaginary(along))
        return features + self.mlp(torch.cat([features, diffused, torch.tanh(dots)], dim=1))


class DiffusionNet(nn.Module):
    """(n, inputs) to (n, outputs)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first_lin = nn.Linear(inputs, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.last_lin = nn.Linear(WIDTH, outputs)

    def forward(self, features: Tensor, surface: SurfaceTensors) -> Tensor:
        hidden = self.first_lin(features)
        for block in self.blocks:
            hidden = block(hidden, surface)
        return self.last_lin(hidden)


class Encoder(nn.Module):
    """A DiffusionNet whose outputs stay at the vertices, (n, outputs)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.dfn = DiffusionNet(inputs, outputs)

    def forward(self, features: Tensor, surface: SurfaceTensors) -> Tensor:
        return self.dfn(features, surface)


class GlobalEncoder(Encoder):
    """A DiffusionNet whose outputs are averaged over the surface, weighted by area: (outputs,)."""

    def forward(self, features: Tensor, surface: SurfaceTensors) -> Tensor:
        return (surface.mass[:, None] * self.dfn(features, surface)).sum(0) / surface.mass.sum()


class SkinningDecoder(nn.Module):
    """Offsets (n, 3) from a gated expression code. The group norms take their statistics over eight channels of all
    vertices, each vertex counting the same, so that the density of the mesh anywhere shows everywhere."""

    def __init__(self, inputs: int, segments: int) -> None:
        super().__init__()
        widths = (inputs + 2 * CODE, *6 * (WIDTH,))
        self.linears = nn.ModuleList(nn.Linear(width, WIDTH, bias=False) for width in widths)
        self.gns = nn.ModuleList(nn.GroupNorm(GROUPS, WIDTH) for _ in widths)
        self.linear_out = nn.Linear(WIDTH, 3)
        self.skinning_layer = nn.Sequential(
            nn.Linear(segments, WIDTH, bias=False),
            nn.ReLU(),
            nn.Linear(WIDTH, WIDTH, bias=False),
            nn.ReLU(),
            nn.Linear(WIDTH, CODE, bias=False),
        )

    def forward(self, features: Tensor, expression: Tensor, gate: Tensor, identity: Tensor) -> Tensor:
        hidden = torch.cat([features, gate * expression, identity.expand(len(features), -1)], dim=1)
        for linear, norm in zip(self.linears, self.gns, strict=True):
            hidden = functional.relu(norm(linear(hidden).T[None])[0].T)
        return self.linear_out(hidden)


@dataclass(frozen=True)
class HeadTensors:
    """What the network sees of one neutral head of n vertices. points: (n, 6) positions in NFS's units and unit
    normals. surface: its operators. picture: (3, 256, 256) normalised, or None for a design without the image
    branch."""

    points: Tensor
    surface: SurfaceTensors
    picture: Tensor | None


@dataclass(frozen=True)
class TargetCode:
    """All that the decoder needs of a head that is to move. features: (n, 134 or 6). gate: (n, 128), unbounded.
    identity: (128,)."""

    features: Tensor
    gate: Tensor
    identity: Tensor


class NfsNetwork(nn.Module):
    """Design new2, with the image branch, or new1, without it; `segments` classes of skin; displacements or positions.

    retarget: an expression code from one head (encode_expression) and a target from another (encode_target), decoded.
    """

    def __init__(self, image: bool, segments: int) -> None:
        super().__init__()
        inputs = POINT + (CODE if image else 0)
        self.img_encoder = TextureEncoder() if image else None
        self.img_fc = nn.Linear(CODE, CODE) if image else None
        self.mesh_id_encoder = GlobalEncoder(inputs, CODE)
        self.mesh_exp_encoder = GlobalEncoder(inputs, CODE)
        self.mesh_seg_encoder = Encoder(inputs, segments)
        self.mesh_decoder = SkinningDecoder(inputs, segments)

    def features(self, points: Tensor, picture: Tensor | None) -> Tensor:
        """(n, 134), or (n, 6) without the image branch: every vertex gets the same image feature."""
        if self.img_encoder is None or self.img_fc is None:
            return points
        if picture is None:
            raise ValueError("a design with the image branch needs a picture")
        image = self.img_fc(self.img_encoder(picture[None]))
        return torch.cat([points, image.expand(len(points), -1)], dim=1)

    def encode_expression(self, points: Tensor, neutral: HeadTensors) -> Tensor:
        """(128,) from points (n, 6) of the head with an expression; the operators and the picture are the neutral's."""
        return self.mesh_exp_encoder(self.features(points, neutral.picture), neutral.surface)

    def encode_target(self, neutral: HeadTensors) -> TargetCode:
        """The target's features, gate and identity. The gate is made from the raw logits of the segments."""
        features = self.features(neutral.points, neutral.picture)
        gate = self.mesh_decoder.skinning_layer(self.mesh_seg_encoder(features, neutral.surface))
        return TargetCode(features, gate, self.mesh_id_encoder(features, neutral.surface))

    def decode(self, target: TargetCode, expression: Tensor) -> Tensor:
        """(n, 3) in NFS's units, from an expression code (128,)."""
        return self.mesh_decoder(target.features, expression, target.gate, target.identity)
