"""Recordings as microphones, films and broken disks leave them."""

import wave
from pathlib import Path

import av
import numpy as np
import pytest

from backend.errors import Refusal
from backend.speech.sound import RATE, read_sound


def write_wave(path: Path, samples: np.ndarray, rate: int) -> Path:
    """(N, C) as 16-bit numbers."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(samples.shape[1])
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def tone(rate: int, seconds: float = 0.5, hertz: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44100, 2), (96000, 1), (48000, 6)])
def test_any_rate_and_channels_become_one_at_16_khz(tmp_path, rate, channels):
    path = write_wave(tmp_path / "a.wav", np.repeat(tone(rate)[:, None], channels, 1), rate)
    sound = read_sound(path)
    assert (sound.rate, sound.channels) == (rate, channels) and sound.duration == pytest.approx(0.5, abs=0.02)
    heard = np.abs(np.fft.rfft(sound.samples[1000:7000]))
    assert sound.clipped == 0 and 0.4 < np.abs(sound.samples).max() < 0.6
    assert np.fft.rfftfreq(6000, 1 / RATE)[heard.argmax()] == pytest.approx(440, abs=4)


def test_a_constant_part_goes_and_clipping_is_noticed(tmp_path):
    shifted = read_sound(write_wave(tmp_path / "a.wav", (tone(RATE) * 0.5 + 0.3)[:, None], RATE))
    assert abs(shifted.samples.mean()) < 1e-3 and shifted.clipped == 0
    loud = read_sound(write_wave(tmp_path / "b.wav", (4 * tone(RATE))[:, None], RATE))
    assert loud.clipped > 0.3


def test_a_film_has_sound_too(tmp_path):
    with av.open(str(tmp_path / "a.mp4"), "w") as out:
        picture, voice = out.add_stream("libx264", rate=25), out.add_stream("aac", rate=RATE)
        picture.width = picture.height = 64
        out.mux(picture.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        frame = av.AudioFrame.from_ndarray(tone(RATE)[None].astype(np.float32), format="fltp", layout="mono")
        frame.sample_rate = RATE
        for stream in (voice, picture):
            out.mux(stream.encode(frame if stream is voice else None))
        out.mux(voice.encode(None))
    assert read_sound(tmp_path / "a.mp4").duration == pytest.approx(0.5, abs=0.2)


def test_what_is_no_recording_is_refused_and_one_cut_short_gives_what_is_there(tmp_path):
    for name, content in (("empty.wav", b""), ("text.wav", b"no sound"), ("head.wav", b"RIFF\x24\0\0\0WAVEfmt ")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(Refusal) as refused:
            read_sound(tmp_path / name)
        assert refused.value.code == "bad-sound"
    with pytest.raises(Refusal, match="no file"):
        read_sound(tmp_path / "absent.wav")
    whole = write_wave(tmp_path / "whole.wav", tone(RATE)[:, None], RATE).read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[: len(whole) // 2])
    assert read_sound(tmp_path / "cut.wav").duration == pytest.approx(0.25, abs=0.05)
