"""Placing a head by its eyeballs."""

import numpy as np
import trimesh

from backend.cloning.eye_pair import PITCHES, eye_pair_placings, on_eyeballs
from backend.cloning.reference import canonical_eyes
from backend.geometry.similarity import apply_transform

HEAD = trimesh.creation.icosphere(subdivisions=3, radius=1.0)
EYE = trimesh.creation.icosphere(subdivisions=2, radius=0.15)


def toy(*centers: tuple[float, float, float], radii: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """A round head, z up, looking along -y, with eyes: vertices and components."""
    parts = [np.asarray(HEAD.vertices)]
    parts += [np.asarray(EYE.vertices) * r / 0.15 + c for c, r in zip(centers, radii, strict=True)]
    return np.concatenate(parts), np.repeat(np.arange(len(parts)), [len(part) for part in parts])


def test_two_eyes_are_brought_to_the_canonical_eyes():
    left, right = (0.3, -0.85, 0.2), (-0.3, -0.85, 0.2)
    placings = eye_pair_placings(*toy(left, right, radii=(0.15, 0.15)))
    assert len(placings) == 2 * len(PITCHES)
    goal = canonical_eyes()
    for matrix in placings:
        placed = apply_transform(matrix, np.array([left, right]))
        assert np.abs(placed - [goal["eye_left"][0], goal["eye_right"][0]]).max() < 1e-3
        assert np.linalg.det(matrix[:3, :3]) > 0
    level = placings[list(PITCHES).index(0.0)]
    turn = level[:3, :3] / np.cbrt(np.linalg.det(level[:3, :3]))
    assert np.allclose(turn @ [0, 0, 1], [0, 1, 0], atol=1e-3)
    assert np.allclose(turn @ [0, -1, 0], [0, 0, 1], atol=1e-3)


def test_one_eye_or_unequal_balls_are_no_pair():
    assert eye_pair_placings(*toy((0.3, -0.85, 0.2), radii=(0.15,))) == []
    assert eye_pair_placings(*toy((0.3, -0.85, 0.2), (-0.3, -0.85, 0.2), radii=(0.15, 0.1))) == []


def test_openings_on_a_pair_of_balls_are_told_from_others():
    left, right = (0.3, -0.85, 0.2), (-0.3, -0.85, 0.2)
    vertices, components = toy(left, right, radii=(0.15, 0.15))
    lids = [np.add(center, (0, -0.13, 0)) for center in (left, right)]
    assert on_eyeballs(lids[0], lids[1], vertices, components)
    assert on_eyeballs(lids[1], lids[0], vertices, components)
    assert not on_eyeballs(lids[0], lids[0], vertices, components)
    assert not on_eyeballs(lids[0], np.add(lids[1], (0, 0, 0.2)), vertices, components)
    assert not on_eyeballs(lids[0], lids[1], *toy(left, right, radii=(0.15, 0.1)))
