"""Cavities are dark, open ground is not."""

import torch

from backend.imaging.cavity import cavity_light
from backend.imaging.rasteriser import Raster


def test_a_pit_is_dark_and_ground_bump_and_background_are_not():
    depth = torch.full((100, 100), 5.0)
    depth[22:24, 22:24] += 0.1  # a pit
    depth[60:66, 60:66] -= 0.1  # a bump
    depth[:, 90:] = torch.inf
    faces = torch.where(torch.isfinite(depth), 0, -1)
    light = cavity_light(Raster(faces, torch.zeros(100, 100, 3), depth), extent=1.0)
    assert light[22:24, 22:24].max() < 0.5
    assert light[62:64, 62:64].min() > 0.999
    assert light[40, 40:80].min() > 0.999
    assert (light[:, 90:] == 1).all()


def test_a_flat_slope_casts_no_shadow_and_the_unit_of_length_does_not_matter():
    row = torch.linspace(4, 5, 80).expand(80, 80)
    raster = Raster(torch.zeros(80, 80, dtype=torch.int64), torch.zeros(80, 80, 3), row)
    assert cavity_light(raster, extent=1.0)[10:-10, 10:-10].min() > 0.999
    pit = row.clone()
    pit[39:41, 39:41] += 0.2
    one = cavity_light(Raster(raster.faces, raster.barycentrics, pit), extent=1.0)
    other = cavity_light(Raster(raster.faces, raster.barycentrics, pit * 100), extent=100.0)
    assert one.min() < 0.5
    assert torch.allclose(one, other, atol=1e-4)
