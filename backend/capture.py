"""Capture files: whatever holds a performance, told apart by its suffix."""

from pathlib import Path

from .errors import Refusal
from .face_cap import read_face_cap
from .live_link import read_live_link
from .performance import Performance, read_npz

READERS = {".npz": read_npz, ".csv": read_live_link, ".txt": read_face_cap}


def read_performance(path: Path) -> Performance:
    """The performance in a file: our own .npz, the CSV of Live Link Face, or the text of Face Cap. Raises Refusal."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise Refusal(
            "unknown-format",
            f"Files of the kind {path.suffix or 'without suffix'} hold no performance.",
            f"Use {', '.join(READERS)}.",
        )
    if not path.is_file():
        raise Refusal("missing-file", f"There is no file {path.name}.", "Check the path.")
    try:
        return reader(path)
    except OSError as error:
        raise Refusal(
            "unreadable-file", f"The file {path.name} cannot be read: {error.strerror}.", "Check its permissions."
        ) from error
