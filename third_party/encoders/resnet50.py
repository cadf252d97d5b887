"""ResNet-50 (He et al. 2016) with two linear layers behind it: DECA's and EMOCA's encoders."""

from torch import Tensor, nn

STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
"""Inner channels, blocks, and the stride of the first block."""

WIDER = 4
FEATURES, HIDDEN = 2048, 1024


class ResnetEncoder(nn.Module):
    """Codes (B, outputs) of pictures (B, 3, 224, 224) in 0..1."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.encoder = Resnet50()
        self.layers = nn.Sequential(nn.Linear(FEATURES, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, outputs))

    def forward(self, pictures: Tensor) -> Tensor:
        """See the class."""
        return self.layers(self.encoder(pictures))


class Resnet50(nn.Module):
    """Features (B, 2048) of pictures (B, 3, H, W), averaged over the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        channels = 64
        for number, (inner, blocks, stride) in enumerate(STAGES, 1):
            first = Bottleneck(channels, inner, stride)
            channels = WIDER * inner
            rest = [Bottleneck(channels, inner, 1) for _ in range(blocks - 1)]
            self.add_module(f"layer{number}", nn.Sequential(first, *rest))

    def forward(self, pictures: Tensor) -> Tensor:
        """See the class."""
        seen = self.maxpool(self.bn1(self.conv1(pictures)).relu())
        for number in range(1, len(STAGES) + 1):
            seen = self.get_submodule(f"layer{number}")(seen)
        return seen.mean((2, 3))


class Bottleneck(nn.Module):
    """1 x 1, 3 x 3 (with the stride) and 1 x 1 convolutions beside a shortcut."""

    def __init__(self, channels: int, inner: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, WIDER * inner, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(WIDER * inner)
        self.downsample = None
        if stride != 1 or channels != WIDER * inner:
            shortcut = nn.Conv2d(channels, WIDER * inner, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(WIDER * inner))

    def forward(self, seen: Tensor) -> Tensor:
        """(B, 4 inner, H / stride, W / stride)."""
        kept = seen if self.downsample is None else self.downsample(seen)
        narrow = self.bn1(self.conv1(seen)).relu()
        narrow = self.bn2(self.conv2(narrow)).relu()
        return (self.bn3(self.conv3(narrow)) + kept).relu()
