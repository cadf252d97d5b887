"""The state of set-up while Blender runs: what would happen, what happens, how it ended. Never saved."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ..backend.errors import Progress, Refusal
from .environment import LOCKS, SOURCE, backend_settings, folders, machine, preferences
from .session import SESSION, Phase, redraw

# Of setup, nothing is imported before it is needed: switching the add-on on must not wait for it.
if TYPE_CHECKING:
    from .setup.plan import Plan
    from .setup.worker import Work, Worker

TICK = 0.2
PLAN_LASTS = 2.0
"""Seconds for which a plan is not made again: it looks at disks, and the preferences are drawn at every move."""

STOP_PATIENCE = 5.0
"""Seconds that Blender waits at its end for a set-up to stop."""

ONLINE_OFF = "Online access is off"
HOW_ONLINE = "Allow it in Preferences > System > Network, or choose an offline folder"


@dataclass
class SettingUp:
    """worker: at work, or the last one. title: what it does."""

    worker: "Worker | None" = None
    title: str = ""
    _plan: "tuple[tuple, float, Plan | Refusal] | None" = None

    @property
    def running(self) -> bool:
        """Whether something is being set up or removed."""
        return self.worker is not None and not self.worker.done

    @property
    def refusal(self) -> Refusal | None:
        """Why the last one failed."""
        return self.worker.refusal if self.worker is not None and self.worker.done else None

    def plan(self) -> "Plan":
        """What a set-up would do now. Raises Refusal."""
        from .setup.plan import make_plan

        chosen = preferences()
        key = (chosen.device, folders(), chosen.offline_folder)
        known = self._plan
        if known is None or known[0] != key or time.monotonic() - known[1] > PLAN_LASTS:
            try:
                made: Plan | Refusal = make_plan(machine(), chosen.device, folders(), LOCKS, offline_folder())
            except Refusal as refusal:
                made = refusal
            self._plan = known = (key, time.monotonic(), made)
        if isinstance(known[2], Refusal):
            raise known[2]
        return known[2]

    def set_up(self, repair: bool) -> None:
        """Starts making the environment. Raises Refusal where that cannot succeed."""
        from .setup.install import SetUp

        plan = self.plan()
        reason = why_busy() or why_offline()
        if reason:
            raise Refusal("not-now", f"{reason}.", "Then press the button again.")
        settings = backend_settings()

        def work(progress: Progress, log: Callable[[str], None], stop: threading.Event) -> None:
            SetUp(plan, SOURCE, settings, progress, log, stop).run(repair)

        self._start("Repairing the backend" if repair else "Setting up the backend", work)

    def remove(self) -> None:
        """Starts removing everything that was set up. Raises Refusal."""
        from .setup.remove import remove_all

        where = folders()
        self._start("Removing the backend", lambda progress, log, stop: remove_all(where, progress))

    def stop(self) -> None:
        """Cancels what runs, and waits for its end."""
        if self.worker is not None and self.running:
            self.worker.cancel()
            self.worker.wait(STOP_PATIENCE)

    def _start(self, title: str, work: "Work") -> None:
        from .setup.worker import Worker

        if self.running:
            raise Refusal("busy", f"{self.title} is not over.", "Wait for it, or cancel it.")
        # Windows does not let go of a library that is loaded, and a running backend would be the old one.
        SESSION.queue.stop()
        self.title, self.worker = title, Worker(work)
        if bpy.app.background:
            # Timers never fire there.
            self.worker.wait()
        elif not bpy.app.timers.is_registered(watch):
            bpy.app.timers.register(watch, first_interval=TICK)


SETTING_UP = SettingUp()


def watch() -> float | None:
    """Has the preferences drawn again until the work is over."""
    redraw()
    return TICK if SETTING_UP.running else None


def offline_folder() -> Path | None:
    """The folder of wheels that the user has chosen."""
    given = preferences().offline_folder
    return Path(bpy.path.abspath(given)) if given else None


def why_busy() -> str:
    """Why nothing can be set up or removed now; empty where it can."""
    if SETTING_UP.running:
        return f"{SETTING_UP.title} is not over"
    return "A job is running" if SESSION.phase is Phase.RUNNING else ""


def why_offline() -> str:
    """Why nothing may be fetched now; empty where it may, or need not."""
    return f"{ONLINE_OFF}. {HOW_ONLINE}" if not bpy.app.online_access and not preferences().offline_folder else ""


def why_not_set_up() -> str:
    """Why the button is disabled; empty where it is not."""
    reason = why_busy() or why_offline()
    if reason:
        return reason
    try:
        SETTING_UP.plan()
    except Refusal as refusal:
        return f"{refusal.sentence} {refusal.cure}".rstrip(".")
    return ""


def unregister() -> None:
    SETTING_UP.stop()
    SETTING_UP.worker = None
