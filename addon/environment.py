"""Where the backend's Python is, and what its process is told; from the preferences, the environment, the checkout."""

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

import bpy

from ..backend.errors import Refusal

# Of setup, nothing is imported before it is needed: switching the add-on on must not wait for it.
if TYPE_CHECKING:
    from .setup.folders import Folders
    from .setup.lock import Lock
    from .setup.machine import Machine

SOURCE = Path(__file__).resolve().parents[1]
"""The folder of the extension, or of the checkout it runs from."""

LOCKS = SOURCE / "requirements" / "locks"
"""What set-up may install."""

PACKAGE = (__package__ or "").rpartition(".")[0]
"""The name under which Blender knows the extension; it depends on the repository it was installed from."""


def preferences() -> bpy.types.AddonPreferences:
    """The add-on's preferences in this session: FacsimilePreferences of preferences.py."""
    addons = cast(bpy.types.Preferences, bpy.context.preferences).addons
    return cast(bpy.types.AddonPreferences, addons[PACKAGE].preferences)


def backend_python() -> Path | None:
    """The Python that runs the backend, or None where there is no such file.

    The preference comes first, then FACSIMILE_PYTHON, then the .venv beside the source, then what Set Up has made.
    """
    chosen = chosen_python()
    if chosen:
        return chosen if chosen.is_file() else None
    own = next((path for path in source_pythons() if path.is_file()), None)
    if own is not None:
        return own
    made = finished()
    return made[1] if made else None


@cache
def machine() -> "Machine":
    """This computer, looked at once per session."""
    from .setup.machine import this_machine

    return this_machine()


def folders() -> "Folders":
    """Where set-up puts the environments: the preference, or the platform's folder for programs' data."""
    from .setup.folders import Folders, default_root

    given = preferences().backend_folder
    root = Path(bpy.path.abspath(given)) if given else default_root(machine().system, os.environ, Path.home())
    return Folders(root)


def finished() -> "tuple[Lock, Path] | None":
    """The lock whose environment Set Up has made, and the environment's Python. Cheap, for panels ask at every draw."""
    from .setup.finished import finished_environment

    try:
        return finished_environment(machine(), folders(), LOCKS, preferences().device)
    except Refusal:
        return None


def chosen_python() -> Path | None:
    """The path that the user gave by preference or environment, whether or not it exists."""
    given = preferences().backend_python or os.environ.get("FACSIMILE_PYTHON", "")
    return Path(bpy.path.abspath(given)).expanduser() if given else None


def source_pythons() -> tuple[Path, Path]:
    """Where the development tree's environment has its Python, by platform."""
    return SOURCE / ".venv/bin/python", SOURCE / ".venv/Scripts/python.exe"


def backend_settings() -> dict[str, str]:
    """The preferences that the backend's process gets as variables of its environment."""
    folder, device = preferences().cache_folder, preferences().device
    cache_folder = {"FACSIMILE_CACHE": bpy.path.abspath(folder)} if folder else {}
    return {**cache_folder, **({"FACSIMILE_DEVICE": "cpu"} if device == "cpu" else {})}


def missing_reason() -> str:
    """One sentence on why backend_python found nothing."""
    chosen = chosen_python()
    return f"There is no program {chosen}" if chosen else "The backend is not set up"
