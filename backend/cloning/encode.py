"""A mesh in motion to a Performance: the FACS code of every frame, the head's motion and the gaze."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from backend.cloning.clip_sample import pieces
from backend.cloning.code_fit import FLOOR, Dictionary, fit_codes, learn_dictionary, weighted
from backend.cloning.dialects import Dialect
from backend.cloning.gaze import SEEN, eye_rotations, look_codes
from backend.cloning.head_motion import at_rest, head_motions, rigid_motions
from backend.cloning.parts import ROLE
from backend.cloning.reader import THIN, Reader, prepare
from backend.cloning.result import Shapes
from backend.cloning.tracing import tracer_of
from backend.errors import Progress, Refusal, silent
from backend.frames import Frames, picked
from backend.geometry.mesh import FaceMesh
from backend.performance import Performance, performance

LEARN_FROM, LEARN_FRAMES = 1000, 240
"""Frames that are looked at for those in which the face moves most, and how many of these the dialect is learnt
from."""

LOOSE, CLOSE, TIGHT = 0.3, 0.1, 1e-4
"""A vertex is expected to miss the head's rigid motion by this share of what the shapes can move it by (before the code
is known, and after), and by these metres at least."""

REFITS = 2
MADE_BY_KEYS = 0.995
"""Share of the squared motion that keys explain of a clip which they made."""

QUIET = 5e-4
"""Metres: in a face that moves less, a residual says little."""

Motions = tuple[np.ndarray, np.ndarray]
"""Rotations (t, 3, 3) and translations (t, 3) of the head."""


@dataclass(frozen=True)
class Encoding:
    """performance: of the clip. dialect: the share of each artist, by name, in the shapes that the codes are weights
    of; the rest is the shapes that were given. residual, motion: (T,) metres at a real head's size, the root mean
    square distance, by area, of the face's vertices to where the code puts them, and to the neutral."""

    performance: Performance
    dialect: dict[str, float]
    residual: np.ndarray
    motion: np.ndarray

    @property
    def explained(self) -> float:
        """0..1, the share of the squared motion that the code accounts for; 1 where nothing moves."""
        return 1 - float(np.square(self.residual).sum()) / max(float(np.square(self.motion).sum()), FLOOR)


@dataclass(frozen=True)
class _Learnt:
    """What a clip is read with. turning: (2,) bool, the eyes that turn in it at all. dictionary: of the face. inner: of
    what tells the channels that the skin does not, None where it tells all."""

    turning: np.ndarray
    dictionary: Dictionary
    inner: Dictionary | None


@dataclass(frozen=True)
class _Fit:
    """codes: (t, K). head: (t, 6). eyes: (t, 2, 3) yaw, pitch, roll. residual, motion: (t,)."""

    codes: np.ndarray
    head: np.ndarray
    eyes: np.ndarray
    residual: np.ndarray
    motion: np.ndarray


def encode(
    mesh: FaceMesh,
    frames: Frames,
    shapes: Shapes,
    artists: Sequence[Dialect] = (),
    progress: Progress = silent,
    traced: bool = False,
) -> Encoding:
    """The Performance that moves a neutral mesh through a clip.

    frames: of the same vertices in the same order, in any frame of reference; read twice, a piece at a time. shapes: of
    the mesh, its own keys or what build_shapes gives it, under ARKit's or ICT's names. artists: whose dialects compete
    with the shapes where these have ICT's names and it is known where they lie on the canonical head; without any the
    shapes are taken as they are. Codes are 0..1. traced: whether the performance has a trace of what the vertices did
    besides. Raises Refusal where the clip does not belong to the mesh or its face cannot move, and Cancelled where
    progress does.
    """
    check_frames(mesh, frames)
    reader = prepare(mesh, shapes, artists)
    return encode_sample(reader, picked(frames, reader.sample.numbers), progress, len(mesh.vertices) if traced else 0)


