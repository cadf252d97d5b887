"""A folder of computed arrays that may vanish at any time."""

import hashlib
import os
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

LIMIT_BYTES = 2 << 30
ABANDONED_AFTER = 3600.0
"""Seconds after which an unfinished entry cannot belong to a process that is still writing it."""


def default_folder() -> Path:
    """Where this user's caches belong: $FACSIMILE_CACHE, else the platform's place."""
    chosen = os.environ.get("FACSIMILE_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "facsimile" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "facsimile"
    shared = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(shared) if Path(shared).is_absolute() else Path.home() / ".cache") / "facsimile"


def cache_key(version: str, *parts: np.ndarray | str | int | float) -> str:
    """The name of what a version of a computation makes of its input: SHA-256 over values, types and shapes.

    Raises ValueError for arrays of Python objects, whose bytes are only addresses.
    """
    digest = hashlib.sha256()
    for part in (version, *parts):
        if isinstance(part, np.ndarray):
            if part.dtype.hasobject:
                raise ValueError("arrays of objects have no content to hash")
            label, content = f"{part.dtype.str}{part.shape}", part.tobytes()
        else:
            label, content = type(part).__name__, str(part).encode()
        digest.update(f"{label} {len(content)} ".encode())
        digest.update(content)
    return digest.hexdigest()


class DiskCache:
    """Dictionaries of arrays under keys from cache_key, one uncompressed .npz each, the least recently used removed
    first.

    Several processes may use one folder: entries appear whole or not at all, and whatever another process removes
    counts as not there. A damaged entry is removed when it is met. The cache never fails a computation: where the
    folder cannot be written, nothing is stored.
    """

    def __init__(self, folder: Path | None = None, limit_bytes: int = LIMIT_BYTES) -> None:
        self.folder = default_folder() if folder is None else Path(folder)
        self.limit_bytes = limit_bytes

    def load(self, key: str) -> dict[str, np.ndarray] | None:
        """What was stored under a key, or None."""
        path = self._path(key)
        try:
            with zipfile.ZipFile(path) as archive:
                # Checksums first: the header of a damaged array could claim any amount of memory.
                sound = archive.testzip() is None
            if sound:
                with np.load(path, allow_pickle=False) as arrays:
                    loaded = dict(arrays)
                os.utime(path)
                return loaded
        except FileNotFoundError:
            return None
        except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError, RuntimeError):
            pass
        with suppress(OSError):
            path.unlink()
        return None

    def store(self, key: str, arrays: Mapping[str, np.ndarray]) -> bool:
        """Keep arrays under a key; whether that was possible. Raises ValueError for arrays of Python objects."""
        if sum(array.nbytes for array in arrays.values()) > self.limit_bytes:
            return False
        path = self._path(key)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, unfinished = tempfile.mkstemp(suffix=".part", dir=self.folder)
        except OSError:
            return False
        try:
            with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w") as archive:
                for name, array in arrays.items():
                    with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                        np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
            Path(unfinished).replace(path)
        except OSError:
            return False
        finally:
            with suppress(OSError):
                Path(unfinished).unlink()
        self._evict()
        return path.is_file()

    def clear(self) -> None:
        """Remove every entry."""
        for _, _, path in self._entries():
            with suppress(OSError):
                path.unlink()

    def size(self) -> int:
        """Bytes of all entries."""
        return sum(size for _, size, _ in self._entries())

    def _path(self, key: str) -> Path:
        if not key.isalnum():
            raise ValueError(f"{key!r} is not a key from cache_key")
        return self.folder / f"{key}.npz"

    def _entries(self) -> Iterator[tuple[int, int, Path]]:
        """Time of last use in nanoseconds, bytes and path of what lies in the folder, unfinished entries included."""
        for path in [*self.folder.glob("*.npz"), *self.folder.glob("*.part")]:
            with suppress(OSError):
                state = path.stat()
                yield state.st_mtime_ns, state.st_size, path

    def _evict(self) -> None:
        entries = sorted(self._entries(), reverse=True)
        total = 0
        for used, size, path in entries:
            if path.suffix == ".part":
                remove = time.time() - used * 1e-9 > ABANDONED_AFTER
            else:
                total += size
                remove = total > self.limit_bytes
            if remove:
                with suppress(OSError):
                    path.unlink()
