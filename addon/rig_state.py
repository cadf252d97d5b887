"""What is known of the work on a character's controls, running and ended, while Blender runs. Never saved."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import bpy
from bpy.app.handlers import persistent

from ..backend.errors import Refusal

if TYPE_CHECKING:
    from ..backend.performance import Performance
    from .bake_options import BakeOptions
    from .retarget_run import Run
    from .retargeting import Retargeted
    from .studying import Study


@dataclass(frozen=True)
class Order:
    """What is to be put onto controls. name: of the performance. motion: as the options want it."""

    name: str
    motion: "Performance"
    options: "BakeOptions"


@dataclass
class RigState:
    """running: None where nothing runs. order: what it is for. study: of the character that was measured last. result:
    of the last bake that ended well; first: the scene's frame where it begins; told: sentences about what was written.
    refusal: of the last one that did not."""

    running: "Run[Any] | None" = None
    order: Order | None = None
    study: "Study | None" = None
    result: "Retargeted | None" = None
    first: float = 1.0
    told: tuple[str, ...] = ()
    refusal: Refusal | None = None

    def stop(self) -> None:
        """Cancel what runs; the scene is as it was."""
        if self.running is not None:
            self.running.cancel()
        self.running = None


RIG = RigState()


@persistent
def forget(*_) -> None:
    """Another file is about to be opened, or the extension is switched off."""
    RIG.stop()
    RIG.order = RIG.study = RIG.result = RIG.refusal = None
    RIG.told = ()


@persistent
def take_back(*_) -> None:
    """What was told of the last bake may no longer be so once something is undone."""
    RIG.told = ()


def register() -> None:
    bpy.app.handlers.load_pre.append(forget)
    bpy.app.handlers.undo_pre.append(take_back)


def unregister() -> None:
    bpy.app.handlers.undo_pre.remove(take_back)
    bpy.app.handlers.load_pre.remove(forget)
    forget()
