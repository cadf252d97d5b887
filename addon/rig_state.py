"""What is known of the retargeting that runs, and of the last one, while Blender runs. Never saved."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import bpy
from bpy.app.handlers import persistent

from ..backend.errors import Refusal

if TYPE_CHECKING:
    from .retarget_run import Retargeting
    from .retargeting import Retargeted


@dataclass
class RigState:
    """running: None where nothing runs. name: of the performance. start_frame: where it begins in the scene. result: of
    the last one that ended well. refusal: of the last one that did not."""

    running: "Retargeting | None" = None
    name: str = ""
    start_frame: float = 1.0
    result: "Retargeted | None" = None
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
    RIG.result = RIG.refusal = None


def register() -> None:
    bpy.app.handlers.load_pre.append(forget)


def unregister() -> None:
    bpy.app.handlers.load_pre.remove(forget)
    forget()