def encode_by_keys(
    mesh: FaceMesh,
    frames: Frames,
    shapes: Shapes,
    keys: tuple[tuple[str, ...], np.ndarray] | None,
    artists: Sequence[Dialect],
    progress: Progress = silent,
) -> tuple[Shapes, Encoding]:
    """The same with a head's own keys, names (K,) and deltas (K, N, 3), where they made the clip: then amplitudes are
    exact. Else with whichever explains it better, the keys or the shapes in the artists' dialects; then with a trace,
    which tells the head's own rig what the codes cannot. Also the shapes that the codes are weights of. Raises as
    encode does."""
    skin = shapes.parts == ROLE["skin"]
    if keys is None or not keys[1][:, skin].any():
        return shapes, encode(mesh, frames, shapes, artists, progress, traced=True)
    own = replace(shapes, names=keys[0], deltas=keys[1])
    by_keys = encode(mesh, frames, own, (), lambda f, text: progress(0.5 * f, text))
    if by_keys.explained >= MADE_BY_KEYS:
        return own, by_keys
    by_shapes = encode(mesh, frames, shapes, artists, lambda f, text: progress(0.5 + 0.5 * f, text), traced=True)
    if by_keys.explained < by_shapes.explained:
        return shapes, by_shapes
    motion = replace(by_keys.performance, trace=by_shapes.performance.trace)
    return own, replace(by_keys, performance=motion)


