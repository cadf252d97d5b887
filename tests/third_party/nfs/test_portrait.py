"""The picture of the image branch: which way is which, how bright, and how it is normalised."""

import numpy as np
import pytest
import torch

from third_party.nfs.image_statistics import ImageStatistics
from third_party.nfs.portrait import normalised, portrait

FRONT = np.array([[0, 1, 2], [0, 2, 3]])


def square(x: float, y: float, z: float, half: float) -> np.ndarray:
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float64)
    return half * corners + [x, y, z]


def test_a_square_lies_where_sixty_degrees_at_two_and_a_half_units_put_it():
    picture = portrait(square(0.5, 0.25, 0.5, 0.2), FRONT).numpy()
    rows, columns = np.nonzero(picture)
    # at z = 0.5 half the picture is 2 tan 30 degrees wide: +x is to the right, +y up
    scale = 128 / (2.0 * np.tan(np.pi / 6))
    assert columns.min() == pytest.approx(128 + 0.3 * scale, abs=1)
    assert columns.max() + 1 == pytest.approx(128 + 0.7 * scale, abs=1)
    assert rows.min() == pytest.approx(128 - 0.45 * scale, abs=1)
    assert rows.max() + 1 == pytest.approx(128 - 0.05 * scale, abs=1)


def test_each_triangle_has_the_brightness_of_its_centre():
    vertices = square(1.0, 0.0, 0.0, 0.3)
    picture = portrait(vertices, FRONT).numpy()
    values = np.unique(picture[picture > 0])
    centres = vertices[FRONT].mean(1)
    cosine = (6 - centres[:, 2]) / np.linalg.norm([0, 0, 6] - centres, axis=1)
    assert values == pytest.approx(np.sort(1 - 0.5 * (0.5 + 0.3 * cosine)), abs=1e-6)


def test_a_square_before_the_lamp_is_at_its_brightest_and_one_seen_from_behind_is_not_there():
    assert portrait(square(0, 0, 0, 0.01), FRONT).max().item() == pytest.approx(0.6, abs=1e-5)
    assert portrait(square(0, 0, 0, 0.5), FRONT[:, ::-1].copy()).max().item() == 0.0


def test_the_nearer_of_two_squares_is_seen():
    slanted = square(0, 0, 1.0, 0.3)
    slanted[:, 2] += 0.5 * slanted[:, 0]
    vertices = np.concatenate([square(0, 0, 0, 1.0), slanted])
    triangles = np.concatenate([FRONT, FRONT + 4])
    middle = portrait(vertices, triangles)[120:136, 120:136]
    alone = portrait(slanted, FRONT)[120:136, 120:136]
    assert torch.equal(middle, alone)
    assert middle.min() > 0.605


def test_channels_are_normalised_each_with_its_own():
    image = ImageStatistics(np.array([0.1, 0.2, 0.3, 9.0], np.float32), np.array([1.0, 0.5, 0.25, 9.0], np.float32))
    picture = torch.zeros(256, 256)
    picture[3, 4] = 0.6
    given = normalised(picture, image)
    assert given.shape == (3, 256, 256)
    assert given[:, 3, 4].tolist() == pytest.approx([0.5, 0.8, 1.2])
    assert given[:, 0, 0].tolist() == pytest.approx([-0.1, -0.4, -1.2])
