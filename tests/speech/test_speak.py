"""What the face does: contacts, silence, emotions, layers; and the verb."""

import json
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.errors import Refusal
from backend.performance import read_npz
from backend.speech.articulate import JAW, Style
from backend.speech.contact import SHUT, TOUCH, open_head_lips
from backend.speech.emotion import EMOTIONS, Keys, parse_emotion
from backend.speech.life import Strengths
from backend.speech.phones import SILENCE, Phone, Timing, covering
from backend.speech.sound import RATE
from backend.speech.speak import FPS, Direction, speak
from backend.speech.tables import articulation, emotions
from backend.speech.textgrid import read_textgrid, write_textgrid
from tests.speech.conftest import SAID

STILL = Strengths(0, 0, 0, 0)


def spoken(labels: str, seconds: float = 0.12) -> Timing:
    """Phones of one length between half seconds of silence."""
    names = labels.split()
    phones = [Phone(name, 0.5 + k * seconds, 0.5 + (k + 1) * seconds) for k, name in enumerate(names)]
    duration = 1.0 + len(names) * seconds
    return Timing(covering(phones, duration), (), "given", "en", duration, 1.0)


def weights_of(made, timing: Timing, direction: Direction | None = None) -> np.ndarray:
    hum = 0.1 * np.sin(2 * np.pi * 150 * np.arange(round(timing.duration * RATE)) / RATE)
    direction = direction or Direction(strengths=STILL)
    return speak(made(hum), timing, articulation(), emotions(), direction)[0].weights


def during(weights: np.ndarray, timing: Timing, label: str) -> np.ndarray:
    one = next(phone for phone in timing.phones if phone.label == label)
    return weights[round(one.start * FPS) : round(one.end * FPS)]


@pytest.mark.parametrize("emotion", ["off", "surprise", "fear", "happiness", "anger"])
def test_lips_meet_and_the_lower_one_meets_the_teeth_whatever_is_felt(made, emotion):
    timing = spoken("AA P AA M IY F AA B UW V AE")
    felt = emotion if emotion == "off" else Keys(np.zeros(1), np.eye(7)[[EMOTIONS.index(emotion)]])
    weights = weights_of(made, timing, Direction(emotion=felt)).astype(np.float64)
    lips = open_head_lips()
    for label in "PMB":
        assert lips.gaps(during(weights, timing, label)).min() <= SHUT
    for label in "FV":
        assert lips.from_teeth(during(weights, timing, label)).min() <= TOUCH
    assert lips.gaps(during(weights, timing, "AA")).max() > 0.15


def test_vowels_differ_and_style_scales_them(made):
    timing = spoken("AA IY UW", 0.25)
    plain = weights_of(made, timing)
    pucker, stretch = (ARKIT_NAMES.index(name) for name in ("mouthPucker", "mouthStretchLeft"))
    jaw = [during(plain, timing, label)[:, JAW].max() for label in ("AA", "IY", "UW")]
    assert jaw[0] > 1.5 * jaw[1] and during(plain, timing, "UW")[:, pucker].max() > 0.3
    assert during(plain, timing, "IY")[:, stretch].max() > 0.15
    mumbled = weights_of(made, timing, Direction(Style(0.3, 0.3), strengths=STILL))
    assert mumbled[:, JAW].max() < 0.5 * plain[:, JAW].max() and mumbled[:, pucker].max() < 0.6 * plain[:, pucker].max()


def test_faces_lead_their_sound(made):
    timing = spoken("AA", 0.3)
    jaw = weights_of(made, timing)[:, JAW]
    assert jaw[round(0.49 * FPS)] > 0.3 * jaw.max() and np.argmax(jaw > 0.05) < 0.5 * FPS


def test_silence_is_still_but_for_the_lids(made):
    silent = made(np.random.default_rng(0).normal(0, 1e-4, 6 * RATE))
    timing = Timing((Phone(SILENCE, 0, 6),), (), "silence", "en", 6.0, 1.0)
    weights = speak(silent, timing, articulation(), emotions())[0].weights
    lids = [at for at, name in enumerate(ARKIT_NAMES) if name.startswith("eyeBlink")]
    rest = np.delete(weights, lids, axis=1)
    assert np.ptp(rest, axis=0).max() <= 0.02 and weights[:, lids].max() > 0.9


