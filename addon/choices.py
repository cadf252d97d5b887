"""What the user chooses among, apart from the options that hold the choice: the panels need no more than these."""

from enum import StrEnum


class Existing(StrEnum):
    """What becomes of keys that are there already under the name of a shape."""

    KEEP = "KEEP"
    UPDATE = "UPDATE"
    REPLACE = "REPLACE"


class Where(StrEnum):
    """Where curves go. NEW: into a new action. REPLACE: into an action instead of the curves that it has of the same
    channels. RANGE: the same between the first and the last frame alone. APPEND: into an action behind its last key.
    STRIP: into an action of their own that a strip of the NLA plays under the owner's own action, which is added to it.
    """

    NEW = "NEW"
    REPLACE = "REPLACE"
    RANGE = "RANGE"
    APPEND = "APPEND"
    STRIP = "STRIP"


class Neutral(StrEnum):
    """Which look of the source is its rest. AUTOMATIC: the basis of the target where that is the same mesh; the rest
    pose where the source has keys or an armature; or else the frame that is most like all others."""

    AUTOMATIC = "AUTOMATIC"
    REST = "REST"
    FRAME = "FRAME"


class Rate(StrEnum):
    """Where keyframes lie. SCENE: on the scene's frames. CLIP: where the clip has its own, between the scene's."""

    SCENE = "SCENE"
    CLIP = "CLIP"


class Gaze(StrEnum):
    """What turns the eyes: the eyeLook keys, movers, or both."""

    KEYS = "KEYS"
    MOVERS = "MOVERS"
    BOTH = "BOTH"
