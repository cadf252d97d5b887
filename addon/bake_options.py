"""How a performance is put onto a character, as plain data."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .choices import Gaze, Rate
from .curves import NEW_ACTION, Placement
from .pose_curves import Mover
from .roles import AUTOMATIC

if TYPE_CHECKING:
    from ..backend.curve_options import CurveOptions


@dataclass(frozen=True)
class BakeOptions:
    """placement: where the curves go. curves: what is done to them first. reduce: how far fewer keys may be from all
    of them; 0 to keep all. start: the scene's frame of the clip's first. front: the side that has the face, for head
    and gaze. head: what the head's motion turns, and shifts where head_location. eyes: left and right."""

    placement: Placement = NEW_ACTION
    curves: "CurveOptions | None" = None
    reduce: float = 0.0
    rate: Rate = Rate.CLIP
    start: float = 1.0
    front: str = AUTOMATIC
    head: Mover | None = None
    head_location: bool = False
    gaze: Gaze = Gaze.KEYS
    eyes: tuple[Mover | None, Mover | None] = (None, None)
