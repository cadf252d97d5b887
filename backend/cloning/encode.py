"""A mesh in motion to a Performance: the FACS code of every frame, the head's motion and the gaze."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from backend.channels import ICT_NAMES
from backend.cloning.clip_sample import Sample, choose_sample, pieces
from backend.cloning.code_fit import FLOOR, Dictionary, RigidModes, fit_codes, learn_dictionary, rigid_modes, weighted
from backend.cloning.dialects import LOOK_NAMES, Dialect, spoken
from backend.cloning.gaze import SEEN, eye_rotations, look_codes, look_sizes
from backend.cloning.head_motion import at_rest, head_motions, rigid_motions
from backend.cloning.result import Shapes
from backend.errors import Progress, Refusal, silent
from backend.frames import Frames, picked
from backend.geometry.mesh import FaceMesh
from backend.geometry.operators import vertex_areas, vertex_normals
from backend.geometry.similarity import apply_transform
from backend.performance import Performance, performance

LEARN_FROM, LEARN_FRAMES = 1000, 240
"""Frames that are looked at for those in which the face moves most, and how many of these the dialect is learnt
from."""

SKULL = 30.0
"""How much more a square metre of skull weighs than one of face in telling the head's motion apart."""

LOOSE, CLOSE, TIGHT = 0.3, 0.1, 1e-4
"""A vertex is expected to miss the head's rigid motion by this share of what the shapes can move it by (before the code
is known, and after), and by these metres at least."""

THIN = 3
"""One in so many of the face's vertices helps to tell the head's motion."""

REFITS = 2
QUIET = 5e-4
"""Metres: in a face that moves less, a residual says little."""


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
class Reader:
    """What every frame is fitted with, at the sample's vertices. shapes: (1 + A, K, m, 3) of the face, metres: the
    head's, then in each artist's dialect. full: for each of these the radians that eyeLook channels turn an eyeball.
    weights: (m,) of sum 1. holding: which of the sample, of the face and of the skull, tell the head's motion; reach:
    (h,) metres and area: (h,) of both. artists: (A,) whose dialects these are. confidence: of the shapes."""

    names: tuple[str, ...]
    sample: Sample
    shapes: np.ndarray
    full: tuple[dict[str, float], ...]
    weights: np.ndarray
    modes: RigidModes
    holding: tuple[np.ndarray, np.ndarray]
    reach: np.ndarray
    area: np.ndarray
    artists: tuple[str, ...]
    canonical_from_file: np.ndarray
    confidence: float


@dataclass(frozen=True)
class _Fit:
    """codes: (t, K). head: (t, 6). eyes: (t, 2, 3) yaw, pitch, roll. residual, motion: (t,)."""

    codes: np.ndarray
    head: np.ndarray
    eyes: np.ndarray
    residual: np.ndarray
    motion: np.ndarray


def encode(
    mesh: FaceMesh, frames: Frames, shapes: Shapes, artists: Sequence[Dialect] = (), progress: Progress = silent
) -> Encoding:
    """The Performance that moves a neutral mesh through a clip.

    frames: of the same vertices in the same order, in any frame of reference; read twice, a piece at a time. shapes: of
    the mesh, its own keys or what build_shapes gives it, under ARKit's or ICT's names. artists: whose dialects compete
    with the shapes where these have ICT's names and it is known where they lie on the canonical head; without any the
    shapes are taken as they are. Codes are 0..1. Raises Refusal where the clip does not belong to the mesh or its
    face cannot move, and Cancelled where progress does.
    """
    check_frames(mesh, frames)
    reader = prepare(mesh, shapes, artists)
    return encode_sample(reader, picked(frames, reader.sample.numbers), progress)


