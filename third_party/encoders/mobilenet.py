"""MobileNetV3 (Howard et al. 2019), its minimal variant: no squeeze and excite, 3 x 3 kernels, ReLU everywhere.

As TensorFlow trained it and timm names its weights: padding that is larger at the right and bottom (SAME), batch
normalisation with an epsilon of 0.001.
"""

from typing import Literal

from torch import Tensor, nn
from torch.nn import functional

Size = Literal["small", "large"]

EPSILON = 1e-3
STEM = 16

BLOCKS: dict[Size, tuple[tuple[tuple[int, int, int], ...], ...]] = {
    "small": (
        ((72, 24, 2), (88, 24, 1)),
        ((96, 40, 2), (240, 40, 1), (240, 40, 1)),
        ((120, 48, 1), (144, 48, 1)),
        ((288, 96, 2), (576, 96, 1), (576, 96, 1)),
    ),
    "large": (
        ((64, 24, 2), (72, 24, 1)),
        ((72, 40, 2), (120, 40, 1), (120, 40, 1)),
        ((240, 80, 2), (200, 80, 1), (184, 80, 1), (184, 80, 1)),
        ((480, 112, 1), (672, 112, 1)),
        ((672, 160, 2), (960, 160, 1), (960, 160, 1)),
    ),
}
"""Stages after the first of inverted residual blocks: expanded channels, channels that leave, stride."""

FIRST_STRIDE: dict[Size, int] = {"small": 2, "large": 1}
WIDTH: dict[Size, int] = {"small": 576, "large": 960}
"""Channels of the last, deepest map."""

TAKEN: dict[Size, tuple[int, ...]] = {"small": (0, 1, 3, 5), "large": (0, 1, 2, 4, 6)}
"""Stages whose maps are features: the last before every change of resolution."""


class MobileNet(nn.Module):
    """Feature maps of pictures (B, 3, H, W), the finest first; the last is (B, WIDTH, H / 32, W / 32)."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.conv_stem = SameConvolution(3, STEM, 3, 2)
        self.bn1 = nn.BatchNorm2d(STEM, EPSILON)
        stages: list[nn.Module] = [nn.Sequential(Separable(FIRST_STRIDE[size]))]
        channels = STEM
        for stage in BLOCKS[size]:
            blocks = []
            for inner, leaving, stride in stage:
                blocks.append(Inverted(channels, inner, leaving, stride))
                channels = leaving
            stages.append(nn.Sequential(*blocks))
        stages.append(nn.Sequential(Last(channels, WIDTH[size])))
        self.blocks = nn.Sequential(*stages)
        self._taken = TAKEN[size]

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """See the class."""
        seen = self.bn1(self.conv_stem(pictures)).relu()
        maps = []
        for number, stage in enumerate(self.blocks):
            seen = stage(seen)
            if number in self._taken:
                maps.append(seen)
        return maps


class SameConvolution(nn.Conv2d):
    """A convolution without a bias whose map has the picture's size over the stride, rounded up (TensorFlow's SAME)."""

    def __init__(self, channels: int, leaving: int, kernel: int, stride: int, groups: int = 1) -> None:
        super().__init__(channels, leaving, kernel, stride, groups=groups, bias=False)

    def forward(self, seen: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        """(B, leaving, ceil(H / stride), ceil(W / stride))."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        height, width = (max((-(-side // stride) - 1) * stride + kernel - side, 0) for side in seen.shape[2:])
        around = (width // 2, width - width // 2, height // 2, height - height // 2)
        return super().forward(functional.pad(seen, around))


class Separable(nn.Module):
    """Depthwise and pointwise convolution with STEM channels, beside a shortcut where the resolution stays."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.conv_dw = SameConvolution(STEM, STEM, 3, stride, STEM)
        self.bn1 = nn.BatchNorm2d(STEM, EPSILON)
        self.conv_pw = nn.Conv2d(STEM, STEM, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(STEM, EPSILON)
        self._kept = stride == 1

    def forward(self, seen: Tensor) -> Tensor:
        """(B, STEM, H / stride, W / stride)."""
        made = self.bn2(self.conv_pw(self.bn1(self.conv_dw(seen)).relu()))
        return made + seen if self._kept else made


class Inverted(nn.Module):
    """An inverted residual block: to more channels, depthwise convolution, back to few."""

    def __init__(self, channels: int, inner: int, leaving: int, stride: int) -> None:
        super().__init__()
        self.conv_pw = nn.Conv2d(channels, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner, EPSILON)
        self.conv_dw = SameConvolution(inner, inner, 3, stride, inner)
        self.bn2 = nn.BatchNorm2d(inner, EPSILON)
        self.conv_pwl = nn.Conv2d(inner, leaving, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(leaving, EPSILON)
        self._kept = stride == 1 and channels == leaving

    def forward(self, seen: Tensor) -> Tensor:
        """(B, leaving, H / stride, W / stride)."""
        wide = self.bn1(self.conv_pw(seen)).relu()
        made = self.bn3(self.conv_pwl(self.bn2(self.conv_dw(wide)).relu()))
        return made + seen if self._kept else made


class Last(nn.Module):
    """The pointwise convolution to the deepest map."""

    def __init__(self, channels: int, leaving: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, leaving, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(leaving, EPSILON)

    def forward(self, seen: Tensor) -> Tensor:
        """(B, leaving, H, W)."""
        return self.bn1(self.conv(seen)).relu()
