"""What several artists have in common is nearer to the truth than any of them."""

import numpy as np
import pytest
import trimesh

from backend.channels import ICT_NAMES
from backend.training.consensus import Artist, consensus

MESH = trimesh.creation.icosphere(subdivisions=4, radius=0.1)
VERTICES, TRIANGLES = np.asarray(MESH.vertices), np.asarray(MESH.faces)
AREA = np.full(len(VERTICES), 1.0 / len(VERTICES))
NAMES = ("mouthSmile_L", "mouthSmile_R")


def _truth() -> dict[str, np.ndarray]:
    bump = np.exp(-((VERTICES - [0.05, -0.03, 0.08]) ** 2).sum(1) / 0.03**2)[:, None]
    left = bump * np.array([0.003, 0.004, 0.0])
    twin = np.argmin(((VERTICES[:, None] - VERTICES[None] * [-1, 1, 1]) ** 2).sum(2), axis=1)
    return {"mouthSmile_L": left, "mouthSmile_R": left[twin] * [-1, 1, 1]}


def _noisy(seed: int, size: float) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {name: size * (field + random.normal(0, 6e-4, field.shape)) for name, field in _truth().items()}


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))


def _size(field: np.ndarray) -> float:
    return float(np.sqrt((AREA[:, None] * field**2).sum()))


def test_it_is_nearer_to_the_truth_than_each_artist():
    artists = [_noisy(1, 1.0), _noisy(2, 3.0)]
    found = consensus([Artist(one, 1.0, True) for one in artists], NAMES, VERTICES, TRIANGLES, AREA)
    truth = _truth()["mouthSmile_L"]
    assert _cosine(found[0], truth) > max(_cosine(one["mouthSmile_L"], truth) for one in artists) + 0.05


def _of_sizes(name: str, twin: str) -> float:
    """The size of one shape that three artists have alike, of whom the third, and largest, does not count."""
    truth = {name: _truth()["mouthSmile_L"], twin: _truth()["mouthSmile_R"]}
    artists = [
        Artist({key: field * size for key, field in truth.items()}, trust, sized)
        for size, trust, sized in ((1.0, 3.0, True), (16.0, 1.0, True), (100.0, 1.0, False))
    ]
    return _size(consensus(artists, (name, twin), VERTICES, TRIANGLES, AREA)[0]) / _size(truth[name])


def test_a_shape_is_as_large_as_the_largest_that_counts():
    assert _of_sizes("mouthSmile_L", "mouthSmile_R") == pytest.approx(16.0, rel=0.02)


def test_a_blink_has_the_mean_size_by_trust():
    assert _of_sizes("eyeBlink_L", "eyeBlink_R") == pytest.approx(2.0, rel=0.02)


def test_left_and_right_mirror_each_other():
    found = consensus([Artist(_noisy(3, 1.0), 1.0, True)], NAMES, VERTICES, TRIANGLES, AREA)
    twin = np.argmin(((VERTICES[:, None] - VERTICES[None] * [-1, 1, 1]) ** 2).sum(2), axis=1)
    assert np.abs(found[0] - found[1][twin] * [-1, 1, 1]).max() < 1e-7


def test_a_shape_that_nobody_has_is_an_error():
    with pytest.raises(KeyError):
        consensus([Artist(_truth(), 1.0, True)], ICT_NAMES, VERTICES, TRIANGLES, AREA)
