"""Clips from files of every kind."""

from pathlib import Path

from backend.capture import read_performance
from backend.errors import Refusal
from backend.frames import frames_from_file
from backend.kept import Kept
from backend.performance import Performance
from backend.sources.clip import Clip

GLTF, USD = (".glb", ".gltf"), (".usd", ".usda", ".usdc", ".usdz")
CURE = "Use an .npz with frames, a folder of meshes, .glb, .gltf or .usd."

MOST, MOST_BYTES = 4, 64 << 20
"""Capture files that are kept as they were read, and what they take of memory: one after the other goes onto several
characters."""


def read_clip(path: Path, fps: float | None = None) -> Clip:
    """The clip of an .npz with frames, of a folder of meshes, a glTF or a USD file.

    fps: frames per second; a folder needs it, glTF and USD are sampled at it, and an .npz says it itself. Raises
    Refusal.
    """
    suffix = path.suffix.lower()
    if not path.exists():
        raise Refusal("missing-file", f"There is no file {path.name}.", "Check the path.")
    try:
        if path.is_dir():
            if fps is None:
                raise Refusal(
                    "no-rate",
                    "A folder of meshes does not say how fast it plays.",
                    "Give its frames per second: --fps.",
                )
            from backend.sources.mesh_folder import read_mesh_folder

            return read_mesh_folder(path, fps)
        if suffix == ".npz":
            if fps is not None:
                raise Refusal("two-rates", f"{path.name} says itself how fast it plays.", "Leave --fps out.")
            return Clip(None, frames_from_file(path))
        if suffix in GLTF:
            from backend.sources.gltf_animation import read_gltf_animation

            return read_gltf_animation(path, fps)
        if suffix in USD:
            return _usd(path, fps)
    except OSError as error:
        raise Refusal(
            "unreadable-file", f"{path.name} cannot be read: {error.strerror}.", "Check its permissions."
        ) from error
    raise Refusal("unknown-format", f"Files of the kind {suffix or 'without suffix'} hold no clip.", CURE)


def read_motion(path: Path) -> Performance:
    """The performance of a capture file, or of a glTF or USD whose morph targets have the names of channels. Raises
    Refusal."""
    if path.suffix.lower() not in GLTF + USD:
        return KEPT.get(path, read_performance)
    channels = read_clip(path).channels
    if channels is None:
        raise Refusal(
            "unknown-targets",
            f"Most morph targets that move in {path.name} have no names of channels.",
            "Encode it first: python -m backend encode --frames FILE --out P.npz.",
        )
    return channels


def _usd(path: Path, fps: float | None) -> Clip:
    try:
        from backend.sources.usd import read_usd
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "pxr":
            raise
        raise Refusal(
            "missing-library",
            "USD files are read with Pixar's usd-core, which is not installed.",
            "Install it into the backend's environment (python -m pip install usd-core), or export glTF.",
        ) from error
    return read_usd(path, fps)


KEPT: Kept[Performance] = Kept(lambda motion: motion.weights.nbytes, MOST, MOST_BYTES)
