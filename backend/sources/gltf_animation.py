"""The animation of a glTF: the weights of its morph targets and the motion of its nodes, sampled at a fixed rate."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from backend.errors import Refusal
from backend.geometry.formats.gltf import Piece, local_matrix, read_scene
from backend.geometry.formats.gltf_buffers import Document, open_document
from backend.geometry.formats.gltf_json import Record, integer, record, records, text
from backend.geometry.formats.refusals import damaged
from backend.performance import check_rate, check_size
from backend.sources.clip import Clip
from backend.sources.morphs import Morphs, check_targets, surface_clip
from backend.sources.rate import likely_rate

MAX_FRAMES = 10_000_000
WIDTHS = {"translation": "VEC3", "scale": "VEC3", "rotation": "VEC4", "weights": "SCALAR"}
COMPONENTS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}


@dataclass(frozen=True)
class Curve:
    """What one sampler says. times: (T,) seconds, rising. values: (T, d). tangents: (T, 2, d) in and out, of cubic
    splines. step: whether values jump."""

    times: np.ndarray
    values: np.ndarray
    tangents: np.ndarray | None
    step: bool

    def at(self, seconds: np.ndarray) -> np.ndarray:
        """(S, d) at these times, held before the first and after the last key."""
        seconds = np.clip(seconds, self.times[0], self.times[-1])
        low = np.clip(np.searchsorted(self.times, seconds, side="right") - 1, 0, max(len(self.times) - 2, 0))
        if len(self.times) == 1:
            return np.repeat(self.values, len(seconds), axis=0)
        span = self.times[low + 1] - self.times[low]
        t = ((seconds - self.times[low]) / span)[:, None]
        before, after = self.values[low], self.values[low + 1]
        if self.step:
            return np.where(t >= 1, after, before)
        if self.tangents is None:
            return before + t * (after - before)
        leave, arrive = span[:, None] * self.tangents[low, 1], span[:, None] * self.tangents[low + 1, 0]
        return (
            (2 * t**3 - 3 * t**2 + 1) * before
            + (t**3 - 2 * t**2 + t) * leave
            + (3 * t**2 - 2 * t**3) * after
            + (t**3 - t**2) * arrive
        )

    def rotations(self, seconds: np.ndarray) -> np.ndarray:
        """(S, 3, 3) of quaternions x, y, z, w."""
        if self.step or self.tangents is not None or len(self.times) == 1:
            return Rotation.from_quat(self.at(seconds)).as_matrix()
        turning = Slerp(self.times, Rotation.from_quat(self.values))
        return turning(np.clip(seconds, self.times[0], self.times[-1])).as_matrix()


def read_gltf_animation(path: Path, fps: float | None = None) -> Clip:
    """The clip of the first animation that moves morph targets, of the default scene.

    fps: the rate to sample it at; without it the one that its keys are at. The mesh is the one of read_gltf; nodes
    above it that move, move it, joints of skins do not. Raises Refusal, also where no morph target moves.
    """
    document = open_document(path)
    mesh, pieces = read_scene(document)
    name, channels = _animation(document)
    times = np.concatenate([curve.times for (_, target), curve in channels.items() if target == "weights"])
    first, last = float(times.min()), float(times.max())
    if fps is None:
        fps = likely_rate(times)
    check_rate(fps)
    if (last - first) * fps > MAX_FRAMES:
        raise Refusal("too-large", f"The animation lasts {last - first:,.0f} seconds.", "Cut it into shorter takes.")
    targets = [len(records(piece.primitive, "targets")) for piece in pieces]
    check_targets(sum(count * len(piece.points) for count, piece in zip(targets, pieces, strict=True)))
    check_size(int((last - first) * fps) + 1, sum(targets))
    seconds = first + np.arange(int(np.floor((last - first) * fps + 1e-3)) + 1) / fps
    surfaces = [_surface(document, piece, channels, seconds) for piece in pieces]
    source = f"{path.name}: {name}" if name else path.name
    return surface_clip(mesh, surfaces, len(seconds), fps, source)


def _animation(document: Document) -> tuple[str, dict[tuple[int, str], Curve]]:
    """The name and the curves, by node and target, of the first animation that moves morph targets."""
    for animation in records(document.content, "animations"):
        wanted: dict[tuple[int, str], Record] = {}
        samplers = records(animation, "samplers")
        for channel in records(animation, "channels"):
            target = record(channel, "target")
            path, number = text(target, "path"), integer(channel, "sampler")
            if "node" not in target or path not in WIDTHS:
                continue
            if number >= len(samplers):
                raise damaged(f"an animation names sampler {number}, of which there are {len(samplers)}")
            wanted[integer(target, "node"), path] = samplers[number]
        if any(path == "weights" for _, path in wanted):
            curves = {key: _curve(document, sampler, key[1]) for key, sampler in wanted.items()}
            return text(animation, "name"), curves
    raise Refusal(
        "no-animation", "The file has no animation of morph targets.", "Export it with shape keys and their animation."
    )


def _curve(document: Document, sampler: Record, path: str) -> Curve:
    times = document.accessor(integer(sampler, "input"), "SCALAR").astype(np.float64)
    kind = WIDTHS[path]
    values = document.accessor(integer(sampler, "output"), kind).astype(np.float64)
    cubic = text(sampler, "interpolation") == "CUBICSPLINE"
    keys = len(times)
    # A comparison with NaN is false.
    if not keys or not np.isfinite(times).all() or not (np.diff(times) > 0).all() or not np.isfinite(values).all():
        raise damaged("the keys of an animation are not numbers at rising times")
    rows = keys * (3 if cubic else 1)
    if values.size % (rows * COMPONENTS[kind]) or values.size == 0:
        raise damaged("an animation has not as many values as keys")
    values = values.reshape(keys, 3, -1) if cubic else values.reshape(keys, -1)
    if kind != "SCALAR" and values.shape[-1] != COMPONENTS[kind]:
        raise damaged("an animation has not as many values as keys")
    middle = values[:, 1] if cubic else values
    if path == "rotation" and not (np.linalg.norm(middle, axis=1) > 1e-6).all():
        raise damaged("an animation has a rotation without a direction")
    return Curve(times, middle, values[:, [0, 2]] if cubic else None, text(sampler, "interpolation") == "STEP")


def _surface(document: Document, piece: Piece, curves: dict[tuple[int, str], Curve], seconds: np.ndarray) -> Morphs:
    targets = records(piece.primitive, "targets")
    deltas = np.zeros((len(targets), len(piece.points), 3), np.float32)
    for delta, target in zip(deltas, targets, strict=True):
        if "POSITION" in target:
            values = document.accessor(integer(target, "POSITION"), "VEC3")
            if values.shape != delta.shape or not np.isfinite(values).all():
                raise damaged("a morph target has not as many vertices as its mesh, or some that are no numbers")
            delta[:] = values
    node = piece.path[-1]
    curve = curves.get((node, "weights"))
    if curve is None:
        weights = np.tile(_still_weights(document, piece, len(targets)), (len(seconds), 1))
    elif curve.values.shape[1] != len(targets):
        raise damaged(f"an animation has {curve.values.shape[1]} weights for {len(targets)} morph targets")
    else:
        weights = curve.at(seconds)
    return Morphs(
        piece.start,
        piece.points.astype(np.float32),
        _names(piece.mesh, len(targets)),
        deltas,
        weights.astype(np.float32),
        _matrices(document, piece, curves, seconds).astype(np.float32),
    )


def _names(mesh: Record, count: int) -> tuple[str, ...]:
    """Of the morph targets, from where exporters put them."""
    given = record(mesh, "extras").get("targetNames", [])
    names = given if isinstance(given, list) else []
    return tuple(str(names[at])[:200] if at < len(names) else f"target {at}" for at in range(count))


def _still_weights(document: Document, piece: Piece, count: int) -> np.ndarray:
    """(count,) of a node that no animation moves."""
    node = document.item("nodes", piece.path[-1], "a node")
    for entry in (node, piece.mesh):
        values = entry.get("weights")
        if values is None:
            continue
        if (
            not isinstance(values, list)
            or len(values) != count
            or not all(isinstance(one, int | float) for one in values)
        ):
            raise damaged(f"it has not {count} weights for {count} morph targets")
        return np.array(values, np.float64)
    return np.zeros(count)


def _matrices(
    document: Document, piece: Piece, curves: dict[tuple[int, str], Curve], seconds: np.ndarray
) -> np.ndarray:
    """(T, 4, 4) to the scene, or (1, 4, 4) where no node above moves."""
    if not any((node, path) in curves for node in piece.path for path in ("translation", "rotation", "scale")):
        return piece.matrix[None]
    result = np.tile(np.eye(4), (len(seconds), 1, 1))
    for number in piece.path:
        local = np.tile(local_matrix(document.item("nodes", number, "a node")), (len(seconds), 1, 1))
        # Columns of T R S: their lengths are the scale.
        scale = np.linalg.norm(local[:, :3, :3], axis=1)
        turn = local[:, :3, :3] / np.maximum(scale, 1e-12)[:, None, :]
        if (number, "translation") in curves:
            local[:, :3, 3] = curves[number, "translation"].at(seconds)
        if (number, "rotation") in curves:
            turn = curves[number, "rotation"].rotations(seconds)
        if (number, "scale") in curves:
            scale = curves[number, "scale"].at(seconds)
        local[:, :3, :3] = turn * scale[:, None, :]
        result = result @ local
    return result
