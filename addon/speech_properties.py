"""How a recording is read and acted, as settings of the panel and of operators."""

from typing import Any

import bpy

EMOTIONS = ("anger", "happiness", "sadness", "disgust", "fear", "surprise")
SPEECH = "speech"
"""The panel that shows how it ended."""

STYLE, LAYERS = ("jaw", "lips"), ("blinks", "glances", "brows", "head")

MOODS = (
    ("OFF", "Neutral", "Speech alone"),
    ("SET", "Set", "As the sliders say; they can be keyed"),
    ("AUTO", "From Voice", "As loudness and pitch suggest"),
)


def changed(owner: Any, context: bpy.types.Context) -> None:
    """A setting of the scene has changed; as a property's update function."""
    if isinstance(owner, FacsimileSpeech):
        # Here and not above, as this module says what that one reads.
        from .speech_live import ask_again

        ask_again()


def amount(name: str, what: str, default: float = 1.0, most: float = 2.0) -> Any:
    """A slider."""
    return bpy.props.FloatProperty(
        name=name, description=what, default=default, min=0.0, max=most, subtype="FACTOR", step=5, update=changed
    )


class SpeechProperties:
    """What is said, and how it is acted."""

    text: bpy.props.StringProperty(
        name="Text",
        description="What is said. It makes the timing exact; without it, words are recognised",
        update=changed,
    )
    language: bpy.props.StringProperty(
        name="Language",
        description="Of the voice: en, de, fr, es, pt-br, zh and many more",
        default="en",
        update=changed,
    )
    mood: bpy.props.EnumProperty(
        name="Emotion", description="What the face feels while it speaks", items=MOODS, update=changed
    )
    anger: amount("Anger", "How angry the face is", 0.0, 1.0)
    happiness: amount("Happiness", "How happy the face is", 0.0, 1.0)
    sadness: amount("Sadness", "How sad the face is", 0.0, 1.0)
    disgust: amount("Disgust", "How disgusted the face is", 0.0, 1.0)
    fear: amount("Fear", "How afraid the face is", 0.0, 1.0)
    surprise: amount("Surprise", "How surprised the face is", 0.0, 1.0)
    jaw: amount("Jaw", "How far the jaw opens: 0 mumbles, 2 shouts")
    lips: amount("Lips", "How much the lips do: 0 mumbles, 2 over-enunciates")
    blinks: amount("Blinks", "How far the lids close in blinks", 1.0, 1.0)
    glances: amount("Glances", "How much the eyes wander")
    brows: amount("Brows", "How much the brows stress what is stressed")
    head: amount("Head", "How much the head nods and sways; it needs an object or bone that turns with the head")
    seed: bpy.props.IntProperty(
        name="Seed", description="Other blinks, glances and sway", default=0, min=0, update=changed
    )
    markers: bpy.props.BoolProperty(name="Word Markers", description="Mark the words on the time line", default=True)
    apart: bpy.props.BoolProperty(
        name="Strip per Layer",
        description="Mouth, emotion, blinks, glances and brows each as a strip of the NLA, to be muted or weighed",
        default=False,
    )
    strip: bpy.props.BoolProperty(
        name="Sound Strip", description="Put the recording into the sequencer, so that it is heard", default=True
    )


class FacsimileSpeech(SpeechProperties, bpy.types.PropertyGroup):
    """The recording of this scene, and how it is acted."""

    filepath: bpy.props.StringProperty(
        name="Voice", description="A recording, or a film with sound", subtype="FILE_PATH", update=changed
    )


def names_of_speech() -> list[str]:
    """The settings that operators have as well."""
    return list(SpeechProperties.__annotations__)


CLASSES = (FacsimileSpeech,)


def register() -> None:
    bpy.types.Scene.facsimile_speech = bpy.props.PointerProperty(type=FacsimileSpeech)


def unregister() -> None:
    del bpy.types.Scene.facsimile_speech
