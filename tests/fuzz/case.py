"""One broken head or file by its seed, and whether it ends as it must."""

import tempfile
from pathlib import Path

import numpy as np

from backend.cloning.shapes import build_shapes
from backend.errors import Refusal
from backend.geometry.mesh import face_mesh
from tests.fuzz.broken import broken_head
from tests.fuzz.files import broken_file

HEADS = 5
"""Every so many seeds there is a head, which takes seconds; all others are files."""


def kind_of(seed: int) -> str:
    """Whether a seed makes "heads" or "files"."""
    return "heads" if seed % HEADS == 0 else "files"


def try_case(seed: int) -> tuple[str, str]:
    """What the seed breaks, and how it ended: "result", or the code of the refusal. Raises AssertionError where the
    end is not as it must be, and whatever else was raised that must not be."""
    return try_head(seed) if kind_of(seed) == "heads" else try_file(seed)


def try_head(seed: int) -> tuple[str, str]:
    """A broken head gives shapes or a sentence, and is left as it was."""
    draft, breakages = broken_head(seed)
    before = draft.vertices.copy(), draft.faces.copy()
    end = "result"
    try:
        mesh = face_mesh(draft.vertices, draft.faces, draft.objects, tuple(map(str, range(100))))
        shapes = build_shapes(mesh)
    except Refusal as refusal:
        check_refusal(refusal)
        end = refusal.code
    else:
        assert shapes.deltas.shape == (len(shapes.names), *draft.vertices.shape)
        assert np.isfinite(shapes.deltas).all()
        assert 0 <= shapes.confidence <= 1
    assert np.array_equal(draft.vertices, before[0], equal_nan=True) and np.array_equal(draft.faces, before[1])
    return f"head: {', '.join(breakages)}", end


def try_file(seed: int) -> tuple[str, str]:
    """A broken file is read or refused with a sentence, and is left as it was."""
    with tempfile.TemporaryDirectory() as folder:
        path, read, done = broken_file(seed, Path(folder))
        before = trace(path)
        try:
            found = read(path)
        except Refusal as refusal:
            check_refusal(refusal)
            end = refusal.code
        else:
            check_finite(found)
            end = "result"
        assert trace(path) == before
    return done, end


def check_refusal(refusal: Refusal) -> None:
    """One sentence with a cure, in one line each."""
    assert refusal.code and refusal.code == refusal.code.lower()
    for text in (refusal.sentence, refusal.cure):
        assert text.endswith(".") and "Traceback" not in text and len(text) < 1000, text


def check_finite(found: object) -> None:
    """No number of what was read is none."""
    for value in vars(found).values() if hasattr(found, "__dict__") else ():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            assert np.isfinite(value).all()


def trace(path: Path) -> object:
    """What may not change about a file."""
    if not path.is_file():
        return path.is_symlink(), path.is_dir()
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns
