"""What an animator asks of curves."""

import argparse

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES, ICT_NAMES
from backend.curve_flags import add_curve_options, add_reduction, checked_error, curve_options
from backend.curve_options import AS_IT_IS, CurveOptions, adjusted
from backend.errors import Refusal
from backend.performance import Performance, performance


def motion(names: tuple[str, ...] = ARKIT_NAMES, frames: int = 30) -> Performance:
    random = np.random.default_rng(1)
    return performance(
        names,
        random.random((frames, len(names))),
        60.0,
        head=random.normal(0, 0.1, (frames, 6)),
        gaze=random.normal(0, 0.1, (frames, 4)),
        torsion=random.normal(0, 0.1, (frames, 2)),
    )


def ratio(before: Performance, after: Performance, name: str) -> float:
    at = before.names.index(name)
    return float((after.weights[:, at] / before.weights[:, at]).mean())


def test_without_options_nothing_changes() -> None:
    before = motion()
    after = adjusted(before, AS_IT_IS)
    for name in ("weights", "head", "gaze", "torsion", "confidence"):
        assert np.array_equal(getattr(before, name), getattr(after, name)), name


@pytest.mark.parametrize(("names", "brow"), [(ARKIT_NAMES, "browInnerUp"), (ICT_NAMES, "browInnerUp_L")])
def test_strengths_are_of_regions_and_gains_of_channels(names: tuple[str, ...], brow: str) -> None:
    before = motion(names)
    jaw, smile = "jawOpen", next(name for name in names if name.startswith("mouthSmile"))
    options = CurveOptions(
        strength={"mouth": 0.5, "brows": 2.0}, gain={"Jaw_Open": 3.0, "mouthSmile": 0.5}, offset={jaw: 0.25}
    )
    after = adjusted(before, options)
    assert ratio(before, after, smile) == pytest.approx(0.25)
    assert ratio(before, after, brow) == pytest.approx(2.0)
    at = names.index(jaw)
    assert np.allclose(after.weights[:, at], 1.5 * before.weights[:, at] + 0.25)
    blink = next(at for at, name in enumerate(names) if name.startswith("eyeBlink"))
    assert np.array_equal(after.weights[:, blink], before.weights[:, blink])


def test_a_dead_zone_ends_smoothly_and_keeps_1() -> None:
    ramp = performance(("jawOpen", "eyeBlinkLeft"), np.repeat(np.linspace(0, 1, 101)[:, None], 2, axis=1), 60.0)
    after = adjusted(ramp, CurveOptions(dead_zone={"mouth": 0.2})).weights
    assert (after[:21, 0] < 1e-6).all() and after[-1, 0] == pytest.approx(1)
    assert np.abs(np.diff(after[:, 0])).max() < 0.0126
    assert np.array_equal(after[:, 1], ramp.weights[:, 1])


def test_smoothing_takes_the_region_it_is_told_and_head_and_gaze_by_name() -> None:
    random = np.random.default_rng(2)
    before = performance(
        ("jawOpen", "eyeBlinkLeft"),
        0.3 + random.normal(0, 0.01, (600, 2)),
        60.0,
        head=random.normal(0, 0.002, (600, 6)),
        gaze=random.normal(0, 0.002, (600, 4)),
    )
    after = adjusted(before, CurveOptions(smooth={"mouth": 0.1, "gaze": 0.1}))
    assert after.weights[:, 0].std() < 0.5 * before.weights[:, 0].std()
    assert np.array_equal(after.weights[:, 1], before.weights[:, 1])
    assert after.gaze.std() < 0.5 * before.gaze.std() and np.array_equal(after.head, before.head)
    assert adjusted(before, CurveOptions(smooth={"head": 0.1})).head.std() < 0.5 * before.head.std()


def test_the_rate_is_changed_last() -> None:
    after = adjusted(motion(frames=60), CurveOptions(rate=24.0, gain={"jawOpen": 2.0}))
    assert after.fps == 24 and len(after.weights) == 24 and after.duration == pytest.approx(1)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (CurveOptions(strength={"ears": 1.0}), "bad-region"),
        (CurveOptions(smooth={"jawOpen": 0.1}), "bad-region"),
        (CurveOptions(gain={"earWiggle": 1.0}), "bad-channels"),
        (CurveOptions(gain={"jawOpen": float("nan")}), "bad-option"),
        (CurveOptions(smooth={"mouth": -1.0}), "bad-option"),
        (CurveOptions(dead_zone={"mouth": 1.0}), "bad-option"),
        (CurveOptions(rate=0.0), "bad-rate"),
        (CurveOptions(rate=float("inf")), "bad-rate"),
    ],
)
def test_options_that_mean_nothing_are_refused(options: CurveOptions, code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        adjusted(motion(), options)
    assert refusal.value.code == code


def parsed(*flags: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_reduction(parser)
    add_curve_options(parser)
    return parser.parse_args(flags)


def test_flags() -> None:
    arguments = parsed(
        *("--strength", "mouth=0.8", "brows=1.1", "--strength", "eyes=0.9", "--gain", "jawOpen=1.2"),
        *("--smooth", "0.1", "mouth=0", "--dead-zone", "0.05", "--rate", "24", "--reduce", "0.005"),
    )
    options = curve_options(arguments)
    assert options.strength == {"mouth": 0.8, "brows": 1.1, "eyes": 0.9} and options.gain == {"jawOpen": 1.2}
    assert options.smooth == {"brows": 0.1, "eyes": 0.1, "nose": 0.1, "mouth": 0.0, "head": 0.1, "gaze": 0.1}
    assert options.dead_zone == dict.fromkeys(("brows", "eyes", "nose", "mouth"), 0.05)
    assert options.rate == 24 and checked_error(arguments.reduce) == 0.005
    assert curve_options(parsed()) == AS_IT_IS


@pytest.mark.parametrize("flags", [("--strength", "mouth=x"), ("--strength", "=1"), ("--smooth", "fast")])
def test_flags_that_are_no_numbers_are_usage_errors(flags: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit):
        parsed(*flags)


def test_flags_without_sense_are_refused() -> None:
    with pytest.raises(Refusal):
        curve_options(parsed("--strength", "1"))
    for error in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(Refusal):
            checked_error(error)