def encode_sample(reader: Reader, frames: Frames, progress: Progress = silent) -> Encoding:
    """The same of a clip that has the vertices of the reader's sample alone, in its order. frames is read twice."""
    matrix = reader.canonical_from_file
    every = -(-frames.count // LEARN_FROM)
    some = np.concatenate(list(pieces(frames, matrix, lambda f, text: progress(0.3 * f, text), every)))
    progress(0.3, "Learning how the face moves")
    turning, dictionary = _learn(reader, some)
    rest = pieces(frames, matrix, lambda f, text: progress(0.4 + 0.6 * f, text))
    fits = [_fit(reader, dictionary, turning, places) for places in rest]
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
    dialect = dict(zip(reader.artists, map(float, dictionary.mixture[1:]), strict=True))
    return Encoding(result, dialect, residual, motion)


def check_frames(mesh: FaceMesh, frames: Frames) -> None:
    """Raises Refusal where the frames cannot be of this mesh."""
    if frames.vertices != len(mesh.vertices):
        raise Refusal(
            "other-topology",
            f"The clip has {frames.vertices:,} vertices in a frame, the head {len(mesh.vertices):,}.",
            "Bake the clip from this head, without modifiers that change its vertices.",
        )


def prepare(mesh: FaceMesh, shapes: Shapes, artists: Sequence[Dialect] = ()) -> Reader:
    """What to read clips of a mesh with, and which of its vertices they must have. shapes, artists: as encode takes
    them. Raises Refusal where no shape moves the skin."""
    heard = tuple(artists) if shapes.canonical is not None and shapes.names == ICT_NAMES else ()
    linear = shapes.canonical_from_file[:3, :3]
    points = apply_transform(shapes.canonical_from_file, mesh.vertices)
    size = np.cbrt(np.linalg.det(linear))
    reach = np.zeros(len(points))
    for delta in shapes.deltas:
        np.maximum(reach, size * np.linalg.norm(delta, axis=1), out=reach)
    triangles = mesh.triangles
    sample = choose_sample(points, vertex_areas(points, triangles), shapes.parts, reach)
    if not sample.face.any():
        raise Refusal("still-face", "No shape moves this head's skin.", "Select the head that the clip belongs to.")
    face = sample.numbers[sample.face]
    candidates = [shapes.deltas[:, face].astype(np.float64) @ linear.T]
    full = [_looks_of(shapes, sample, linear)]
    if shapes.canonical is not None:
        on_skin = np.isfinite(shapes.canonical[face]).all(1)
        where = face[on_skin]
        normals = vertex_normals(points, triangles)[where]
        for dialect in heard:
            fields = candidates[0].copy()
            fields[:, on_skin] = spoken(dialect, shapes.canonical[where], points[where], normals)
            candidates.append(fields)
            full.append({n: np.radians(a) for n, a in zip(LOOK_NAMES, dialect.look, strict=True) if np.isfinite(a)})
    area = sample.area / sample.area[sample.face].sum()
    weights = area[sample.face]
    modes = rigid_modes(sample.points[sample.face], weights, sample.points[sample.still], SKULL * area[sample.still])
    holding = np.flatnonzero(sample.face)[::THIN], np.flatnonzero(sample.still)
    both = np.concatenate(holding)
    return Reader(
        shapes.names,
        sample,
        np.stack(candidates),
        tuple(full),
        weights,
        modes,
        holding,
        reach[sample.numbers[both]],
        area[both],
        tuple(dialect.name for dialect in heard),
        shapes.canonical_from_file,
        shapes.confidence,
    )


def _looks_of(shapes: Shapes, sample: Sample, linear: np.ndarray) -> dict[str, float]:
    """The radians that the shapes themselves turn eyeballs by."""
    result: dict[str, float] = {}
    for eye in sample.eyes:
        posed = sample.points[eye] + shapes.deltas[:, sample.numbers[eye]].astype(np.float64) @ linear.T
        turns = eye_rotations(sample.points[eye], posed)
        if turns is not None:
            result |= look_sizes(shapes.names, turns)
    return result


def _learn(reader: Reader, places: np.ndarray) -> tuple[np.ndarray, Dictionary]:
    """Which eyes turn in this clip at all (2,) bool, and the shapes to read it with, from those of the frames places
    (t, s, 3) in which the face moves most."""
    field, eyes = _first_look(reader, places)
    energy = np.square(field).sum(2) @ reader.weights
    order = np.argsort(-energy, kind="stable")[: max(LEARN_FRAMES, len(places) // 2)]
    chosen = np.sort(order[:: -(-len(order) // LEARN_FRAMES)])
    even = np.full(len(reader.shapes), 1.0 / len(reader.shapes))
    turning = np.abs(eyes[:, :, :2]).max((0, 2)) > SEEN
    start, fixed = _looks(reader, even, turning, eyes[chosen])
    flat = weighted(reader.shapes, reader.weights)
    candidates = np.stack([reader.modes.without(fields) for fields in flat])
    motion = reader.modes.without(weighted(field[chosen], reader.weights))
    return turning, learn_dictionary(candidates, motion, fixed, start)


def _first_look(reader: Reader, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The face's displacements (t, m, 3) and the eyes' turns (t, 2, 3) before any code is known."""
    rotations, translations = _rigid(reader, places, None)
    return _displacements(reader, rotations, translations, places), _turns(reader, rotations, translations, places)


def _rigid(reader: Reader, places: np.ndarray, expression: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
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


def _displacements(reader: Reader, rotations: np.ndarray, translations: np.ndarray, places: np.ndarray) -> np.ndarray:
    face = reader.sample.face
    return at_rest(rotations, translations, places[:, face].astype(np.float64)) - reader.sample.points[face]


def _turns(reader: Reader, rotations: np.ndarray, translations: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(t, 2, 3) yaw, pitch and roll of both eyes against the head, radians; zero where there is no eyeball."""
    result = np.zeros((len(places), 2, 3))
    for side, eye in enumerate(reader.sample.eyes):
        turned = eye_rotations(
            reader.sample.points[eye], at_rest(rotations, translations, places[:, eye].astype(np.float64))
        )
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


def _fit(reader: Reader, dictionary: Dictionary, turning: np.ndarray, places: np.ndarray) -> _Fit:
    """Everything about some frames (t, s, 3): head motion and code in turn, each from the other."""
    shapes = np.tensordot(dictionary.mixture, reader.shapes, axes=1)
    rotations, translations = _rigid(reader, places, None)
    codes, field, eyes = _read(reader, dictionary, turning, places, rotations, translations)
    for _ in range(REFITS):
        rotations, translations = _rigid(reader, places, np.tensordot(codes, shapes, axes=1))
        codes, field, eyes = _read(reader, dictionary, turning, places, rotations, translations)
    off = field - np.tensordot(codes, shapes, axes=1)
    head = np.concatenate([Rotation.from_matrix(rotations).as_rotvec(), translations], axis=1)
    residual, motion = (np.sqrt(np.square(length).sum(2) @ reader.weights) for length in (off, field))
    return _Fit(codes, head, eyes, residual, motion)


def _read(
    reader: Reader,
    dictionary: Dictionary,
    turning: np.ndarray,
    places: np.ndarray,
    rotations: np.ndarray,
    translations: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes (t, K), the face's displacements (t, m, 3) and the eyes' turns (t, 2, 3), given the head's motion."""
    field = _displacements(reader, rotations, translations, places)
    eyes = _turns(reader, rotations, translations, places)
    looks, fixed = _looks(reader, dictionary.mixture, turning, eyes)
    motion = reader.modes.without(weighted(field, reader.weights))
    return fit_codes(dictionary, motion, fixed, looks), field, eyes