def test_emotions_are_keyed_mixed_and_refused(made, tmp_path):
    timing = spoken("AA " * 30)
    down = ARKIT_NAMES.index("browDownLeft")
    (tmp_path / "keys.csv").write_text("time;anger\n0;0\n2;0\n3;1\n")
    keyed = weights_of(made, timing, Direction(emotion=parse_emotion(str(tmp_path / "keys.csv")), strengths=STILL))
    assert keyed[: int(1.2 * FPS), down].max() < 0.05 and keyed[-1, down] > 0.5
    mixed = parse_emotion("happy=0.5,angry=0.5")
    assert isinstance(mixed, Keys) and mixed.values[0].tolist() == [0, 0.5, 0.5, 0, 0, 0, 0]
    (tmp_path / "bad.csv").write_text("when,anger\n0,1\n")
    for asked in ("joyful=1", "anger=2", "anger=x", str(tmp_path / "bad.csv"), str(tmp_path / "absent.csv")):
        with pytest.raises(Refusal) as refused:
            parse_emotion(asked)
        assert refused.value.code == "bad-emotion" and refused.value.cure


def test_layers_are_seeded_and_can_be_left_out(voice):
    from backend.speech.timing import time_speech

    timing = time_speech(voice, SAID)

    def motion(seed: int, strengths: Strengths):
        direction = Direction(strengths=strengths, seed=seed)
        return speak(voice, timing, articulation(), emotions(), direction)[0]

    one, same, other = (motion(seed, Strengths()) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.weights, same.weights)
    assert np.abs(one.head - other.head).max() > 1e-4
    bare = motion(0, STILL)
    assert np.abs(bare.head).max() == 0 and bare.weights[:, ARKIT_NAMES.index("eyeBlinkLeft")].max() == 0


def test_tables_of_the_user_take_the_place_of_ours(made, tmp_path):
    (tmp_path / "own.json").write_text(json.dumps({"AA": {"jaw": 0.0, "lips": {"mouthPucker": 1}}}))
    own = articulation(tmp_path / "own.json")
    assert own["AA"].jaw == 0 and own["IY"].jaw == articulation()["IY"].jaw
    for content in ("{", "[]", '{"AA": 3}', '{"AA": {"lips": {"mouthOops": 1}}}', '{"AA": {"jaw": "wide"}}'):
        (tmp_path / "own.json").write_text(content)
        with pytest.raises(Refusal):
            articulation(tmp_path / "own.json")


def test_a_textgrid_comes_back_as_it_was_written(tmp_path):
    timing = spoken("HH AH L OW")
    write_textgrid(tmp_path / "a.TextGrid", timing)
    again = read_textgrid(tmp_path / "a.TextGrid", timing.duration)
    assert [one.label for one in again.phones] == [one.label for one in timing.phones]
    np.testing.assert_allclose([one.start for one in again.phones], [one.start for one in timing.phones], atol=1e-5)
    whole = (tmp_path / "a.TextGrid").read_text()
    for content in ("", "nothing", whole[: len(whole) // 2], whole.replace("phones", "tones")):
        (tmp_path / "b.TextGrid").write_text(content)
        with pytest.raises(Refusal) as refused:
            read_textgrid(tmp_path / "b.TextGrid")
        assert refused.value.code == "bad-textgrid"


def test_the_verb_writes_all_that_it_can_and_the_same_again(corpus, tmp_path):
    (tmp_path / "said.txt").write_text(SAID)
    voice = corpus / "dev" / "speech" / "LJ001-0002.wav"

    def run(name: str, *more: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "backend", "speak", "--audio", voice, "--out", tmp_path / f"{name}.npz", *more]
        return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)

    grid = tmp_path / "p.TextGrid"
    done = run(
        "a", "--text", tmp_path / "said.txt", "--csv", tmp_path / "a.csv", "--textgrid", grid,
        "--preview", tmp_path / "a.mp4", "--emotion", "happy=0.5", "--style", "jaw=1.2",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "aligned to the text" in done.stdout and "4 words" in done.stdout
    motion = read_npz(tmp_path / "a.npz")
    assert motion.fps == 60 and len(motion.weights) == pytest.approx(1.9 * 60, abs=2)
    with av.open(str(tmp_path / "a.mp4")) as film:
        assert len(film.streams.audio) == 1
        seconds = [float(stream.duration * stream.time_base) for stream in film.streams]
        assert abs(seconds[0] - seconds[1]) < 0.12
    edited = grid.read_text().replace('"modern"', '"edited"')
    grid.write_text(edited)
    again = run("b", "--textgrid", grid)
    assert "timed by the TextGrid" in again.stdout and grid.read_text() == edited
    first = run("c", "--text", tmp_path / "said.txt", "--emotion", "auto")
    second = run("d", "--text", tmp_path / "said.txt", "--emotion", "auto")
    assert first.returncode == second.returncode == 0
    assert (tmp_path / "c.npz").read_bytes() == (tmp_path / "d.npz").read_bytes()
    for more in (("--style", "jaw=9"), ("--emotion", "glee=1"), ("--language", "xx"), ("--text", "absent.txt")):
        refused = run("e", *more)
        assert refused.returncode == 2 and "Traceback" not in refused.stderr and not Path(tmp_path / "e.npz").exists()
