"""The film of the open head, with its sound."""

from pathlib import Path

import av
import numpy as np
import pytest

from backend.evaluation import preview_sync
from backend.speech.life import Strengths
from backend.speech.preview import FPS, write_preview
from backend.speech.sound import RATE
from backend.speech.speak import Direction, speak
from backend.speech.tables import articulation, emotions
from tests.synthetic_voice import said, voice


def test_the_film_has_the_speech_in_picture_and_sound(tmp_path: Path) -> None:
    timing = said("SIL AA M AA SIL", 0.1, 0.2)
    sound = voice(timing)
    motion = speak(sound, timing, articulation(), emotions()).motion
    path = tmp_path / "preview.mp4"
    parts: list[float] = []
    write_preview(path, motion, sound.samples, 96, lambda part, _: parts.append(part))
    with av.open(str(path)) as film:
        images = [frame.to_ndarray(format="gray") for frame in film.decode(film.streams.video[0])]
    with av.open(str(path)) as film:
        heard = np.concatenate([frame.to_ndarray()[0] for frame in film.decode(film.streams.audio[0])])
        rate, begins = film.streams.audio[0].rate, film.streams.audio[0].start_time
    assert len(images) == round(timing.duration * FPS) and parts[-1] == 1.0
    assert len(heard) / rate == pytest.approx(timing.duration, abs=0.1) and abs(begins or 0) / rate < 0.02
    still, spoken = (
        np.abs(images[1] - images[0].astype(float)).mean(),
        np.abs(images[8] - images[0].astype(float)).mean(),
    )
    assert spoken > 0.3 and spoken > 3 * still


@pytest.mark.parametrize("late", [0.0, 0.08])
def test_picture_and_sound_are_measured_apart(late: float, monkeypatch) -> None:
    timing = said("SIL AA M AA P IY B AA SIL", 0.1, 0.3)
    sound = voice(timing)
    still = Direction(strengths=Strengths(0.0, 0.0, 0.0, 0.0))
    motion = speak(sound, timing, articulation(), emotions(), still).motion
    samples = np.concatenate([np.zeros(round(late * RATE), np.float32), sound.samples])
    monkeypatch.setattr(preview_sync, "write_preview", lambda path, motion, _: write_preview(path, motion, samples, 96))
    found = preview_sync.film_sync(motion, sound.samples)
    assert found.picture == pytest.approx(0, abs=0.02) and found.likeness > 0.95
    assert found.sound == pytest.approx(late, abs=0.005) and found.apart == pytest.approx(-late, abs=0.02)
