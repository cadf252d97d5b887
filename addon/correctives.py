"""Corrective keys: each is driven by the weaker of the two keys that it belongs to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import bpy
import numpy as np

from ..backend.errors import Refusal
from .animation import driven_keys, value_path
from .scene_read import Head, mesh_of
from .scene_write import find_object

SUFFIX = "_corrective"


@dataclass(frozen=True)
class Corrective:
    """A key that repairs what two others do together. of: their names."""

    name: str
    of: tuple[str, str]


def parse_correctives(fields: Iterable[Any], names: Sequence[str]) -> tuple[Corrective, ...]:
    """The correctives in the backend's answer, whose shapes have these names. Raises Refusal for what is none."""
    found = []
    for one in fields:
        name, of = (one.get("name"), one.get("of")) if isinstance(one, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(of, list) or len(of) != 2 or not all(one in names for one in of):
            raise Refusal("bad-result", "The backend's answer has unusable correctives.", "Restart the backend.")
        found.append(Corrective(name, (of[0], of[1])))
    return tuple(found)


def with_correctives(deltas: np.ndarray, extra: np.ndarray | None) -> np.ndarray:
    """Displacements (K, N, 3) of shapes and those of their correctives (C, N, 3) one after the other. Raises Refusal
    where they do not fit together."""
    if extra is None or extra.ndim != 3 or extra.shape[1:] != deltas.shape[1:]:
        raise Refusal("bad-result", "The backend's answer has unusable correctives.", "Restart the backend.")
    return np.concatenate([deltas, extra])


def drive_correctives(head: Head, correctives: Sequence[Corrective]) -> None:
    """Give each corrective key of the head's objects its driver, unless some driver moves it already.

    An object that does not have both keys of a pair follows those of the first object that has.
    """
    sources = [keys for keys in map(_keys, _objects(head)) if keys is not None]
    for keys in sources:
        driven = driven_keys(keys)
        for corrective in correctives:
            if corrective.name in keys.key_blocks and corrective.name not in driven:
                owners = [other for other in (keys, *sources) if set(corrective.of) <= set(other.key_blocks.keys())]
                if owners:
                    _drive(keys, corrective, owners[0])


def remove_correctives(head: Head, names: Sequence[str], kept: Iterable[str]) -> None:
    """Remove correctives of shapes of these names, with their drivers, except the kept ones: they were made for shapes
    that are no longer there. Keys that only happen to be called so stay."""
    stale = {f"{first}_{second}{SUFFIX}" for first, second in product(names, repeat=2)} - set(kept)
    for item in _objects(head):
        keys = _keys(item)
        for block in list(keys.key_blocks) if keys is not None else ():
            if block.name in stale and keys is not None:
                keys.driver_remove(value_path(block.name))
                item.shape_key_remove(block)


def _drive(keys: bpy.types.Key, corrective: Corrective, source: bpy.types.Key) -> None:
    # The built-in minimum needs no Python, so it also works where files may not run scripts.
    driver = keys.driver_add(value_path(corrective.name)).driver
    driver.type = "MIN"
    for number, name in enumerate(corrective.of):
        variable = driver.variables.new()
        variable.name = ("first", "second")[number]
        variable.type = "SINGLE_PROP"
        target = variable.targets[0]
        target.id_type = "KEY"
        target.id = source
        target.data_path = value_path(name)


def _objects(head: Head) -> list[bpy.types.Object]:
    return [find_object(piece) for piece in head.pieces]


def _keys(item: bpy.types.Object) -> bpy.types.Key | None:
    return mesh_of(item).shape_keys
