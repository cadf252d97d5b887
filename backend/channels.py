"""The channels of a face: their names in every vocabulary that rigs use, their mirrors and their regions.

The 62 channels are the 53 shapes of ICT-FaceKit in its order, tongueOut, and eight turns of the eyeballs
(eyeTurnLeft_L: the left eye turns to the character's own left). ICT's eyeLook channels move lids only; the turns move
the eyeballs only. ARKit's 52 differ in three ways: browInnerUp and cheekPuff have no sides, tongueOut is there, and the
eyeLook keys stand for both lids and eyeballs.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

DATA = Path(__file__).with_name("channels.json")


@dataclass(frozen=True)
class Channel:
    """One channel. arkit: its ARKit name; both sides of browInnerUp and cheekPuff share one; None for the eye turns.
    facs: action unit. vrm: VRM 1.0 expression preset and viseme: Oculus viseme that this channel leads. region: brow,
    eye, cheek, nose, jaw, mouth or tongue. mirror: the channel of the other side, or its own name. spellings: how
    vendors write it."""

    name: str
    arkit: str | None
    facs: str | None
    vrm: str | None
    viseme: str | None
    region: str
    mirror: str
    spellings: tuple[str, ...]


def read_channels() -> tuple[tuple[Channel, ...], tuple[str, ...]]:
    """The channels in order, and ARKit's names in Apple's order, from the data file."""
    data = json.loads(DATA.read_text(encoding="utf-8"))
    channels = tuple(Channel(**{**row, "spellings": tuple(row["spellings"])}) for row in data["channels"])
    return channels, tuple(data["arkit_order"])


CHANNELS, ARKIT_NAMES = read_channels()
CHANNEL = {channel.name: channel for channel in CHANNELS}
EYE_NAMES = tuple(name for name in CHANNEL if name.startswith("eyeTurn"))
FACE_NAMES = tuple(name for name in CHANNEL if name not in EYE_NAMES)
"""ICT's 53 and tongueOut: every channel that deforms the face."""
ICT_NAMES = tuple(name for name in FACE_NAMES if name != "tongueOut")

EYE_RANGE = np.radians([35.0, 30.0])
"""Radians that an eye turn of weight 1 stands for, sideways and up or down: the slope between the recorded eye angles
and the eyeLook weights of ARKit captures, rounded to 5 degrees."""


def mirror(name: str) -> str:
    """The same channel on the other side of the face; a middle channel is its own mirror. Takes our own or ARKit's
    names and raises KeyError for others."""
    if name in CHANNEL:
        return CHANNEL[name].mirror
    if name not in ARKIT_NAMES:
        raise KeyError(name)
    return CHANNEL[CHANNEL[recognise(name)[0]].mirror].arkit or name


def face_from_arkit() -> np.ndarray:
    """(54, 52) float32: weights of FACE_NAMES from weights of ARKIT_NAMES. Its transpose makes ARKit's displacement
    fields from ours, because a key without sides is the sum of its two sides."""
    matrix = np.zeros((len(FACE_NAMES), len(ARKIT_NAMES)), np.float32)
    for row, name in enumerate(FACE_NAMES):
        matrix[row, ARKIT_NAMES.index(CHANNEL[name].arkit or name)] = 1
    return matrix


def arkit_from_face() -> np.ndarray:
    """(52, 54) float32: weights of ARKIT_NAMES from weights of FACE_NAMES; the mean where a key has no sides.
    arkit_from_face() @ face_from_arkit() is the identity."""
    matrix = face_from_arkit().T
    return matrix / matrix.sum(1, keepdims=True)


def convert_weights(weights: np.ndarray, names: tuple[str, ...], wanted: tuple[str, ...]) -> np.ndarray:
    """(T, len(wanted)) float32 weights of the wanted channels from weights (T, C) of names, ARKit or ours. Channels
    that names lacks are zero; where several names reach one wanted channel, their mean is taken."""
    matrix = np.zeros((len(wanted), len(names)), np.float32)
    reached = [set(recognise(name)) for name in names]
    for row, target in enumerate(wanted):
        channels = set(recognise(target))
        for column, name in enumerate(names):
            matrix[row, column] = name == target or bool(channels & reached[column])
    total = np.maximum(matrix.sum(1, keepdims=True), 1)
    return (np.asarray(weights, np.float32) @ (matrix / total).T).astype(np.float32)


