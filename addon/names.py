"""What the keys are called: a vocabulary of ours, or a map that the user has saved as a preset."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import bpy

from ..backend.errors import Refusal

PRESETS = "presets/facsimile/names"
"""Where the maps are among the user's scripts; there they serve every file and every version of the extension."""

CUSTOM = "custom"
MAX_BYTES = 1 << 20
MAX_NAME = 63
"""Bytes of a shape key's name that Blender keeps."""


@dataclass(frozen=True)
class NameMap:
    """vocabulary: "arkit" or "ict", whose names the map is of. names: from these to the keys'; others stay."""

    vocabulary: str
    names: Mapping[str, str] = field(default_factory=dict)


def name_map(names: str, preset: str) -> NameMap:
    """The map of a choice in the panel. Raises Refusal for a preset that is none."""
    if names != CUSTOM:
        return NameMap(names)
    if preset not in presets():
        raise Refusal(
            "no-names", f'There is no name map "{preset}".', "Choose one, or add one from a file with the plus sign."
        )
    return read_names(preset_folder() / f"{preset}.json")


def presets() -> list[str]:
    """The names of the saved maps."""
    folder = preset_folder()
    return sorted(path.stem for path in folder.glob("*.json")) if folder.is_dir() else []


def preset_folder() -> Path:
    """Where the maps are saved."""
    return Path(bpy.utils.user_resource("SCRIPTS", path=PRESETS))


def read_names(path: Path) -> NameMap:
    """The map in a JSON file: {"jawOpen": "Jaw_Open", ...}, with ARKit's or ICT's names on the left. Raises Refusal."""
    from ..backend.channels import ARKIT_NAMES, ICT_NAMES

    if not path.is_file():
        raise Refusal("no-file", f"There is no file {path}.", "Choose another one.")
    if path.stat().st_size > MAX_BYTES:
        raise Refusal("bad-names", f"{path.name} is too large for a name map.", "Choose another file.")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise Refusal("bad-names", f"{path.name} is no JSON file.", 'Write it as {"jawOpen": "Jaw_Open"}.') from error
    if not isinstance(found, dict) or not found or not all(isinstance(name, str) for name in found.values()):
        raise Refusal("bad-names", f"{path.name} maps no names to names.", 'Write it as {"jawOpen": "Jaw_Open"}.')
    for vocabulary, known in (("arkit", ARKIT_NAMES), ("ict", ICT_NAMES)):
        if set(found) <= set(known):
            check_names(path.name, [found.get(name, name) for name in known])
            return NameMap(vocabulary, found)
    strange = sorted(set(found) - set(ARKIT_NAMES)) if len(set(found) & set(ARKIT_NAMES)) else sorted(found)
    raise Refusal("bad-names", f'{path.name} names "{strange[0]}", which is no shape.', "Use ARKit's or ICT's names.")


def check_names(file: str, names: list[str]) -> None:
    """Raises Refusal unless these can be names of keys on one mesh."""
    for name in names:
        if not 0 < len(name.encode()) <= MAX_NAME:
            raise Refusal("bad-names", f'{file}: "{name}" is empty or too long.', f"Use 1 to {MAX_NAME} bytes.")
        if names.count(name) > 1:
            raise Refusal("bad-names", f'{file}: two shapes are called "{name}".', "Give each a name of its own.")


def save_preset(path: Path) -> str:
    """Copy a map from a file to the presets and return its name. Raises Refusal for what is no map."""
    found = read_names(path)
    folder = preset_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{path.stem}.json").write_text(json.dumps(dict(found.names), indent=1), encoding="utf-8")
    except OSError as error:
        raise Refusal("not-written", f"{folder} cannot be written ({error.strerror}).", "Check the folder.") from error
    return path.stem


def remove_preset(preset: str) -> None:
    """Delete a saved map. Raises Refusal where there is none of that name."""
    if preset not in presets():
        raise Refusal("no-names", f'There is no name map "{preset}".', "Choose one.")
    (preset_folder() / f"{preset}.json").unlink()