def encode_sample(reader: Reader, frames: Frames, progress: Progress = silent, vertices: int = 0) -> Encoding:
    """The same of a clip that has the vertices of the reader's sample alone, in its order. frames is read twice.
    vertices: of the whole mesh, where a trace is wanted."""
    matrix = reader.canonical_from_file
    every = -(-frames.count // LEARN_FROM)
    some = np.concatenate(list(pieces(frames, matrix, lambda f, text: progress(0.3 * f, text), every)))
    progress(0.3, "Learning how the face moves")
    learnt = _learn(reader, some)
    tracer = tracer_of(reader.sample, _moved(reader, _rigid(reader, some, None), some)) if vertices else None
    fits, amounts = [], []
    for places in pieces(frames, matrix, lambda f, text: progress(0.4 + 0.6 * f, text)):
        fits.append(_fit(reader, learnt, places))
        if tracer is not None:
            motions = Rotation.from_rotvec(fits[-1].head[:, :3]).as_matrix(), fits[-1].head[:, 3:]
            amounts.append(tracer.amounts(_moved(reader, motions, places)))
    codes, head, eyes, residual, motion = (
        np.concatenate([getattr(fit, name) for fit in fits]) for name in _Fit.__dataclass_fields__
    )
    missed = np.square(residual) / (np.square(motion) + QUIET**2)
    result = performance(
        reader.names,
        codes.astype(np.float32),
        frames.fps,
        head=head.astype(np.float32),
        gaze=eyes[:, :, :2].reshape(-1, 4).astype(np.float32),
        torsion=eyes[:, :, 2].astype(np.float32),
        confidence=(reader.confidence * np.clip(1 - missed, 0, 1)).astype(np.float32),
        source=frames.source,
    )
    if tracer is not None:
        result = replace(result, trace=tracer.trace(matrix, vertices, np.concatenate(amounts)))
    dialect = dict(zip(reader.artists, map(float, learnt.dictionary.mixture[1:]), strict=True))
    return Encoding(result, dialect, residual, motion)


def check_frames(mesh: FaceMesh, frames: Frames) -> None:
    """Raises Refusal where the frames cannot be of this mesh."""
    if frames.vertices != len(mesh.vertices):
        raise Refusal(
            "other-topology",
            f"The clip has {frames.vertices:,} vertices in a frame, the head {len(mesh.vertices):,}.",
            "Bake the clip from this head, without modifiers that change its vertices.",
        )


def _learn(reader: Reader, places: np.ndarray) -> _Learnt:
    """What to read a clip with, from some of its frames (t, s, 3); the face from those in which it moves most."""
    motions = _rigid(reader, places, None)
    field, eyes = _displacements(reader, motions, places, reader.sample.face), _turns(reader, motions, places)
    energy = np.square(field).sum(2) @ reader.weights
    order = np.argsort(-energy, kind="stable")[: max(LEARN_FRAMES, len(places) // 2)]
    chosen = np.sort(order[:: -(-len(order) // LEARN_FRAMES)])
    even = np.full(len(reader.shapes), 1.0 / len(reader.shapes))
    turning = np.abs(eyes[:, :, :2]).max((0, 2)) > SEEN
    start, fixed = _looks(reader, even, turning, eyes[chosen])
    inner = None
    if reader.hidden is not None:
        within = _displacements(reader, motions, places, reader.sample.inner)
        inner = reader.hidden.learn(within)
        start[:, reader.hidden.channels] = reader.hidden.read(inner, within[chosen])
        fixed |= reader.hidden.channels
    flat = weighted(reader.shapes, reader.weights)
    candidates = np.stack([reader.modes.without(fields) for fields in flat])
    motion = reader.modes.without(weighted(field[chosen], reader.weights))
    return _Learnt(turning, learn_dictionary(candidates, motion, fixed, start), inner)


def _rigid(reader: Reader, places: np.ndarray, expression: np.ndarray | None) -> Motions:
    """The head's motion in frames places (t, s, 3), from skull and face, the less the shapes move it the more.
    expression: (t, m, 3) of the face, where it is known."""
    face, still = reader.holding
    target = np.concatenate([places[:, face], places[:, still]], axis=1).astype(np.float64)
    missed = (LOOSE if expression is None else CLOSE) * reader.reach
    weights = reader.area / (TIGHT**2 + np.square(missed))
    source = reader.sample.points[np.concatenate([face, still])]
    if expression is None:
        return head_motions(source, target, weights)
    posed = np.repeat(source[None], len(places), axis=0)
    posed[:, : len(face)] += expression[:, ::THIN]
    return rigid_motions(posed, target, weights)


def _displacements(reader: Reader, motions: Motions, places: np.ndarray, of: np.ndarray) -> np.ndarray:
    """(t, n, 3) of some of the sample, (s,) bool, without the head's motion."""
    return at_rest(*motions, places[:, of].astype(np.float64)) - reader.sample.points[of]


def _moved(reader: Reader, motions: Motions, places: np.ndarray) -> np.ndarray:
    """(t, s, 3) of all of the sample."""
    return _displacements(reader, motions, places, np.ones(len(reader.sample.points), bool))


def _turns(reader: Reader, motions: Motions, places: np.ndarray) -> np.ndarray:
    """(t, 2, 3) yaw, pitch and roll of both eyes against the head, radians; zero where there is no eyeball."""
    result = np.zeros((len(places), 2, 3))
    for side, eye in enumerate(reader.sample.eyes):
        turned = eye_rotations(reader.sample.points[eye], at_rest(*motions, places[:, eye].astype(np.float64)))
        if turned is not None:
            result[:, side] = turned
    return result


def _looks(reader: Reader, mixture: np.ndarray, turning: np.ndarray, eyes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes (t, K) of the eyeLook channels that turning eyeballs tell, and which these are (K,)."""
    common = reader.full[0]
    full = {
        name: float(sum(share * looks.get(name, size) for share, looks in zip(mixture, reader.full, strict=True)))
        for name, size in common.items()
    }
    codes = np.zeros((len(eyes), len(reader.names)))
    fixed = np.zeros(len(reader.names), bool)
    for side in np.flatnonzero(turning):
        for name, code in look_codes(reader.names, "LR"[side], eyes[:, side], full).items():
            at = reader.names.index(name)
            codes[:, at], fixed[at] = code, True
    return codes, fixed


def _fit(reader: Reader, learnt: _Learnt, places: np.ndarray) -> _Fit:
    """Everything about some frames (t, s, 3): head motion and code in turn, each from the other."""
    shapes = np.tensordot(learnt.dictionary.mixture, reader.shapes, axes=1)
    motions = _rigid(reader, places, None)
    codes, field, eyes = _read(reader, learnt, motions, places)
    for _ in range(REFITS):
        motions = _rigid(reader, places, np.tensordot(codes, shapes, axes=1))
        codes, field, eyes = _read(reader, learnt, motions, places)
    off = field - np.tensordot(codes, shapes, axes=1)
    rotations, translations = motions
    head = np.concatenate([Rotation.from_matrix(rotations).as_rotvec(), translations], axis=1)
    residual, motion = (np.sqrt(np.square(length).sum(2) @ reader.weights) for length in (off, field))
    return _Fit(codes, head, eyes, residual, motion)


def _read(
    reader: Reader, learnt: _Learnt, motions: Motions, places: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes (t, K), the face's displacements (t, m, 3) and the eyes' turns (t, 2, 3), given the head's motion."""
    field, eyes = _displacements(reader, motions, places, reader.sample.face), _turns(reader, motions, places)
    told, fixed = _looks(reader, learnt.dictionary.mixture, learnt.turning, eyes)
    if reader.hidden is not None and learnt.inner is not None:
        within = _displacements(reader, motions, places, reader.sample.inner)
        told[:, reader.hidden.channels] = reader.hidden.read(learnt.inner, within)
        fixed |= reader.hidden.channels
    motion = reader.modes.without(weighted(field, reader.weights))
    return fit_codes(learnt.dictionary, motion, fixed, told), field, eyes