def eye_turns_from_gaze(gaze: np.ndarray) -> np.ndarray:
    """(T, 8) weights of EYE_NAMES from gaze (T, 4): yaw and pitch in radians of the left, then the right eye, yaw
    positive to the character's left, pitch positive downwards."""
    scaled = np.asarray(gaze, np.float32).reshape(-1, 2, 2) / EYE_RANGE.astype(np.float32)
    yaw, pitch = scaled[..., 0], scaled[..., 1]
    return np.stack(
        [np.maximum(yaw, 0), np.maximum(-yaw, 0), np.maximum(-pitch, 0), np.maximum(pitch, 0)], axis=2
    ).reshape(-1, 8)


def gaze_from_eye_turns(turns: np.ndarray) -> np.ndarray:
    """(T, 4) gaze in radians from weights (T, 8) of EYE_NAMES; inverse of eye_turns_from_gaze."""
    left, right, up, down = np.moveaxis(np.asarray(turns, np.float32).reshape(-1, 2, 4), 2, 0)
    return (np.stack([left - right, down - up], axis=2) * EYE_RANGE.astype(np.float32)).reshape(-1, 4)


def tokens(name: str) -> list[str]:
    """Lower-case words of a key's name; left and right are written l and r. Splits at case changes, at anything that is
    no letter or digit, and before a final left or right."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+?(?=left|right|[^a-z]|$)|left|right|\d+", name)
    short = {"left": "l", "right": "r"}
    return [short.get(word, word) for word in map(str.lower, words)]


def spelling(words: list[str]) -> str:
    """One canonical spelling of a name's words: a lone side goes to the end, so left_eye_blink meets eyeBlink_L."""
    sides = [word for word in words if word in ("l", "r")]
    if len(sides) == 1:
        return "".join(word for word in words if word != sides[0]) + "." + sides[0]
    return "".join(words)


def known_spellings() -> dict[str, tuple[str, ...]]:
    """Every canonical spelling and the channels that it stands for."""
    known: dict[str, tuple[str, ...]] = {}
    for channel in CHANNELS:
        names = (channel.name, *channel.spellings)
        for key in {spelling(tokens(name)) for name in names}:
            known[key] = (channel.name,)
    for name in ARKIT_NAMES:
        known[spelling(tokens(name))] = tuple(c.name for c in CHANNELS if c.arkit == name)
    for channel in CHANNELS:
        if channel.name.endswith("_L"):
            for name in (channel.name, *channel.spellings):
                words = tokens(name)
                if words.count("l") + words.count("r") == 1:
                    plain = "".join(word for word in words if word not in ("l", "r"))
                    known.setdefault(plain, (channel.name, channel.mirror))
    return known


KNOWN = known_spellings()


def recognise(name: str) -> tuple[str, ...]:
    """The channels that a key of this name drives: none when it is unknown, two when it has no side but the channel
    has.

    Knows our own, ARKit's and common vendors' spellings in any case and with any separators, behind any prefix that
    ends in a separator (Shapes.browDown_L, head_eyeBlinkLeft). A prefix that is itself a channel makes the name a
    combination (jawOpen_mouthClose), which is unknown.
    """
    pieces = [piece for piece in re.split(r"[^A-Za-z0-9]+", name) if piece]
    for start in range(len(pieces)):
        key = spelling(tokens("_".join(pieces[start:])))
        if key in KNOWN:
            prefixes = ("_".join(pieces[:end]) for end in range(1, start + 1))
            return () if any(spelling(tokens(prefix)) in KNOWN for prefix in prefixes) else KNOWN[key]
    return ()
