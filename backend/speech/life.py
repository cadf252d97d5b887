"""What a face does beside speaking: blinks, glances, brows that stress, a head that nods along; each a layer."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from backend.channels import ARKIT_NAMES
from backend.speech.phones import SILENCE, Timing
from backend.speech.prosody import Prosody

CLOSING, OPENING = 0.08, 0.16
"""Seconds of a blink."""

BETWEEN = (2.0, 5.5)
"""Seconds between two blinks."""

DOUBLE = 0.12
"""Share of blinks that are two."""

GLANCE, STAY = 0.12, (0.5, 2.2)
"""Largest turn of the eyes as a weight, and seconds that they stay."""

ACCENT = 0.28
"""The brows' weight at a strong accent."""

NOD, SWAY = 0.035, 0.012
"""Radians of a nod at an accent and of slow sway."""


@dataclass(frozen=True)
class Strengths:
    """How much of each layer there is, 0 for none."""

    blinks: float = 1.0
    glances: float = 1.0
    brows: float = 1.0
    head: float = 1.0


@dataclass(frozen=True)
class Life:
    """blinks, glances, brows: (T, 52) of ARKIT_NAMES to add. head: (T, 3) rotation vectors in radians."""

    blinks: np.ndarray
    glances: np.ndarray
    brows: np.ndarray
    head: np.ndarray

    @property
    def weights(self) -> np.ndarray:
        """(T, 52) all together."""
        return self.blinks + self.glances + self.brows


def living(
    timing: Timing, prosody: Prosody, still: np.ndarray, fps: float, strengths: Strengths, seed: int = 0
) -> Life:
    """The layers for a timing at fps frames per second. still: (T,) in 0..1, how silent it is: then only lids move."""
    count = len(still)
    times = np.arange(count) / fps
    closing, looking, raised = (np.zeros((count, len(ARKIT_NAMES))) for _ in range(3))
    head = np.zeros((count, 3))
    blinks, glances, sway = (np.random.default_rng([seed, layer]) for layer in range(3))
    _add_blinks(closing, times, timing, blinks, strengths.blinks)
    _add_glances(looking, times, 1 - still, glances, strengths.glances)
    stress = accents(prosody, times) * (1 - still)
    for name, share in (("browInnerUp", 1.0), ("browOuterUpLeft", 0.6), ("browOuterUpRight", 0.6)):
        raised[:, ARKIT_NAMES.index(name)] += strengths.brows * ACCENT * share * stress
    delayed = np.interp(times - 0.05, times, stress)
    head[:, 0] += strengths.head * NOD * delayed * (1 - still)
    slow = gaussian_filter1d(sway.standard_normal((count, 3)), 1.2 * fps, axis=0, mode="nearest")
    slow *= np.sqrt(2 * np.sqrt(np.pi) * 1.2 * fps)
    head += strengths.head * SWAY * slow * gaussian_filter1d(1 - still, 0.3 * fps, mode="nearest")[:, None]
    return Life(closing, looking, raised, head)


def accents(prosody: Prosody, times: np.ndarray) -> np.ndarray:
    """(T,) in 0..1: bumps where pitch and loudness stand out together, at times (T,) seconds."""
    voiced = np.isfinite(prosody.pitch)
    if voiced.sum() < 20:
        return np.zeros(len(times))
    tones = np.where(voiced, 12 * np.log2(np.where(voiced, prosody.pitch, 1.0) / np.nanmedian(prosody.pitch)), 0.0)
    level = np.where(prosody.heard, prosody.level - np.median(prosody.level[prosody.heard]), -20.0)
    standing = gaussian_filter1d(tones / 4 + level / 8, 0.06 * prosody.rate)
    peaks, found = find_peaks(standing, prominence=0.5, distance=int(0.4 * prosody.rate))
    result = np.zeros(len(times))
    for place, height in zip(peaks / prosody.rate, found["prominences"], strict=True):
        away = times - place
        width = np.where(away < 0, 0.12, 0.22)
        result = np.maximum(result, np.clip(height / 2.5, 0, 1) * np.exp(-0.5 * (away / width) ** 2))
    return result


def blink_times(timing: Timing, random: np.random.Generator) -> list[float]:
    """Seconds at which the lids begin to close: at the ends of phrases where one is due, else when it is."""
    ends = [one.start for one in timing.phones if one.label == SILENCE and one.end - one.start > 0.15 and one.start > 0]
    result: list[float] = []
    place = random.uniform(0.5, 2.5)
    while place < timing.duration - CLOSING - OPENING:
        near = [end for end in ends if abs(end - place) < 0.8 and (not result or end - result[-1] > 0.6)]
        moment = min(near, key=lambda end: abs(end - place)) if near else place
        if moment + CLOSING + OPENING < timing.duration:
            result.append(moment)
            if random.uniform() < DOUBLE and moment + 0.3 + CLOSING + OPENING < timing.duration:
                result.append(moment + 0.3)
        place = max(moment, place) + random.uniform(*BETWEEN)
    return result


def _add_blinks(
    weights: np.ndarray, times: np.ndarray, timing: Timing, random: np.random.Generator, strength: float
) -> None:
    lids = [ARKIT_NAMES.index(f"eyeBlink{side}") for side in ("Left", "Right")]
    fps = 1 / (times[1] - times[0]) if len(times) > 1 else 30.0
    for start in blink_times(timing, random):
        first, last = int(start * fps), min(len(times), int((start + CLOSING + OPENING) * fps) + 2)
        since = times[first:last] - start
        shut = np.where(since < CLOSING, since / CLOSING, 1 - (since - CLOSING) / OPENING)
        shut = np.clip(shut, 0, 1)
        eased = shut * shut * (3 - 2 * shut)
        for lid in lids:
            weights[first:last, lid] = np.maximum(weights[first:last, lid], min(strength, 1.0) * eased)


def _add_glances(
    weights: np.ndarray, times: np.ndarray, speaking: np.ndarray, random: np.random.Generator, strength: float
) -> None:
    """Saccades: the eyes jump and stay; they come to rest in silence."""
    side, up = np.zeros(len(times)), np.zeros(len(times))
    place = 0.0
    while len(times) and place < times[-1]:
        stay = random.uniform(*STAY)
        chosen = (times >= place) & (times < place + stay)
        side[chosen], up[chosen] = random.uniform(-GLANCE, GLANCE), random.uniform(-0.6, 0.4) * GLANCE
        place += stay
    fps = 1 / (times[1] - times[0]) if len(times) > 1 else 30.0
    calm = gaussian_filter1d(speaking, 0.08 * fps, mode="nearest")
    for curve, pairs in ((side, (("OutLeft", "InRight"), ("InLeft", "OutRight"))), (up, (("Up",), ("Down",)))):
        jump = strength * calm * gaussian_filter1d(curve, 0.012 * fps, mode="nearest")
        for sign, names in zip((1, -1), pairs, strict=True):
            for name in names if len(names) == 2 else [f"{names[0]}{eye}" for eye in ("Left", "Right")]:
                weights[:, ARKIT_NAMES.index(f"eyeLook{name}")] += np.maximum(sign * jump, 0)
