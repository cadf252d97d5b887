"""DECA (Feng et al. 2021) and EMOCA (Danecek et al. 2022): one ResNet-50 for everything, in EMOCA a second one for the
expression. What they say of details, textures and light is not read: an animator has no use for it."""

from torch import Tensor, nn

from third_party.encoders.outputs import Outputs
from third_party.encoders.resnet50 import ResnetEncoder

PARTS = {"identity": 100, "texture": 50, "expression": 50, "pose": 6, "camera": 3, "light": 27}
"""Numbers of DECA's code, in order; the pose is the root's rotation, then the jaw's."""

CODE = sum(PARTS.values())


class DecaEncoder(nn.Module):
    """FLAME's codes of pictures (B, 3, 224, 224) in 0..1, red first.

    expression: outputs of EMOCA's second network, None for DECA: 50 components, then where there are more the jaw's
    three, then the root's three.
    """

    def __init__(self, expression: int | None = None) -> None:
        super().__init__()
        self.E_flame = ResnetEncoder(CODE)
        self.E_expression = None if expression is None else ResnetEncoder(expression)

    def forward(self, pictures: Tensor) -> Outputs:
        """See Outputs."""
        code = dict(zip(PARTS, self.E_flame(pictures).split(list(PARTS.values()), 1), strict=True))
        root, jaw, expression = code["pose"][:, :3], code["pose"][:, 3:], code["expression"]
        if self.E_expression is not None:
            told = self.E_expression(pictures)
            expression = told[:, : PARTS["expression"]]
            rest = told[:, PARTS["expression"] :]
            jaw = rest[:, :3] if rest.shape[1] else jaw
            root = rest[:, 3:] if rest.shape[1] > 3 else root
        return Outputs(identity=code["identity"], expression=expression, root=root, jaw=jaw, camera=code["camera"])
