"""A timing to a whole performance."""

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.speech.contact import SHUT, TOUCH, open_head_lips
from backend.speech.emotion import EMOTIONS, Keys
from backend.speech.speak import FPS, Direction, speak
from backend.speech.tables import articulation, emotions
from tests.synthetic_voice import said, voice


def weights(labels: str, direction: Direction | None = None) -> np.ndarray:
    timing = said(labels)
    return speak(voice(timing), timing, articulation(), emotions(), direction).motion.named(ARKIT_NAMES).weights


@pytest.mark.parametrize("label", ["P", "B", "M", "F", "V"])
def test_contacts_are_made_at_their_phones_and_not_beside_them(label: str) -> None:
    made, lips = weights(f"SIL AA {label} AA SIL"), open_head_lips()
    apart, touching = (lips.gaps(made), SHUT) if label in "PBM" else (lips.from_teeth(made), TOUCH)
    times = np.arange(len(made)) / FPS
    assert apart[(times > 0.65) & (times < 0.82)].min() <= touching
    assert apart[(times > 0.60) & (times < 0.66)].max() > touching


def test_the_same_input_is_the_same_performance_within_its_limits() -> None:
    one, same = weights("SIL M AA SIL", Direction(seed=1)), weights("SIL M AA SIL", Direction(seed=1))
    assert one.tobytes() == same.tobytes()
    assert one.dtype == np.float32 and one.min() >= 0 and one.max() <= 1


@pytest.mark.parametrize("labels", ["SIL", "SIL AA M SIL AA SIL"])
def test_silence_moves_nothing_but_lids(labels: str) -> None:
    timing = said(labels, silence=2.0)
    made = speak(voice(timing), timing, articulation(), emotions()).motion.named(ARKIT_NAMES).weights
    still = np.delete(made, [at for at, name in enumerate(ARKIT_NAMES) if name.startswith("eyeBlink")], 1)
    times = np.arange(len(made)) / FPS
    silent = np.zeros(len(made), bool)
    for phone in timing.phones:
        if phone.label == "SIL":
            # Speech dies away in a quarter of a second, and a breath is drawn before the next phrase.
            silent |= (times > phone.start + 0.25) & (times < phone.end - 0.5)
    assert silent.sum() > 60 and still[silent].max() <= 0.02


def test_layers_add_up_and_lips_close_without_the_later_ones() -> None:
    timing = said("SIL M AA SIL B IY SIL", silence=1.5)
    keys = Keys(np.array([0.0]), np.array([[0.0, 0, 1, 0, 0, 0, 0]]))
    acted = speak(voice(timing), timing, articulation(), emotions(), Direction(emotion=keys), apart=True)
    whole = acted.motion.named(ARKIT_NAMES).weights
    assert np.allclose(sum(acted.layers.values()), whole, atol=1e-6)
    assert list(acted.layers)[:2] == ["mouth", "emotion"] and "blinks" in acted.layers
    plain = speak(voice(timing), timing, articulation(), emotions(), apart=True).layers["mouth"]
    assert np.array_equal(acted.layers["mouth"], plain)


def test_the_learned_emotion_is_what_the_model_hears() -> None:
    timing = said("SIL AA M AA M AA M AA M AA SIL")
    acted = speak(voice(timing), timing, articulation(), emotions(), Direction(emotion="learned"))
    told = acted.felt
    assert told.shape == (len(acted.motion.weights), 7) and 0.5 < told.sum(1).max() <= 1 + 1e-6
    assert not told[:, EMOTIONS.index("surprise")].any()
