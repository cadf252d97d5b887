"""Two shapes that each stay clear of the teeth, or of the other lid, and together do not."""

from dataclasses import replace

import numpy as np
import pytest

from backend.cloning.collisions import CHANNELS, Eye, Face, correct_combinations
from backend.cloning.margins import gap
from backend.cloning.rim import Contour, missing
from backend.cloning.teeth import STILL
from tests.cloning.test_teeth import WIDTH, lips_before_teeth

AHEAD = np.array([0.0, 0.0, 1.0])
NO_EYE = Eye(missing("eye_left", AHEAD), None, None)


def inward(points: np.ndarray, depth: float, side: float = 0.0) -> np.ndarray:
    """Lips pressed towards the teeth by `depth`; on one side of the face alone where side is 1 or -1."""
    ray = (points - [0, 0, 0.07]) * [1, 0, 1]
    ray /= np.linalg.norm(ray, axis=1, keepdims=True)
    share = np.exp(-(((points[:, 1:2] + 0.03) / 0.008) ** 2))
    if side:
        share = share * np.clip(0.5 + side * points[:, :1] / 0.01, 0, 1)
    return -depth * share * ray


@pytest.fixture(scope="module")
def still() -> Face:
    """Lips 2 mm before the teeth, and keys that do nothing."""
    mouth = lips_before_teeth()
    skin = {channel: np.zeros_like(mouth.skin) for channel in CHANNELS}
    teeth = {channel: np.zeros_like(mouth.lower) for channel in CHANNELS}
    free = np.ones(len(mouth.skin), bool)
    return Face(
        mouth.skin, mouth.triangles, free, skin, mouth.lower, teeth, mouth.contour, mouth.bite, (NO_EYE, NO_EYE)
    )


def with_keys(face: Face, **keys: np.ndarray) -> Face:
    return replace(face, skin=face.skin | keys)


@pytest.fixture(scope="module")
def smiling(still: Face) -> Face:
    """A smile and an open jaw that bring the lips 1.5 mm nearer to the teeth each."""
    points = still.points
    return with_keys(
        still,
        mouthSmile_L=inward(points, 0.0015, 1.0),
        mouthSmile_R=inward(points, 0.0015, -1.0),
        jawOpen=inward(points, 0.0015),
    )


def depth(face: Face, lips: np.ndarray) -> float:
    """Of the collision with the teeth, metres."""
    assert face.bite is not None
    return face.bite.collision(face.points + lips, STILL) * WIDTH


def test_keys_that_do_not_collide_together_get_nothing(still, smiling):
    assert correct_combinations(still) == {}
    gentle = with_keys(smiling, jawOpen=inward(smiling.points, 0.0003))
    assert correct_combinations(gentle) == {}


def test_smile_and_jaw_are_parted_from_the_teeth_on_both_sides(smiling):
    fixes = correct_combinations(smiling)
    assert set(fixes) == {("mouthSmile_L", "jawOpen"), ("mouthSmile_R", "jawOpen")}
    lips = smiling.skin["mouthSmile_L"] + smiling.skin["mouthSmile_R"] + smiling.skin["jawOpen"]
    assert depth(smiling, lips) == pytest.approx(0.001, abs=0.0002)
    fix = sum(fixes.values())
    for weight in (1.0, 0.5):
        assert depth(smiling, weight * (lips + fix)) < 0.0001


def test_a_smile_on_one_side_needs_the_correction_of_that_side_alone(smiling):
    fixes = correct_combinations(smiling)
    x = smiling.points[:, 0]
    assert not fixes["mouthSmile_L", "jawOpen"][x < -0.16 * WIDTH].any()
    assert not fixes["mouthSmile_R", "jawOpen"][x > 0.16 * WIDTH].any()
    half = smiling.skin["mouthSmile_L"] + smiling.skin["jawOpen"]
    assert depth(smiling, half) > 0.0008
    corrected = smiling.points + half + fixes["mouthSmile_L", "jawOpen"]
    left = x > 0.16 * WIDTH
    assert np.hypot(corrected[left, 0], corrected[left, 2] - 0.07).min() > 0.0219


def test_what_may_not_move_does_not(smiling):
    held = replace(smiling, free=smiling.points[:, 0] < 0)
    for fix in correct_combinations(held).values():
        assert not fix[smiling.points[:, 0] >= 0].any()


def test_teeth_that_the_jaw_has_carried_away_are_not_in_the_way(still):
    """A funnel that sinks in before the lower teeth: these have gone down by 2 cm with the jaw."""
    points = still.points
    sink = inward(points, 0.004) * (points[:, 1:2] < -0.034)
    colliding = with_keys(still, mouthFunnel=sink)
    assert set(correct_combinations(colliding)) == {("mouthFunnel", "mouthClose")}
    away = np.broadcast_to([0.0, -0.02, 0.0], still.lower_teeth.shape)
    opened = replace(colliding, teeth=colliding.teeth | {"jawOpen": 2 * away})
    assert correct_combinations(opened) == {}


def test_without_teeth_lips_are_left_alone(smiling):
    assert correct_combinations(replace(smiling, bite=None)) == {}


@pytest.fixture(scope="module")
def squinting(still, almond) -> Face:
    """An eye whose blink closes it, and whose squint raises the lower lid by another 2 mm."""
    points, triangles = almond(9, 48)
    angle = np.arange(48) * 2 * np.pi / 48
    upper, lower = np.arange(24, -1, -1), np.array([*range(24, 48), 0])
    contour = Contour("eye_left", upper, lower, np.array([0, 1.0, 0]), AHEAD, 0.025, 0.01, "open")
    fade = np.repeat(np.linspace(1, 0, 9), 48)
    height = np.tile(0.005 * np.sin(angle), 9)
    blink, squint = np.zeros_like(points), np.zeros_like(points)
    blink[:, 1] = fade * np.where(height > 0, -1.6 * height, -0.4 * height)
    squint[:, 1] = 0.002 * fade * (height < -0.001)
    skin = {channel: np.zeros_like(points) for channel in CHANNELS} | {"eyeBlink_L": blink, "eyeSquint_L": squint}
    free = np.ones(len(points), bool)
    none = np.zeros((0, 3))
    mouth = replace(still.mouth, upper=none[:, 0].astype(int), lower=none[:, 0].astype(int))
    teeth = dict.fromkeys(CHANNELS, none)
    return Face(points, triangles, free, skin, none, teeth, mouth, None, (Eye(contour, None, None), NO_EYE))


def test_a_blink_and_a_squint_close_on_one_line(squinting):
    (fix,) = correct_combinations(squinting).values()
    contour = squinting.eyes[0].contour
    both = squinting.points + squinting.skin["eyeBlink_L"] + squinting.skin["eyeSquint_L"]
    assert gap(both, contour).min() < -0.0015
    assert np.abs(gap(both + fix, contour)).max() < 0.0002
    assert np.abs(fix[-48:]).max() < 1e-4


def test_lids_that_do_not_cross_are_left_alone(squinting):
    calm = with_keys(squinting, eyeSquint_L=np.zeros_like(squinting.points))
    assert correct_combinations(calm) == {}
    shut = replace(squinting.eyes[0].contour, state="closed")
    assert correct_combinations(replace(squinting, eyes=(Eye(shut, None, None), NO_EYE))) == {}
