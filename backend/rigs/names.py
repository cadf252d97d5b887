"""What the name of a control says: a channel by anyone's spelling, or a viseme or mood that a channel leads."""

from backend.channels import ARKIT_NAMES, CHANNEL, recognise, spelling, tokens

TURNS = {
    "eyeTurnLeft_L": "eyeLookOutLeft",
    "eyeTurnRight_L": "eyeLookInLeft",
    "eyeTurnUp_L": "eyeLookUpLeft",
    "eyeTurnDown_L": "eyeLookDownLeft",
    "eyeTurnLeft_R": "eyeLookInRight",
    "eyeTurnRight_R": "eyeLookOutRight",
    "eyeTurnUp_R": "eyeLookUpRight",
    "eyeTurnDown_R": "eyeLookDownRight",
}
"""ARKit's eyeLook stands for lids and eyeballs."""

SMILE = {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5}
STRETCH = {"mouthStretchLeft": 0.5, "mouthStretchRight": 0.5}
LED: dict[tuple[str, ...], dict[str, float]] = {
    ("aa", "a", "visemeaa", "vaa", "fclmtha", "vopen"): {"jawOpen": 1.0},
    ("oh", "o", "visemeo", "visemeoh", "voh", "fclmtho"): {"mouthFunnel": 1.0},
    ("ou", "u", "visemeu", "visemeou", "vou", "fclmthu", "vtighto"): {"mouthPucker": 1.0},
    ("ee", "e", "visemee", "ve", "fclmthe", "vwide"): STRETCH,
    ("ih", "i", "visemei", "visemeih", "vih", "fclmthi"): STRETCH,
    ("visemepp", "vpp", "vexplosive"): {"mouthClose": 1.0},
    ("visemeff", "vff", "vdentallip"): {"mouthRollLower": 1.0},
    ("visemeth", "vth"): {"tongueOut": 1.0},
    ("happy", "joy", "fclalljoy"): SMILE,
    ("angry", "fclallangry"): {"browDownLeft": 0.5, "browDownRight": 0.5},
    ("sad", "sorrow", "fclallsorrow"): {"mouthFrownLeft": 0.5, "mouthFrownRight": 0.5},
    ("lookup", "fcleyelookup"): {"eyeLookUpLeft": 0.5, "eyeLookUpRight": 0.5},
    ("lookdown", "fcleyelookdown"): {"eyeLookDownLeft": 0.5, "eyeLookDownRight": 0.5},
    ("lookl",): {"eyeLookOutLeft": 0.5, "eyeLookInRight": 0.5},
    ("lookr",): {"eyeLookInLeft": 0.5, "eyeLookOutRight": 0.5},
    ("surprised", "fclallsurprised"): {"eyeWideLeft": 0.5, "eyeWideRight": 0.5},
}
"""Spellings of VRM, VRoid, Oculus and Character Creator, and the channels that lead the expression."""

LEADS = {word: channels for words, channels in LED.items() for word in words}


def named(control: str) -> dict[str, float]:
    """The ARKit channels that a control of this name is, each with its share: one, both sides where the name has none,
    or nothing where the name is not known."""
    found = dict.fromkeys(
        name for channel in recognise(control) if (name := TURNS.get(channel) or CHANNEL[channel].arkit) in ARKIT_NAMES
    )
    return {name: 1.0 / len(found) for name in found if name}


def led(control: str) -> dict[str, float]:
    """The channels that lead a viseme or a mood of this name; a mixture of more than that, so only a guess."""
    return dict(LEADS.get(spelling(tokens(control)).replace(".", ""), {}))
