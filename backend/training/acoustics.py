"""Rooms, microphones and noises: what lies between a voice and its recording."""

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from backend.speech.sound import RATE


def recorded(samples: np.ndarray, babble: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(N,) float32 as some microphone would have it. babble: (N,), others who speak."""
    heard = _through(samples, random)
    power = float(np.square(heard, dtype=np.float64).mean()) + 1e-9
    if random.random() < 0.85:
        noise = _noise(len(heard), babble, random)
        ratio = 10 ** (random.uniform(3, 50) / 10)
        heard = heard + noise * np.float32(np.sqrt(power / ratio / (float(np.square(noise).mean()) + 1e-12)))
    heard = heard * np.float32(10 ** (random.uniform(-40, -2) / 20) / max(float(np.abs(heard).max()), 1e-4))
    if random.random() < 0.06:
        heard = np.clip(heard * random.uniform(1.5, 6), -1, 1)
        heard *= np.float32(random.uniform(0.1, 1.0))
    return heard


def _through(samples: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Through a room and a microphone."""
    size = _size(len(samples) + RATE // 2)
    spectrum = np.asarray(rfft(samples, size))
    hertz = np.linspace(0, RATE / 2, len(spectrum), dtype=np.float32)
    octaves = np.log2(np.maximum(hertz, 30) / 1000)
    places = np.linspace(octaves[0], octaves[-1], 9)
    colour = np.interp(octaves, places, random.normal(0, random.uniform(0, 4), 9) + random.normal(0, 2) * places)
    if random.random() < 0.3:
        # a telephone, a codec, a cheap microphone
        colour -= 30 * np.maximum(np.log2(np.maximum(hertz, 1) / random.uniform(3000, 7500)), 0)
    if random.random() < 0.3:
        colour += 18 * np.minimum(np.log2(np.maximum(hertz, 10) / random.uniform(80, 350)), 0)
    spectrum = spectrum * (10 ** (np.clip(colour, -60, 30) / 20)).astype(np.float32)
    if random.random() < 0.5:
        spectrum = spectrum * np.asarray(rfft(_room(random), size))
    return np.asarray(irfft(spectrum, size))[: len(samples)].astype(np.float32)


def _room(random: np.random.Generator) -> np.ndarray:
    """(N,) impulse response: the direct sound, and noise that dies away by 60 dB in the time of reverberation."""
    seconds = random.uniform(0.08, 0.7)
    times = np.arange(int(min(seconds, 0.5) * RATE), dtype=np.float32) / RATE
    tail = random.standard_normal(len(times), dtype=np.float32) * np.exp(-6.9 * times / seconds)
    tail[: int(random.uniform(0.001, 0.008) * RATE)] = 0
    tail *= np.float32(10 ** (random.uniform(-25, 0) / 20) / max(float(np.linalg.norm(tail)), 1e-6))
    tail[0] = 1
    return tail


def _noise(count: int, babble: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(count,) float32: hiss, rumble, hum, people."""
    kind = random.random()
    if kind < 0.2:
        return babble
    size = _size(count)
    hertz = np.linspace(0, RATE / 2, size // 2 + 1, dtype=np.float32)
    shape = np.maximum(hertz, 40) ** np.float32(-random.uniform(0, 1.2))
    spectrum = np.asarray(rfft(random.standard_normal(size, dtype=np.float32))) * shape
    noise = np.asarray(irfft(spectrum, size))[:count].astype(np.float32)
    if kind < 0.4:
        times = np.arange(count, dtype=np.float32) / RATE
        base = random.choice([50, 60, random.uniform(80, 300)])
        orders = np.arange(1, 6, dtype=np.float32)
        hum = random.uniform(0, 1, 5) @ np.sin(2 * np.pi * base * orders[:, None] * times + orders[:, None])
        noise = noise / max(float(noise.std()), 1e-9) + hum.astype(np.float32)
    if random.random() < 0.3:
        swell = np.interp(np.arange(count), np.linspace(0, count, 12), random.uniform(0, 1, 12) ** 2)
        noise = noise * swell.astype(np.float32)
    return noise


def _size(count: int) -> int:
    """At least so many samples, and quick to transform."""
    return int(next_fast_len(count, real=True) or count)


def music(count: int, random: np.random.Generator) -> np.ndarray:
    """(count,) float32: notes that nobody sings."""
    times = np.arange(count, dtype=np.float32) / RATE
    sound = np.zeros(count, np.float32)
    for _ in range(int(random.integers(2, 12))):
        start, length = random.uniform(0, times[-1]), random.uniform(0.1, 2.0)
        loud = np.where(times >= start, np.exp(-(times - start) / length), 0)
        pitch = 55 * 2 ** (random.integers(0, 48) / 12)
        sound += loud * sum(np.sin(2 * np.pi * pitch * k * times) / k ** random.uniform(0.8, 2) for k in range(1, 6))
    return 0.2 * sound.astype(np.float32)
