"""The performance at hand in this session: read from a file, or cloned. Never saved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..backend.errors import Refusal

if TYPE_CHECKING:
    from ..backend.performance import Performance


@dataclass(frozen=True)
class Take:
    """name: what actions are called after it. first: the scene's frame of its first frame where it was cloned; None
    for a file. layers: what each layer adds to those before it, by name, where they are to be kept apart."""

    name: str
    motion: "Performance"
    first: int | None = None
    layers: "Mapping[str, Performance]" = field(default_factory=dict)


State = tuple[Path, int, int]
"""A file, when it was changed, and its bytes."""

# The file that was read last. Of two that are read at once in threads, the one that ends last counts.
_last: list[tuple[State, Take]] = []


def read_take(path: Path) -> Take:
    """The take in a capture file. A file that has not changed since is not read twice. Raises Refusal."""
    # Here and not above: the table of channels is read from disk, and switching the add-on on must not wait for it.
    from ..backend.capture import read_performance

    state = _state(path)
    for known, take in tuple(_last):
        if known == state:
            return take
    take = Take(path.stem, read_performance(path))
    if state is not None:
        _last[:] = [(state, take)]
    return take


def is_at_hand(path: Path) -> bool:
    """Whether read_take has this file already."""
    return any(known == _state(path) for known, _ in tuple(_last))


def _state(path: Path) -> State | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return path, found.st_mtime_ns, found.st_size


def check_take_place(path: Path) -> None:
    """Raises Refusal where no take can be saved, before the work is done."""
    from ..backend.output import check_place

    if path.suffix.lower() not in (".csv", ".npz"):
        raise Refusal("bad-output", f"{path.name} is neither a .csv nor an .npz.", "Give it one of these endings.")
    check_place(path)


def save_take(take: Take, path: Path) -> None:
    """Write a take as a Live Link Face .csv or as our own .npz, which loses nothing. Raises Refusal."""
    from ..backend.live_link import write_live_link
    from ..backend.output import write_whole
    from ..backend.performance import write_npz

    check_take_place(path)
    writer = {".csv": write_live_link, ".npz": write_npz}[path.suffix.lower()]
    write_whole(path, path.suffix.lower(), lambda place: writer(place, take.motion))
