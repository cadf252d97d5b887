"""The channels' vocabularies, against the lists and the characters that others made."""

import json
from pathlib import Path

import numpy as np
import pytest

from backend.channels import (
    ARKIT_NAMES,
    CHANNEL,
    CHANNELS,
    EYE_NAMES,
    FACE_NAMES,
    ICT_NAMES,
    arkit_from_face,
    convert_weights,
    eye_turns_from_gaze,
    face_from_arkit,
    gaze_from_eye_turns,
    mirror,
    recognise,
)


def test_counts_and_unique_names() -> None:
    assert (len(CHANNELS), len(ICT_NAMES), len(FACE_NAMES), len(EYE_NAMES), len(ARKIT_NAMES)) == (62, 53, 54, 8, 52)
    assert len(set(CHANNEL)) == 62 and len(set(ARKIT_NAMES)) == 52
    assert {channel.arkit for channel in CHANNELS if channel.arkit} == set(ARKIT_NAMES)
    assert {channel.region for channel in CHANNELS} == {"brow", "eye", "cheek", "nose", "jaw", "mouth", "tongue"}


def test_mirror_is_an_involution_that_swaps_sides() -> None:
    for channel in CHANNELS:
        assert mirror(mirror(channel.name)) == channel.name
        assert (mirror(channel.name) != channel.name) == any(
            side in channel.name for side in ("_L", "_R", "Left", "Right")
        )
    for name in ARKIT_NAMES:
        assert mirror(mirror(name)) == name
    assert mirror("eyeLookInLeft") == "eyeLookInRight"
    assert mirror("eyeTurnLeft_L") == "eyeTurnRight_R"
    assert mirror("browInnerUp") == "browInnerUp"
    with pytest.raises(KeyError):
        mirror("Basis")


def test_arkit_to_ict_and_back_is_exact() -> None:
    assert np.array_equal(arkit_from_face() @ face_from_arkit(), np.eye(52, dtype=np.float32))
    weights = np.random.default_rng(1).random((5, 54)).astype(np.float32)
    pairs = [FACE_NAMES.index(name) for name in ("browInnerUp_L", "browInnerUp_R", "cheekPuff_L", "cheekPuff_R")]
    weights[:, pairs[1]], weights[:, pairs[3]] = weights[:, pairs[0]], weights[:, pairs[2]]
    back = weights @ arkit_from_face().T @ face_from_arkit().T
    assert np.array_equal(back, weights)


def test_conversion_by_name_is_the_matrix_and_leaves_missing_channels_at_zero() -> None:
    weights = np.random.default_rng(2).random((4, 54)).astype(np.float32)
    assert np.allclose(convert_weights(weights, FACE_NAMES, ARKIT_NAMES), weights @ arkit_from_face().T, atol=1e-7)
    assert np.array_equal(convert_weights(weights, FACE_NAMES, FACE_NAMES), weights)
    out = convert_weights(np.ones((1, 1)), ("browInnerUp",), ("browInnerUp_L", "jawOpen"))
    assert out.tolist() == [[1.0, 0.0]]


def test_eye_turns_and_gaze_are_inverse() -> None:
    gaze = np.random.default_rng(3).uniform(-0.7, 0.7, (20, 4)).astype(np.float32)
    turns = eye_turns_from_gaze(gaze)
    assert (turns >= 0).all() and ((turns > 0).sum(1) == 4).all()
    assert np.allclose(gaze_from_eye_turns(turns), gaze, atol=1e-6)
    left_eye_to_own_left = eye_turns_from_gaze(np.array([[np.radians(35), 0, 0, 0]]))
    assert np.allclose(left_eye_to_own_left, np.eye(8)[[EYE_NAMES.index("eyeTurnLeft_L")]], atol=1e-6)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Shapes.browDown_L", "browDown_L"),
        ("eyeBlinkLeft", "eyeBlink_L"),
        ("EyeBlink_L", "eyeBlink_L"),
        ("EYE_BLINK_LEFT", "eyeBlink_L"),
        ("eye_blink_left", "eyeBlink_L"),
        ("left_eye_blink", "eyeBlink_L"),
        ("eyeblinkleft", "eyeBlink_L"),
        ("CC_Base_Body_Eye_Blink_L", "eyeBlink_L"),
        ("Face.M_F00_000_00_Fcl_EYE_Close_R", "eyeBlink_R"),
        ("Eye_L_Look_L", "eyeLookOut_L"),
        ("Eye_R_Look_L", "eyeLookIn_R"),
        ("CTRL_expressions_eyeLookLeftR", "eyeLookIn_R"),
        ("Mouth_L", "mouthLeft"),
        ("blendShape1.mouthUpperUpRight", "mouthUpperUp_R"),
        ("Tongue_Out", "tongueOut"),
    ],
)
def test_spellings(name: str, expected: str) -> None:
    assert recognise(name) == (expected,)


def test_names_without_a_side_stand_for_both() -> None:
    assert recognise("browInnerUp") == ("browInnerUp_L", "browInnerUp_R")
    assert recognise("Mouth_Smile") == ("mouthSmile_L", "mouthSmile_R")


@pytest.mark.parametrize("name", ["", "Basis", "jawOpen_mouthClose", "left", "eye", "V_Open", "..", "é_ü"])
def test_unknown_names(name: str) -> None:
    assert recognise(name) == ()


def test_no_spelling_stands_for_two_channels() -> None:
    owner: dict[str, str] = {}
    for channel in CHANNELS:
        for text in (channel.name, *channel.spellings):
            assert channel.name in recognise(text)
            assert owner.setdefault(text, channel.name) == channel.name


def test_every_arkit_key_of_the_corpus_is_recognised(corpus: Path) -> None:
    index = json.loads((corpus / "dev/index.json").read_text(encoding="utf-8"))
    checked = 0
    for character in index["characters"]:
        for arkit, key in character.get("arkit_map", {}).items():
            expected = tuple(channel.name for channel in CHANNELS if channel.arkit == arkit)
            assert recognise(key) == expected, f"{character['file']}: {key}"
            checked += 1
    for path in sorted((corpus / "dev").glob("*/character.npz")):
        with np.load(path, allow_pickle=False) as archive:
            names = archive["key_names"].tolist() if "key_names" in archive else []
        for name in names:
            assert recognise(name) == tuple(channel.name for channel in CHANNELS if channel.arkit == name)
            checked += 1
    assert checked > 250


def test_ict_order_is_the_model_s_own(corpus: Path) -> None:
    with np.load(corpus / "ict_facekit.npz", allow_pickle=False) as archive:
        names = archive["expression_names"].tolist()
    assert tuple(names[:53]) == ICT_NAMES
