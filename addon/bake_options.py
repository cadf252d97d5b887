"""How a performance is put onto a character, as plain data."""

from dataclasses import dataclass
from enum import StrEnum

from .curves import NEW_ACTION, Placement
from .pose_curves import Mover
from .roles import AUTOMATIC


class Rate(StrEnum):
    """Where keyframes lie. SCENE: on the scene's frames. CLIP: where the clip has its own, between the scene's."""

    SCENE = "SCENE"
    CLIP = "CLIP"


class Gaze(StrEnum):
    """What turns the eyes: the eyeLook keys, movers, or both."""

    KEYS = "KEYS"
    MOVERS = "MOVERS"
    BOTH = "BOTH"


@dataclass(frozen=True)
class BakeOptions:
    """start: the scene's frame of the clip's first. front: the side that has the face, for head and gaze. head: what
    the head's motion turns, and shifts where head_location. eyes: left and right."""

    placement: Placement = NEW_ACTION
    rate: Rate = Rate.CLIP
    start: float = 1.0
    front: str = AUTOMATIC
    head: Mover | None = None
    head_location: bool = False
    gaze: Gaze = Gaze.KEYS
    eyes: tuple[Mover | None, Mover | None] = (None, None)
