"""Darkening of cavities in a picture, from depth alone: eyes, nostrils and the mouth stand out as in daylight."""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from backend.imaging.rasteriser import Raster


def cavity_light(
    raster: Raster, extent: float, reaches: tuple[float, ...] = (0.02, 0.05), strength: float = 2.0
) -> Tensor:
    """(H, W) in 0..1: how much light reaches each pixel of a square picture, 1 on open or convex ground.

    Unsharp masking of the depth buffer (Luft, Colditz and Deussen 2006): a pixel that lies deeper than the mean of
    its surroundings is dark. extent: half the picture's height in the unit of depth. reaches: widths of the
    surroundings as fractions of the picture's height.
    """
    height = raster.faces.shape[0]
    hit = (raster.faces >= 0).float()[None, None]
    depth = torch.where(hit > 0, raster.depth[None, None].float(), 0.0)
    shadow = torch.zeros_like(depth)
    for reach in reaches:
        radius = max(round(reach * height / 2), 1)
        around = _mean(depth, radius) / _mean(hit, radius).clamp(min=1e-3)
        width = 2 * extent * (2 * radius + 1) / height
        shadow += ((depth - around) / width).clamp(0, 1)
    return torch.exp(-strength * shadow * hit)[0, 0]


def _mean(picture: Tensor, radius: int) -> Tensor:
    side = 2 * radius + 1
    across = avg_pool2d(picture, (1, side), 1, (0, radius))
    return avg_pool2d(across, (side, 1), 1, (radius, 0))
