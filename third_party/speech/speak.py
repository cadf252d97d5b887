"""The published network of speech from files to files: performances, FLAME's codes and meshes."""

import argparse
import warnings
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.archives import write_arrays
from backend.device import choose_device, pin_threads
from backend.errors import Progress, Refusal
from backend.faces.flame_face import FlameFace
from backend.faces.flame_head import find_flame_face
from backend.faces.flame_versions import check_version
from backend.live_link import write_live_link
from backend.networks.speech_codes import FPS
from backend.output import write_whole
from backend.performance import Performance, write_npz
from backend.speech.learned_codes import Spoken, Take, act, hear, measured, takes
from backend.speech.learned_face import FlameSpeech, meshes, weights
from backend.speech.learned_performance import act_out
from backend.speech.life import Strengths
from backend.speech.phones import Timing
from backend.speech.preview import write_preview
from backend.speech.sound import Sound
from third_party.flame.read import read_flame
from third_party.speech.arguments import MODE
from third_party.speech.checkpoint import Talker, read_talker

VERSION = "2020"
"""Of FLAME: the codes that the network was trained on are EMOCA's."""


@dataclass(frozen=True)
class Owned:
    """What the user's files hold. warned: a sentence that they should read, if any."""

    talker: Talker
    face: FlameFace
    takes: list[Take]
    warned: str | None


def read_owned(arguments: argparse.Namespace, progress: Progress) -> Owned:
    """The files that the arguments name. Raises Refusal."""
    wanted = takes(arguments.mode or MODE)
    pin_threads()
    talker = read_talker(arguments.checkpoint, arguments.wav2vec, choose_device())
    model = read_flame(arguments.flame)
    try:
        warned = check_version(VERSION, model, "tf_emo_4")
    except Refusal as error:
        raise Refusal(error.code, error.sentence, f"Choose the file of FLAME {VERSION}.") from error
    return Owned(talker, find_flame_face(model, progress), wanted, warned)


def speak_published(
    arguments: argparse.Namespace,
    owned: Owned,
    sound: Sound,
    timing: Timing | None,
    strengths: Strengths,
    progress: Progress,
) -> list[str]:
    """Writes what the arguments ask for, for every take of the mode, and returns lines that say what. Raises
    Refusal."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "LSTM with projections")
        spoken = hear(owned.talker.network, sound.samples, lambda part, text: progress(0.4 * part, text))
    lines = []
    for number, take in enumerate(owned.takes):
        progress(0.4 + 0.6 * number / len(owned.takes), f"Acting {take.label or 'the speech'}")
        speech = _speech(owned.talker, spoken, take)
        motion = act_out(
            weights(owned.face, speech),
            FPS,
            sound,
            timing,
            strengths,
            arguments.seed,
            f"voice {arguments.audio.name}, published network, {take.label or 'as heard' if take.label != '' else 'no'}"
            " emotion",
        )
        _write(arguments, take.name, owned.face, speech, motion, sound)
        lines.append(f"{named(arguments.out, take.name)}: {len(motion.weights):,} frames at {FPS:g} fps")
    return lines + ([owned.warned] if owned.warned else [])


def named(path: Path, name: str) -> Path:
    """The place of a take that has a name."""
    return path.with_stem(f"{path.stem}-{name}") if name else path


def _speech(talker: Talker, spoken: Spoken, take: Take) -> FlameSpeech:
    neutral, jaw = measured(spoken.neutral, talker.low, talker.high)
    acted, acted_jaw = measured(act(talker.network, spoken, take), talker.low, talker.high)
    return FlameSpeech(neutral, jaw, acted, acted_jaw, take.fused)


def _write(
    arguments: argparse.Namespace, name: str, face: FlameFace, speech: FlameSpeech, motion: Performance, sound: Sound
) -> None:
    write_whole(named(arguments.out, name), ".npz", lambda path: write_npz(path, motion))
    if arguments.csv:
        write_whole(named(arguments.csv, name), ".csv", lambda path: write_live_link(path, motion))
    if arguments.codes:
        jaw = speech.jaw if speech.fused else speech.acted_jaw
        codes = {"expression": speech.acted, "neutral": speech.neutral, "jaw": jaw, "fps": np.float64(FPS)}
        write_whole(named(arguments.codes, name), ".npz", lambda path: write_arrays(path, **codes))
    if arguments.frames:
        shape = (len(speech.jaw), len(face.model.vertices), 3)
        write_whole(
            named(arguments.frames, name), ".npz", lambda path: write_frames(path, shape, meshes(face, speech), FPS)
        )
    if arguments.preview:
        write_whole(named(arguments.preview, name), ".mp4", lambda path: write_preview(path, motion, sound.samples))


def write_frames(path: Path, shape: tuple[int, int, int], chunks: Iterable[np.ndarray], fps: float) -> None:
    """A clip of shape (T, V, 3) as the verb encode reads it, chunk after chunk (n, V, 3) float32: a long one does not
    fit in memory."""
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        with archive.open("frames.npy", "w", force_zip64=True) as member:
            np.lib.format.write_array_header_1_0(member, header)
            for chunk in chunks:
                member.write(np.ascontiguousarray(chunk, "<f4").tobytes())
        with archive.open("fps.npy", "w") as member:
            np.lib.format.write_array(member, np.float64(fps), allow_pickle=False)
