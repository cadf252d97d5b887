"""MICA (Zielonka et al. 2022): the shape of a head, in metres, from what a network for recognising people sees."""

from torch import Tensor, nn

from third_party.encoders.iresnet import FEATURES, ArcFace
from third_party.encoders.outputs import Outputs

IDENTITY, LAYERS = 300, 4
SLOPE = 0.2


class MicaEncoder(nn.Module):
    """FLAME's identity of aligned faces (B, 3, 112, 112) in 0..1, red first."""

    def __init__(self) -> None:
        super().__init__()
        self.arcface = ArcFace()
        self.regressor = Mapping()

    def forward(self, faces: Tensor) -> Outputs:
        """See Outputs."""
        seen = self.arcface(2 * faces - 1)
        return Outputs(identity=self.regressor(nn.functional.normalize(seen)))


class Mapping(nn.Module):
    """(B, 300) of unit vectors (B, 512)."""

    def __init__(self) -> None:
        super().__init__()
        widths = (FEATURES, *[IDENTITY] * (LAYERS - 1))
        self.network = nn.ModuleList(nn.Linear(width, IDENTITY) for width in widths)
        self.output = nn.Linear(IDENTITY, IDENTITY)

    def forward(self, seen: Tensor) -> Tensor:
        """See the class."""
        for layer in self.network:
            seen = nn.functional.leaky_relu(layer(seen), SLOPE)
        return self.output(seen)
