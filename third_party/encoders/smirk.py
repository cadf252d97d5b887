"""SMIRK (Retsinas et al. 2024): three small networks, for pose and camera, for the shape, and for the expression."""

from torch import Tensor, nn

from third_party.encoders.mobilenet import WIDTH, MobileNet, Size
from third_party.encoders.outputs import Outputs

EXPRESSIONS, EYELIDS = 50, 2
SIDEWAYS = 0.2
"""Radians that the jaw may turn to a side or roll at most."""


class Head(nn.Module):
    """A backbone and one linear layer on what it saw on average. name: the layer's, as the files have it."""

    def __init__(self, size: Size, name: str, outputs: int) -> None:
        super().__init__()
        self.encoder = MobileNet(size)
        self.add_module(name, nn.Sequential(nn.Linear(WIDTH[size], outputs)))
        self._name = name

    def forward(self, pictures: Tensor) -> Tensor:
        """(B, outputs) of pictures (B, 3, 224, 224) in 0..1."""
        return self.get_submodule(self._name)(self.encoder(pictures)[-1].mean((2, 3)))


class SmirkEncoder(nn.Module):
    """FLAME's codes of pictures (B, 3, 224, 224) in 0..1, red first. shapes: components of the identity."""

    def __init__(self, shapes: int = 300, expressions: int = EXPRESSIONS) -> None:
        super().__init__()
        self.pose_encoder = Head("small", "pose_cam_layers", 6)
        self.shape_encoder = Head("large", "shape_layers", shapes)
        self.expression_encoder = Head("large", "expression_layers", expressions + EYELIDS + 3)
        self._expressions = expressions

    def forward(self, pictures: Tensor) -> Outputs:
        """See Outputs."""
        pose = self.pose_encoder(pictures)
        expression, lids, jaw = self.expression_encoder(pictures).split([self._expressions, EYELIDS, 3], 1)
        held = jaw.clamp(-SIDEWAYS, SIDEWAYS)
        held[:, 0] = jaw[:, 0].relu()
        return Outputs(
            identity=self.shape_encoder(pictures),
            expression=expression,
            root=pose[:, :3],
            jaw=held,
            eyelids=lids.clamp(0, 1),
            camera=pose[:, 3:],
        )
