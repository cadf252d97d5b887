"""Mappings of controls to channels that the user has saved: they serve every file, and other characters."""

from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ..backend.errors import Refusal

if TYPE_CHECKING:
    from ..backend.rigs.mapping import Mapping

PRESETS = "presets/facsimile/rigs"
FORBIDDEN = set('/\\:*?"<>|')


def preset_folder() -> Path:
    """Where the mappings are saved."""
    return Path(bpy.utils.user_resource("SCRIPTS", path=PRESETS))


def presets() -> list[str]:
    """The names of the saved mappings."""
    folder = preset_folder()
    return sorted(path.stem for path in folder.glob("*.json")) if folder.is_dir() else []


def save_preset(name: str, mapping: "Mapping") -> None:
    """Raises Refusal for a name that is no file's, and where the folder cannot be written."""
    # Here and not above: switching the add-on on must not wait for it.
    from ..backend.rigs.mapping import write_mapping

    if not name.strip() or set(name) & FORBIDDEN or name.startswith("."):
        raise Refusal("bad-name", f'A mapping cannot be called "{name}".', "Use letters, digits and spaces.")
    folder = preset_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_mapping(folder / f"{name}.json", mapping)
    except OSError as error:
        raise Refusal("not-written", f"{folder} cannot be written ({error.strerror}).", "Check the folder.") from error


def load_preset(name: str) -> "Mapping":
    """Raises Refusal where there is none of this name, or it cannot be read."""
    # Here and not above: switching the add-on on must not wait for it.
    from ..backend.rigs.mapping import read_mapping

    if name not in presets():
        raise Refusal("no-mapping", f'There is no mapping "{name}".', "Choose one.")
    return read_mapping(preset_folder() / f"{name}.json")


def remove_preset(name: str) -> None:
    """Raises Refusal where there is none of this name."""
    if name not in presets():
        raise Refusal("no-mapping", f'There is no mapping "{name}".', "Choose one.")
    (preset_folder() / f"{name}.json").unlink()
