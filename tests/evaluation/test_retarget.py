"""The figures of rig inversion, on keys whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES, FACE_NAMES, ICT_NAMES
from backend.cloning.result import Shapes
from backend.evaluation.clip_speed import patches, write_clip
from backend.evaluation.keyed_heads import KeyedHead
from backend.evaluation.retarget import actor, measure_retarget
from backend.evaluation.retarget_table import retarget_table, retarget_targets
from backend.evaluation.targets import Target, targets_table
from backend.faces.open_head import load_open_head
from backend.frames import frames_from_file
from backend.geometry.mesh import face_mesh
from backend.performance import performance


def test_keys_like_the_shapes_are_recovered_and_simple_methods_fall_behind(open_head_shapes: Shapes) -> None:
    mesh = face_mesh(open_head_shapes.vertices, load_open_head().quads)
    strength = np.random.default_rng(1).uniform(0.6, 1.5, (12, 1, 1))
    names = ("jawOpen", "mouthFunnel", "browInnerUp", "eyeBlinkLeft", "eyeBlinkRight", "mouthSmileLeft")
    names += ("mouthSmileRight", "jawLeft", "mouthPucker", "noseSneerLeft", "browDownLeft", "cheekPuff")
    keys = open_head_shapes.deltas[[ARKIT_NAMES.index(name) for name in names]] * strength
    time = np.linspace(0, 8, 120)[:, None]
    weights = np.clip(np.sin(np.linspace(1, 3, 52) * time + np.arange(52)), 0, 1) * np.isin(ARKIT_NAMES, names)
    motion = performance(ARKIT_NAMES, weights, 30.0)
    ours = replace(open_head_shapes)
    one = actor(KeyedHead("open", mesh, names, keys.astype(np.float32)), lambda _, spelling: built(ours, spelling))
    other = actor(
        KeyedHead("other", mesh, names, 0.5 * keys.astype(np.float32)), lambda _, spelling: built(ours, spelling)
    )
    figures = measure_retarget(one, [other], motion)
    assert figures.active == 12
    assert figures.ours.missed < 1e-6 and figures.ours.recovered == 1
    assert figures.by_names.missed == pytest.approx(1) and figures.by_names.recovered == 0
    assert figures.plain.missed > 0.05
    assert figures.built is not None and figures.keyed is not None and figures.unknown is not None
    for trip in (figures.again, figures.built, figures.keyed, figures.unknown, figures.alone):
        assert trip.missed < 0.02 and trip.least > 0.98
    assert "open" in retarget_table([figures])
    targets = {one.what: one for one in retarget_targets([figures])}
    assert all(target.met for target in targets.values())
    assert targets["another character: correlation"].value == min(figures.built.least, figures.keyed.least)


def built(shapes: Shapes, spelling: str) -> Shapes:
    """As if the product had built them, under ARKit's names or ICT-FaceKit's."""
    if spelling == "arkit":
        return shapes
    head = load_open_head()
    at = [FACE_NAMES.index(name) for name in ICT_NAMES]
    return replace(shapes, names=ICT_NAMES, deltas=head.shapes[at].astype(np.float32))


def test_targets_say_what_is_missed() -> None:
    good, bad = Target("speed", 80, 60, True, "{:.0f}"), Target("memory", float("nan"), 1000, pattern="{:.0f} MB")
    text = targets_table([good, bad])
    assert good.met and not bad.met
    assert "at least 60" in text and "at most 1000 MB" in text and text.count("MISSED") == 1


def test_ten_minutes_are_written_as_encode_reads_them(puppet, tmp_path) -> None:
    codes = np.random.default_rng(0).random((5, len(puppet.shapes.names))).astype(np.float32)
    write_clip(tmp_path / "clip.npz", puppet.shapes, codes, 3)
    frames = frames_from_file(tmp_path / "clip.npz")
    assert (frames.count, frames.fps) == (15, 60)
    places = np.concatenate(list(frames.chunks()))
    np.testing.assert_array_equal(places[:5], places[10:])
    assert np.ptp(places, axis=0).max() > 0.01


def test_a_rig_of_patches_goes_either_way(open_head_shapes: Shapes) -> None:
    mesh = face_mesh(open_head_shapes.vertices, load_open_head().quads)
    made = patches(mesh, open_head_shapes, 60)
    assert len(made.controls) == 60 and np.linalg.norm(made.deltas, axis=2).max() == pytest.approx(1, abs=1e-3)
    np.testing.assert_array_equal(made.minimum, -made.maximum)
