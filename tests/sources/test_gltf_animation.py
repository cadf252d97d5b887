"""Morph-target animation of glTF."""

from pathlib import Path

import numpy as np
import pytest
from scipy.interpolate import CubicHermiteSpline
from scipy.spatial.transform import Rotation

from backend.errors import Refusal
from backend.sources.clip import Clip
from backend.sources.gltf_animation import read_gltf_animation
from backend.sources.read import read_clip, read_motion

TIMES = np.arange(13) / 24
WEIGHTS = np.stack([np.linspace(0, 1, 13), np.linspace(1, 0.25, 13)], axis=1)


def frames(clip: Clip) -> np.ndarray:
    return np.concatenate(list(clip.frames.chunks()))


def test_frames_and_channels(animated, posed, tmp_path: Path) -> None:
    path = animated(["jawOpen", "Mouth_Smile_L"], TIMES, WEIGHTS).write(tmp_path / "a.glb")
    clip = read_clip(path)
    assert clip.frames.fps == 24 and clip.frames.count == 13 and clip.frames.source == "a.glb: take"
    assert np.allclose(frames(clip), posed(WEIGHTS), atol=1e-6)
    motion = read_motion(path)
    assert motion.names == ("jawOpen", "mouthSmileLeft") and motion.fps == 24
    assert np.allclose(motion.weights, WEIGHTS, atol=1e-6)


def test_keys_are_sampled_at_the_rate_that_is_asked_for(animated, posed, tmp_path: Path) -> None:
    path = animated(["a", "b"], TIMES[[0, 4, 12]], WEIGHTS[[0, 4, 12]]).write(tmp_path / "a.glb")
    assert read_clip(path).frames.fps == 30 and read_clip(path).channels is None
    clip = read_clip(path, fps=48)
    assert clip.frames.count == 25
    half = np.stack([np.interp(np.arange(25) / 48, TIMES, curve) for curve in WEIGHTS.T], axis=1)
    assert np.allclose(frames(clip), posed(half), atol=1e-6)
    with pytest.raises(Refusal) as refusal:
        read_motion(path)
    assert refusal.value.code == "unknown-targets"


def test_steps_hold_and_splines_are_hermite(animated, posed, tmp_path: Path) -> None:
    at = np.array([0.0, 0.5, 1.5])
    values = np.array([[0.0, 1.0], [1.0, 0.5], [0.25, 0.75]])
    seconds = np.arange(46) / 30
    step = read_clip(animated(["a", "b"], at, values, "STEP").write(tmp_path / "s.glb"), fps=30)
    held = values[np.searchsorted(at, seconds + 1e-9, side="right") - 1]
    assert np.allclose(frames(step), posed(held), atol=1e-6)
    slopes = np.array([[0.0, 2.0], [1.0, -1.0], [0.5, 0.0]])
    output = np.stack([slopes, values, slopes], axis=1)
    cubic = read_clip(animated(["a", "b"], at, output, "CUBICSPLINE").write(tmp_path / "c.glb"), fps=30)
    assert np.allclose(frames(cubic), posed(CubicHermiteSpline(at, values, slopes)(seconds)), atol=1e-5)


def test_a_node_that_moves_takes_the_mesh_with_it(animated, posed, tmp_path: Path) -> None:
    turns = Rotation.from_rotvec(np.linspace(0, np.pi / 2, 13)[:, None] * np.array([0, 1, 0]))
    moves = np.stack([np.linspace(0, 3, 13), np.zeros(13), np.zeros(13)], axis=1)
    file = animated(["a", "b"], TIMES, WEIGHTS)
    file.content["nodes"][0]["scale"] = [2, 2, 2]
    file.animate("rotation", TIMES[[0, 12]], turns.as_quat()[[0, 12]])
    file.animate("translation", TIMES, moves)
    wanted = 2 * posed(WEIGHTS) @ turns.as_matrix().swapaxes(1, 2) + moves[:, None]
    assert np.allclose(frames(read_clip(file.write(tmp_path / "a.glb"))), wanted, atol=1e-5)


def test_targets_without_an_animation_keep_their_weights(animated, posed, tmp_path: Path) -> None:
    file = animated(["a", "b"], TIMES, WEIGHTS)
    file.content["nodes"].append({"mesh": 0, "translation": [5, 0, 0], "weights": [0.5, 0]})
    file.content["scenes"][0]["nodes"] = [0, 1]
    clip = frames(read_clip(file.write(tmp_path / "a.glb")))
    assert np.allclose(clip[:, 5:], posed(np.array([[0.5, 0]])) + np.array([5, 0, 0]), atol=1e-6)
    assert np.allclose(clip[:, :5], posed(WEIGHTS), atol=1e-6)


def test_both_sides_of_a_brow_keep_their_own_curves(animated, tmp_path: Path) -> None:
    motion = read_motion(animated(["browInnerUp_L", "browInnerUp_R"], TIMES, WEIGHTS).write(tmp_path / "a.glb"))
    assert motion.names == ("browInnerUp_L", "browInnerUp_R")
    assert np.allclose(motion.weights, WEIGHTS, atol=1e-6)
    one = read_motion(animated(["browInnerUp", "jawOpen"], TIMES, WEIGHTS).write(tmp_path / "b.glb"))
    assert one.names == ("browInnerUp", "jawOpen") or one.names == ("jawOpen", "browInnerUp")
    assert np.allclose(one.weights[:, one.names.index("browInnerUp")], WEIGHTS[:, 0], atol=1e-6)


def broken(file, how: str) -> None:
    animation = file.content["animations"][0]
    sampler, accessors = animation["samplers"][0], file.content["accessors"]
    if how == "no animation":
        del file.content["animations"]
    elif how == "no weights":
        animation["channels"][0]["target"]["path"] = "translation"
        accessors[sampler["output"]].update(type="VEC3", count=8)
    elif how == "sampler":
        animation["channels"][0]["sampler"] = 7
    elif how == "times":
        sampler["input"] = file.accessor(np.array([1.0, 0.5], np.float32), 5126)
    elif how == "not numbers":
        sampler["input"] = file.accessor(np.array([0.0, np.nan], np.float32), 5126)
    elif how == "counts":
        sampler["input"] = file.accessor(np.arange(5, dtype=np.float32), 5126)
    elif how == "target":
        file.content["meshes"][0]["primitives"][0]["targets"][0]["POSITION"] = sampler["input"]
    elif how == "long":
        sampler["input"] = file.accessor(np.geomspace(0.01, 1e9, 13).astype(np.float32), 5126)
    elif how == "more weights":
        sampler["output"] = file.accessor(np.zeros(39, np.float32), 5126)


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("no animation", "no-animation"),
        ("no weights", "no-animation"),
        ("sampler", "damaged-file"),
        ("times", "damaged-file"),
        ("not numbers", "damaged-file"),
        ("counts", "damaged-file"),
        ("target", "damaged-file"),
        ("more weights", "damaged-file"),
        ("long", "too-large"),
    ],
)
def test_what_contradicts_itself_is_refused(animated, tmp_path: Path, how: str, code: str) -> None:
    file = animated(["a", "b"], TIMES, WEIGHTS)
    broken(file, how)
    with pytest.raises(Refusal) as refusal:
        frames(read_gltf_animation(file.write(tmp_path / "a.glb")))
    assert refusal.value.code == code
