"""The neutral of a clip."""

import numpy as np
import pytest

from backend.errors import Refusal
from backend.frames import frames_from_array
from backend.sources.neutral import find_neutral, frame_as_neutral


@pytest.fixture
def acted(puppet) -> tuple[np.ndarray, int]:
    """(300, K) codes of a face that is mostly in some expression, and the frame in which it rests."""
    random = np.random.default_rng(3)
    phase = np.arange(300)[:, None] * random.uniform(0.03, 0.08, len(puppet.shapes.names)) + random.uniform(0, 6, 9)
    codes = 0.15 + 0.35 * (1 + np.sin(phase))
    codes[:, [name.startswith("eyeLook") for name in puppet.shapes.names]] = 0
    fade = np.clip(np.abs(np.arange(300) - 211) / 20 - 1, 0, 1)
    return (codes * fade[:, None]).astype(np.float32), 211


def test_the_frame_at_rest_is_found_in_a_clip_that_seldom_rests(puppet, acted) -> None:
    codes, rest = acted
    frames = frames_from_array(puppet.posed(codes), 60)
    found = find_neutral(puppet.mesh, frames, lambda mesh: puppet.shapes)
    assert abs(found - rest) <= 24
    assert np.abs(codes[found]).max() < 0.05
    assert np.median(np.abs(codes).max(1)) > 0.5


def test_a_frame_can_be_chosen(puppet, acted) -> None:
    frames = frames_from_array(puppet.posed(acted[0]), 60)
    chosen = frame_as_neutral(puppet.mesh, frames, 299)
    assert np.array_equal(chosen.vertices, puppet.posed(acted[0])[299])
    assert np.array_equal(chosen.corners, puppet.mesh.corners)
    for number in (-1, 300):
        with pytest.raises(Refusal) as refusal:
            frame_as_neutral(puppet.mesh, frames, number)
        assert refusal.value.code == "no-such-frame"


def test_a_clip_in_one_point_has_no_neutral(puppet) -> None:
    frames = frames_from_array(np.zeros((4, len(puppet.mesh.vertices), 3)), 60)
    with pytest.raises(Refusal) as refusal:
        find_neutral(puppet.mesh, frames, lambda mesh: puppet.shapes)
    assert refusal.value.code == "bad-frames"
