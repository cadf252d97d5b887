"""The method encode: a mesh in motion, which arrives piece by piece, becomes a performance.

A clip of ten minutes has more vertices than memory, so only those are asked for that tell what a face does, and they
wait on the disk until the last of them is there.
"""

import math
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from typing import IO, TYPE_CHECKING

import numpy as np

from backend.channels import ARKIT_NAMES, ICT_NAMES
from backend.cloning.recall import head_shapes
from backend.errors import Refusal
from backend.frames import Frames, frames_per_chunk
from backend.performance import check_rate, check_size
from backend.service.call import Call, Reply
from backend.service.request import requested_guidance, requested_mesh

if TYPE_CHECKING:
    from backend.cloning.reader import Reader
    from backend.geometry.mesh import FaceMesh
    from backend.rigs.key_channels import Keys

MAX_BYTES = 16 << 30
"""Of a clip on the disk."""

BAD_REQUEST = "Update the add-on."


class Clip:
    """A clip that arrives: the reader that its vertices are for, and a file without a name, which goes when it does."""

    def __init__(self, number: int, reader: "Reader", fps: float, source: str) -> None:
        self.number = number
        self.reader = reader
        self.fps = fps
        self.source = source
        self.vertices = len(reader.sample.numbers)
        self.count = 0
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="facsimile-clip-")  # noqa: SIM115

    def add(self, places: np.ndarray) -> None:
        """Keeps frames (t, vertices, 3). Raises Refusal for other arrays, values that are not finite, a clip that is
        too long and a disk that is full."""
        if places.ndim != 3 or places.shape[1:] != (self.vertices, 3) or places.dtype != np.float32:
            raise Refusal("bad-request", "The frames are not of this clip.", BAD_REQUEST)
        bad = np.flatnonzero(~np.isfinite(places).all((1, 2)))
        if len(bad):
            raise Refusal(
                "not-finite",
                f"Frame {self.count + bad[0] + 1} of the clip has vertices whose coordinates are not numbers.",
                "Repair the source's modifiers or cache at this frame.",
            )
        if (self.count + len(places)) * self.vertices * 12 > MAX_BYTES:
            raise Refusal("too-large", "The clip is too long.", "Clone it in parts.")
        try:
            self._file.write(np.ascontiguousarray(places, "<f4").data)
        except OSError as error:
            raise Refusal(
                "disk-full", f"The clip cannot be kept on the disk ({error.strerror}).", "Make room on it."
            ) from error
        self.count += len(places)

    def frames(self) -> Frames:
        """What has arrived."""
        step = frames_per_chunk(self.vertices)

        def chunks() -> Iterator[np.ndarray]:
            self._file.seek(0)
            for start in range(0, self.count, step):
                shape = (min(step, self.count - start), self.vertices, 3)
                yield np.frombuffer(self._file.read(4 * math.prod(shape)), "<f4").reshape(shape)

        return Frames(self.count, self.vertices, self.fps, chunks, self.source)

    def close(self) -> None:
        """Gives the file back."""
        self._file.close()


class OpenClip:
    """The one clip that is arriving: a new one takes the place of one that was never finished."""

    def __init__(self) -> None:
        self._clip: Clip | None = None
        self._last = 0

    def begin(self, reader: "Reader", fps: float, source: str) -> Clip:
        """A new clip."""
        self.end()
        self._last += 1
        self._clip = Clip(self._last, reader, fps, source)
        return self._clip

    def get(self, number: object) -> Clip:
        """The clip of this number. Raises Refusal where it is not there any more."""
        if self._clip is None or self._clip.number != number:
            raise Refusal("no-clip", "The backend has lost the clip.", "Clone it again.")
        return self._clip

    def end(self) -> None:
        """Forgets the clip."""
        if self._clip is not None:
            self._clip.close()
        self._clip = None


_open = OpenClip()


def encode_clip(call: Call) -> Reply:
    """Makes a performance of a mesh in motion, in three stages, which the param stage names.

    "begin": the mesh at rest, as the method shapes takes it, with fps and source; perhaps key_names and the array
    key_deltas (K, N, 3) f4, the head's own keys in place of shapes that are built; where names are no channels, it is
    looked what the keys do, and a whole face's must be found among them. Result: clip, its number; the array
    numbers (s,) i4, which vertices the frames must have. "add": clip; array places (t, s, 3) f4, the next frames in the
    mesh's frame and units. "end": clip. Result: names, fps, source, dialect and explained, as Performance and Encoding
    have them; the arrays weights, head, gaze, torsion, confidence.
    """
    stage = call.params.get("stage")
    if stage == "begin":
        return _begin(call)
    clip = _open.get(call.params.get("clip"))
    if stage == "add":
        clip.add(call.arrays.get("places", np.empty(0, np.float32)))
        return Reply({"frames": clip.count})
    if stage == "end":
        return _end(clip, call)
    raise Refusal("bad-request", "The request has no stage that is known.", BAD_REQUEST)


def _begin(call: Call) -> Reply:
    from backend.cloning.dialects import dialects
    from backend.cloning.reader import prepare

    fps, source = call.params.get("fps"), call.params.get("source", "")
    if not isinstance(fps, int | float) or not isinstance(source, str):
        raise Refusal("bad-request", "The request does not describe a clip.", BAD_REQUEST)
    check_rate(fps)
    mesh = requested_mesh(call)
    shapes = head_shapes(mesh, "ict", call.progress, requested_guidance(call))
    keys = _keys(call, mesh)
    if keys is not None:
        shapes = replace(shapes, names=keys[0], deltas=keys[1])
    reader = prepare(mesh, shapes, dialects() if keys is None else ())
    clip = _open.begin(reader, float(fps), source)
    return Reply({"clip": clip.number}, {"numbers": reader.sample.numbers.astype(np.int32)})


def _keys(call: Call, mesh: "FaceMesh") -> "Keys | None":
    """The keys that a clip is to be read with, under channels' names; None where it has none that will do. Raises
    Refusal."""
    names, deltas = call.params.get("key_names"), call.arrays.get("key_deltas")
    if names is None:
        return None
    if not isinstance(names, list) or deltas is None or deltas.shape != (len(names), len(mesh.vertices), 3):
        raise Refusal("bad-request", "The request's keys do not fit its mesh.", BAD_REQUEST)
    if not names or not all(isinstance(name, str) for name in names) or len(set(names)) != len(names):
        raise Refusal("bad-keys", "A key of the source is there twice.", "Rename them.")
    if not np.isfinite(deltas).all():
        raise Refusal("not-finite", "The source's keys have displacements that are not numbers.", "Repair them.")
    keys = tuple(names), np.asarray(deltas, np.float32)
    if set(names) <= {*ARKIT_NAMES, *ICT_NAMES}:
        return keys
    from backend.rigs.key_channels import ENOUGH, channels_of_keys

    found = channels_of_keys(mesh, keys, call.progress)
    return found if found is not None and len(found[0]) >= ENOUGH else None


def _end(clip: Clip, call: Call) -> Reply:
    from backend.cloning.encode import encode_sample

    if not clip.count:
        raise Refusal("bad-frames", "The clip has no frames.", "Choose a range that has some.")
    check_size(clip.count, len(clip.reader.names))
    encoding = encode_sample(clip.reader, clip.frames(), call.progress)
    motion = encoding.performance
    _open.end()
    fields = {
        "names": list(motion.names),
        "fps": motion.fps,
        "source": motion.source,
        "dialect": encoding.dialect,
        "explained": encoding.explained,
    }
    return Reply(fields, {name: getattr(motion, name) for name in ("weights", "head", "gaze", "torsion", "confidence")})
