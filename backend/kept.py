"""What was read from files, kept in memory while these are the same."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """What was made of the files used last, by their path, size, time and number, bounded by how many these are and by
    bytes, of which size tells; for one thread."""

    def __init__(self, size: Callable[[T], int], most: int, most_bytes: int) -> None:
        self._size = size
        self._most = most
        self._most_bytes = most_bytes
        self._found: OrderedDict[tuple[str, int, int, int], T] = OrderedDict()

    def get(self, path: Path, read: Callable[[Path], T]) -> T:
        """What was read from a file, or is read now. Raises what read does; of a folder nothing is kept."""
        place = path.resolve()
        if not place.is_file():
            return read(path)
        state = place.stat()
        key = (str(place), state.st_size, state.st_mtime_ns, state.st_ino)
        if key not in self._found:
            found = read(path)
            if self._size(found) > self._most_bytes:
                return found
            self._found[key] = found
        self._found.move_to_end(key)
        while len(self._found) > self._most or sum(map(self._size, self._found.values())) > self._most_bytes:
            self._found.popitem(last=False)
        return self._found[key]
