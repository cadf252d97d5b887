"""Trains the model that hears what a voice feels, on a folder of the Berlin Database of Emotional Speech."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from backend.errors import Refusal
from backend.speech.emotion import EMOTIONS, suggested
from backend.speech.felt import FAR, TOLD, probabilities
from backend.speech.prosody import prosody
from backend.speech.sound import read_sound
from backend.speech.voice_features import features_of
from backend.training.acoustics import recorded

LETTERS = {"W": "anger", "F": "happiness", "T": "sadness", "A": "fear", "N": "neutral", "L": "neutral"}
"""The sixth letter of a file's name; boredom (L) shows on a face as nothing does, and disgust (E) has too few clips."""

COPIES = 6
"""How often a clip is heard through other rooms and microphones, which together count as much as itself."""

WEIGHT_DECAY, CONTRAST = 1.5, 3.0
"""How strongly weights are held small, and what odds are multiplied by in the end, which makes up for it: probabilities
are then as likely as they say, on speakers that were left out."""

QUIET = 0.1
"""Intensity under which the rules mean that nothing is felt."""


@dataclass(frozen=True)
class Voices:
    """Rows of clips and their copies. features: (N, COUNT). emotions: (N,) into TOLD. speakers: (N,). copies: (N,) 0
    for a clip itself. ruled: (N,) what the rules say of it, into TOLD."""

    features: np.ndarray
    emotions: np.ndarray
    speakers: np.ndarray
    copies: np.ndarray
    ruled: np.ndarray


def read_voices(folder: Path) -> Voices:
    """All clips of a folder whose emotion is told apart. Raises Refusal where there are none."""
    paths = [path for path in sorted(folder.glob("*.wav")) if path.stem[5:6] in LETTERS]
    if not paths:
        raise Refusal("no-clips", f"{folder} has no recordings of the database.", "Give its folder of WAV files.")
    sounds = [_trimmed(read_sound(path).samples) for path in paths]
    rows = []
    for number, (path, samples) in enumerate(zip(paths, sounds, strict=True)):
        for copy in range(COPIES + 1):
            random = np.random.default_rng([number, copy])
            other = np.resize(sounds[random.integers(len(sounds))], len(samples))
            heard = recorded(samples, other, random) if copy else samples
            voice = prosody(heard)
            rules = suggested(voice, np.arange(0, len(heard) / 16_000, 0.1)).mean(0)
            best = int(rules.argmax()) if rules.max() > QUIET else 0
            rows.append((features_of(heard, voice), TOLD.index(LETTERS[path.stem[5]]), path.stem[:2], copy, best))
    features, emotions, speakers, copies, ruled = (np.array(column) for column in zip(*rows, strict=True))
    return Voices(features, emotions, speakers, copies, np.array([TOLD.index(EMOTIONS[at]) for at in ruled]))


def _trimmed(samples: np.ndarray) -> np.ndarray:
    """Without the zeros that a clip was padded with."""
    heard = np.flatnonzero(np.abs(samples) > 1e-4)
    return samples[: heard[-1] + 1] if len(heard) else samples


def fitted(voices: Voices, chosen: np.ndarray) -> dict[str, np.ndarray]:
    """Logistic regression on the rows of a mask (N,); each emotion counts the same."""
    features, emotions = voices.features[chosen], voices.emotions[chosen]
    middle, spread = features.mean(0), features.std(0) + 1e-6
    rows = torch.from_numpy(np.clip((features - middle) / spread, -FAR, FAR))
    answers = torch.from_numpy(emotions)
    share = np.where(voices.copies[chosen] == 0, 1.0, 1.0 / COPIES)
    share = torch.from_numpy(share / np.maximum(np.bincount(emotions, share, len(TOLD)), 1e-9)[emotions] / len(TOLD))
    weight = torch.zeros(rows.shape[1], len(TOLD), dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(len(TOLD), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=300, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        errors = torch.nn.functional.cross_entropy(rows @ weight + bias, answers, reduction="none")
        value = (errors * share).sum() + WEIGHT_DECAY * weight.square().sum()
        value.backward()
        return value

    optimiser.step(loss)
    return {
        "middle": middle,
        "spread": spread,
        "weight": CONTRAST * weight.detach().numpy(),
        "bias": CONTRAST * bias.detach().numpy(),
    }


def measured(voices: Voices) -> dict[str, object]:
    """Shares of clips that are told rightly where their speaker was left out of training: of each emotion and their
    mean, on clips themselves and on their copies, beside the rules'."""
    guesses = np.zeros(len(voices.emotions), int)
    for speaker in np.unique(voices.speakers):
        own = voices.speakers == speaker
        arrays = fitted(voices, ~own)
        guesses[own] = [int(probabilities(arrays, row).argmax()) for row in voices.features[own]]
    found: dict[str, object] = {}
    for name, rows, told in (
        ("clips", voices.copies == 0, guesses),
        ("copies", voices.copies > 0, guesses),
        ("rules", voices.copies == 0, voices.ruled),
    ):
        right = [float((told == at)[rows & (voices.emotions == at)].mean()) for at in range(len(TOLD))]
        found[name] = {"mean": round(float(np.mean(right)), 3)} | dict(
            zip(TOLD, np.round(right, 2).tolist(), strict=True)
        )
    return found


def train_emotion(folder: Path, out: Path) -> None:
    """Measures with each speaker left out, trains on all, and writes both into a folder. Raises Refusal."""
    voices = read_voices(folder)
    figures = measured(voices)
    print(json.dumps(figures, indent=1), flush=True)
    out.mkdir(parents=True, exist_ok=True)
    arrays = fitted(voices, np.ones(len(voices.emotions), bool))
    save_file({name: value.astype(np.float32) for name, value in arrays.items()}, out / "emotion.safetensors")
    (out / "measured.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
