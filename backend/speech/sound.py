"""A recording from a file: whatever it was stored as, one channel at 16 kHz."""

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError

from backend.errors import Progress, Refusal, silent

RATE = 16_000
"""Samples per second of what is read."""

LONGEST = 8 * 3600
"""Seconds; six hours of sound are 1.4 GB as they are kept here."""

LOUDEST = 0.999
"""Of full scale: what reaches it was clipped."""

CLIPPED = 0.002
"""Share of clipped samples from which on a recording is said to be."""

CURE = "Save it as WAV."


@dataclass(frozen=True)
class Sound:
    """samples: (N,) float32 in -1..1, one channel at RATE, without a constant part. rate, channels: of the file.
    clipped: share of samples at full scale."""

    samples: np.ndarray
    rate: int
    channels: int
    clipped: float

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / RATE


def read_sound(path: Path, progress: Progress = silent) -> Sound:
    """The first sound of a file that FFmpeg reads, a film's too. Raises Refusal for what has none, is damaged from its
    beginning, or is longer than LONGEST; a file that is cut short gives what is there."""
    if not path.is_file():
        raise Refusal("no-file", f"There is no file {path}.", "Check the path.")
    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            if not container.streams.audio:
                raise Refusal("no-sound", f"{path.name} has no sound.", "Choose a recording of a voice.")
            stream = container.streams.audio[0]
            rate, channels = int(stream.rate or RATE), int(stream.channels or 1)
            length = float(container.duration or 0) / 1e6
            samples = _decoded(path, container, stream, length, progress)
    except (FFmpegError, OSError, ValueError) as error:
        raise Refusal("bad-sound", f"{path.name} is no recording that can be read.", CURE) from error
    if not len(samples):
        raise Refusal("bad-sound", f"{path.name} has no sound in it.", "Record it again.")
    clipped = float(np.count_nonzero(samples >= LOUDEST) + np.count_nonzero(samples <= -LOUDEST)) / len(samples)
    samples -= samples.mean(dtype=np.float64).astype(np.float32)
    return Sound(np.clip(samples, -1.0, 1.0, out=samples), rate, channels, clipped)


def _decoded(
    path: Path, container: InputContainer, stream: av.AudioStream, length: float, progress: Progress
) -> np.ndarray:
    # Channels are averaged here: a mix for loudspeakers would add them up beyond full scale.
    resampler = av.AudioResampler(format="fltp", rate=RATE)
    pieces: list[np.ndarray] = []
    count = 0
    try:
        for frame in container.decode(stream):
            for part in resampler.resample(frame):
                pieces.append(part.to_ndarray().mean(0).astype(np.float32))
                count += len(pieces[-1])
            if count > LONGEST * RATE:
                raise Refusal("too-long", f"{path.name} is longer than {LONGEST // 3600} hours.", "Cut it into parts.")
            if length:
                progress(min(count / RATE / length, 1.0), "Reading the sound")
        pieces += [part.to_ndarray().mean(0).astype(np.float32) for part in resampler.resample(None)]
    except FFmpegError:
        # What comes before the damage can be used.
        if not pieces:
            raise
    found = np.concatenate(pieces) if pieces else np.empty(0, np.float32)
    return np.nan_to_num(found, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
