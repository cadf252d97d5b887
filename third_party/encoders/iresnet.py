"""ArcFace's network (Deng et al. 2019), a ResNet of pre-activated blocks with PReLU: what MICA sees faces with."""

from torch import Tensor, nn

STAGES = ((64, 3), (128, 13), (256, 30), (512, 3))
"""Channels and blocks; the first block of each halves the resolution."""

SIDE, FEATURES = 112, 512
"""Pixels of the aligned face, and numbers that describe it."""


class ArcFace(nn.Module):
    """What describes the person (B, 512) in aligned faces (B, 3, 112, 112), red first, in -1..1."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.prelu = nn.PReLU(64)
        channels = 64
        for number, (leaving, blocks) in enumerate(STAGES, 1):
            first = Block(channels, leaving, 2)
            rest = [Block(leaving, leaving, 1) for _ in range(blocks - 1)]
            self.add_module(f"layer{number}", nn.Sequential(first, *rest))
            channels = leaving
        self.bn2 = nn.BatchNorm2d(channels)
        self.fc = nn.Linear(channels * (SIDE // 16) ** 2, FEATURES)
        self.features = nn.BatchNorm1d(FEATURES)

    def forward(self, faces: Tensor) -> Tensor:
        """See the class."""
        seen = self.prelu(self.bn1(self.conv1(faces)))
        for number in range(1, len(STAGES) + 1):
            seen = self.get_submodule(f"layer{number}")(seen)
        return self.features(self.fc(self.bn2(seen).flatten(1)))


class Block(nn.Module):
    """Two 3 x 3 convolutions, normalised before, between and after, beside a shortcut."""

    def __init__(self, channels: int, leaving: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, leaving, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(leaving)
        self.prelu = nn.PReLU(leaving)
        self.conv2 = nn.Conv2d(leaving, leaving, 3, stride, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(leaving)
        self.downsample = None
        if stride != 1:
            shortcut = nn.Conv2d(channels, leaving, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(leaving))

    def forward(self, seen: Tensor) -> Tensor:
        """(B, leaving, H / stride, W / stride)."""
        kept = seen if self.downsample is None else self.downsample(seen)
        return self.bn3(self.conv2(self.prelu(self.bn2(self.conv1(self.bn1(seen)))))) + kept
