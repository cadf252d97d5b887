"""Codes on a FLAME head that has a face: channels, meshes, and emotions that leave the lips to the speech."""

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.faces.flame_face import FlameFace, flame_face
from backend.speech import learned_face
from backend.speech.learned_face import FlameSpeech, meshes, mouth_share, openness, weights
from tests.flame_head import flame_head, flame_head_shapes

FRAMES = 24
OPENING = ARKIT_NAMES.index("jawOpen")


@pytest.fixture(scope="module")
def face() -> FlameFace:
    return flame_face(flame_head(), flame_head_shapes())


def speech(face: FlameFace, fused: bool, angry: float = 1.0) -> FlameSpeech:
    """The jaw opens and closes twice, under an emotion that does not change."""
    jaw = (face.wide * 0.3 * (1 - np.cos(np.linspace(0, 4 * np.pi, FRAMES)))).astype(np.float32)
    emotion = angry * np.random.default_rng(4).standard_normal(50).astype(np.float32)
    neutral = np.zeros((FRAMES, 50), np.float32)
    return FlameSpeech(neutral, jaw, neutral + emotion, jaw + 0.1, fused)


def test_the_jaw_is_a_channel_and_the_emotion_is_others(face):
    quiet = weights(face, speech(face, False, 0.0))
    spoken = speech(face, False, 0.0)
    np.testing.assert_allclose(quiet[:, OPENING], np.clip(spoken.acted_jaw / face.wide, 0, 1), atol=0.02)
    assert np.delete(quiet, OPENING, 1).max() < 0.02
    felt = weights(face, speech(face, False))
    assert np.delete(felt, OPENING, 1).max() > 0.2


def test_fused_the_closed_mouth_is_that_of_the_speech_and_the_upper_face_that_of_the_emotion(face):
    fused, apart = (weights(face, speech(face, one)) for one in (True, False))
    neutral = weights(face, speech(face, False, 0.0))
    mouth = np.array([name.startswith(learned_face.OF_THE_MOUTH) for name in ARKIT_NAMES])
    shown = openness(face, speech(face, True))
    assert shown[0] == 0 and shown.max() > 0.9
    np.testing.assert_allclose(fused[0, mouth][1:], neutral[0, mouth][1:] * 0, atol=0.02)
    np.testing.assert_allclose(fused[:, ~mouth], apart[:, ~mouth], atol=0.02)
    assert np.abs(apart[0, mouth]).max() > 0.2
    widest = int(shown.argmax())
    assert fused[widest, mouth].sum() > 5 * fused[0, mouth].sum()


def test_fused_meshes_close_their_lips_and_keep_the_emotion_above(face, monkeypatch):
    monkeypatch.setattr(learned_face, "CHUNK", 10)
    spoken = speech(face, True)
    fused, apart = (np.concatenate(list(meshes(face, speech(face, one)))) for one in (True, False))
    at_rest = np.concatenate(list(meshes(face, speech(face, True, 0.0))))
    assert fused.shape == (FRAMES, len(face.model.vertices), 3) and fused.dtype == np.float32
    share = mouth_share(face)
    lips = face.landmark_vertices[[13, 14]].ravel()
    assert (share[lips] == 1).all()
    np.testing.assert_allclose(fused[0][lips], at_rest[0][lips], atol=1e-6)
    assert np.linalg.norm(apart[0][lips] - at_rest[0][lips], axis=1).max() > 1e-3
    brows = face.landmark_vertices[[105, 334]].ravel()
    assert share[brows].max() < 0.3
    moved = np.linalg.norm(fused[0][brows] - at_rest[0][brows], axis=1)
    posed = face.posed(np.zeros(0), spoken.acted[0], learned_face._rotations(spoken.jaw)[0])
    alone = np.linalg.norm(posed[brows] - at_rest[0][brows], axis=1)
    assert moved.sum() > 0.7 * alone.sum() > 1e-4
