"""What the user asks for, as plain data: for the backend, and for writing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .choices import Existing
from .names import NameMap


@dataclass(frozen=True)
class BuildOptions:
    """What the backend does. names: what the keys are called. front: the side of the head that has the face, in
    Blender's world: "-Y", "+Y", "-X", "+X", "-Z", "+Z"; empty to look for it. seals: whether eyes and lips are made to
    close."""

    names: NameMap = field(default_factory=lambda: NameMap("arkit"))
    correctives: bool = False
    seals: bool = True
    front: str = ""


@dataclass(frozen=True)
class WriteOptions:
    """What is written of it. strengths: of the regions of strength.py; those not named have 1. link_parts: whether
    eyes, teeth and so on get drivers from the head's keys."""

    existing: Existing = Existing.UPDATE
    strengths: Mapping[str, float] = field(default_factory=dict)
    link_parts: bool = False
