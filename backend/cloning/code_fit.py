"""Codes from displacements: bounded, sparse least squares for every frame of a clip at once, and which artist's dialect
of the shapes the clip speaks."""

from dataclasses import dataclass

import numpy as np

SPARSE, SMALL = 0.01, 0.03
"""Penalties on codes and on squared codes, as shares of the mean squared residual of a vertex: what the shapes cannot
explain is noise to the codes, and the larger it is the less a code is believed that explains little (tuned on heads and
clips of both training families; a third of either changes the error of codes by a twentieth)."""

DESCENTS, SWEEPS, RELEASES, SETTLED = 30, 4, 4, 1e-6
ROUNDS, MIXING = 4, 3
FLOOR = 1e-12
"""Squared metres: a residual of a thousandth of a millimetre is none."""


@dataclass(frozen=True)
class Dictionary:
    """Shapes that a clip is read with. fields: (K, 3m) weighted, without rigid motion. gram: (K, K) their products.
    mixture: (A,) share of each candidate, sums to 1. noise: square metres, the mean squared residual of a vertex."""

    fields: np.ndarray
    gram: np.ndarray
    mixture: np.ndarray
    noise: float


def weighted(fields: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(..., 3m): fields (..., m, 3) times the square root of weights (m,)."""
    return (fields * np.sqrt(weights)[:, None]).reshape(*fields.shape[:-2], -1)


@dataclass(frozen=True)
class RigidModes:
    """What small rigid motions do. fields: (6, 3m) orthonormal weighted displacements. share: (6,) 0..1, how much of
    each is taken out of a field: all of it where nothing else holds the head, little where the skull does."""

    fields: np.ndarray
    share: np.ndarray

    def without(self, fields: np.ndarray) -> np.ndarray:
        """Weighted fields (n, 3m) less what a rigid motion is allowed to explain of them."""
        return fields - ((fields @ self.fields.T) * self.share) @ self.fields


def rigid_modes(face: np.ndarray, weights: np.ndarray, skull: np.ndarray, skull_weights: np.ndarray) -> RigidModes:
    """The modes of a face's points (m, 3) with weights (m,), held by the skull's (s, 3) with weights (s,).

    A motion c of the head costs what it moves the skull. Minimising over c leaves of the squared residual r r only
    r (1 - R (R R + H) R) r, R the modes on the face and H those on the skull; its square root is what `without` does.
    """
    center = (weights / weights.sum()) @ face
    on_face, on_skull = (_small_motions(points - center) for points in (face, skull))
    flat, held = weighted(on_face, weights), weighted(on_skull, skull_weights)
    values, vectors = np.linalg.eigh(flat @ flat.T)
    half = vectors * np.sqrt(np.maximum(values, 1e-12 * values[-1])) @ vectors.T
    allowed, turn = np.linalg.eigh(half @ np.linalg.inv(half @ half + held @ held.T) @ half)
    return RigidModes(turn.T @ np.linalg.inv(half) @ flat, 1 - np.sqrt(1 - np.clip(allowed, 0.0, 1.0)))


def _small_motions(ray: np.ndarray) -> np.ndarray:
    """(6, m, 3) displacements of points at ray (m, 3) by unit translations and by turns of a tenth of a radian."""
    modes = np.zeros((6, *ray.shape))
    for axis in range(3):
        modes[axis, :, axis] = 0.01
        modes[3 + axis] = 0.1 * np.cross(np.eye(3)[axis], ray)
    return modes


def solve_codes(
    gram: np.ndarray,
    products: np.ndarray,
    sparse: np.ndarray,
    small: np.ndarray,
    start: np.ndarray,
    fixed: np.ndarray,
) -> np.ndarray:
    """(T, K) codes x in 0..1 of the least x gram x / 2 - products x + sparse sum(x) + small x x / 2 of every frame.

    gram: (K, K). products: (T, K) of the displacements with the shapes. sparse, small: (T,). start: (T, K), where to
    begin. fixed: (K,) bool, channels that keep what they have there; so do shapes that move nothing. Rounds of
    coordinate descent, which finds the bounds that hold, and projected Newton steps (Bertsekas 1982), which make short
    work of shapes that are nearly alike; all frames in one go, each until it is settled.
    """
    free = np.flatnonzero(~fixed & (np.diag(gram) > 1e-9 * np.diag(gram).max(initial=0.0)))
    result = np.array(start, np.float64)
    if len(free) == 0:
        return result
    # Fixed channels become part of what the free ones have to explain.
    pull = products[:, free] - result @ gram[:, free] + result[:, free] @ gram[np.ix_(free, free)] - sparse[:, None]
    inner, codes = gram[np.ix_(free, free)], result[:, free]
    active = np.arange(len(codes))
    for _ in range(DESCENTS):
        stepped = _descend(inner, pull[active], small[active], codes[active])
        stepped = _newton(inner, pull[active], small[active], stepped)
        unsettled = np.abs(stepped - codes[active]).max(1) > SETTLED
        codes[active] = stepped
        active = active[unsettled]
        if len(active) == 0:
            break
    result[:, free] = codes
    return result


def _descend(gram: np.ndarray, pull: np.ndarray, small: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """A few sweeps of coordinate descent over codes (T, K)."""
    codes = np.array(codes.T, order="C")
    slope = np.ascontiguousarray(pull.T) - gram @ codes
    for _ in range(SWEEPS):
        for k, row in enumerate(gram):
            new = (slope[k] + row[k] * codes[k]) / (row[k] + small)
            np.minimum(np.maximum(new, 0.0, out=new), 1.0, out=new)
            slope -= row[:, None] * (new - codes[k])
            codes[k] = new
    return np.ascontiguousarray(codes.T)


def _newton(gram: np.ndarray, pull: np.ndarray, small: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Codes (T, K) after one Newton step of the channels that no bound holds, cut to the bounds; of a frame that this
    does not bring down, only as far as the first bound, which always does."""
    slope = pull - codes @ gram - small[:, None] * codes
    low, high = codes <= 0, codes >= 1
    held = (low & (slope <= 0)) | (high & (slope >= 0))
    step = np.zeros_like(codes)
    active = np.arange(len(codes))
    for _ in range(RELEASES):
        step[active] = _step(gram, slope[active], small[active], held[active])
        # A channel at its bound that the others' steps push further out is held there as well.
        out = (low & (step < 0)) | (high & (step > 0))
        held |= out
        active = np.flatnonzero(out.any(1))
        if len(active) == 0:
            break
    room = np.where(step < 0, codes, 1.0 - codes)
    until_bound = np.divide(room, np.abs(step), out=np.ones_like(step), where=step != 0).min(1, keepdims=True)
    moved = np.clip(codes + step, 0.0, 1.0)
    change = moved - codes
    better = (change * (slope - 0.5 * (change @ gram + small[:, None] * change))).sum(1) >= 0
    return np.where(better[:, None], moved, np.clip(codes + np.minimum(until_bound, 1.0) * step, 0.0, 1.0))


def _step(gram: np.ndarray, slope: np.ndarray, small: np.ndarray, held: np.ndarray) -> np.ndarray:
    """(T, K) to where the channels that are not held would be best without bounds."""
    diagonal = np.arange(len(gram))
    system = np.where(held[:, :, None] | held[:, None, :], 0.0, gram)
    system[:, diagonal, diagonal] = np.where(held, 1.0, np.diag(gram) + small[:, None])
    return np.linalg.solve(system, np.where(held, 0.0, slope)[:, :, None])[:, :, 0]


def learn_dictionary(candidates: np.ndarray, motion: np.ndarray, fixed: np.ndarray, start: np.ndarray) -> Dictionary:
    """The mixture of candidate shapes that explains some frames best.

    candidates: (A, K, 3m) and motion: (F, 3m), weighted, weights of sum 1, without rigid motion. fixed: (K,), start:
    (F, K) as in solve_codes. Codes and mixture are solved for in turn; the penalties follow the residual down, so that
    shapes that are right are fitted exactly.
    """
    count = len(candidates)
    flat = candidates.reshape(count * candidates.shape[1], -1)
    products = (motion @ flat.T).reshape(len(motion), count, -1)
    grams = (flat @ flat.T).reshape(count, candidates.shape[1], count, candidates.shape[1])
    energy = float(np.square(motion).sum(1).mean())
    mixture, noise, codes = np.full(count, 1.0 / count), 1e-3 * energy + FLOOR, start
    for _ in range(ROUNDS):
        for _ in range(MIXING if count > 1 else 1):
            gram = np.einsum("a,b,akbl->kl", mixture, mixture, grams)
            product = np.einsum("a,tak->tk", mixture, products)
            same = np.full(len(motion), noise)
            codes = solve_codes(gram, product, SPARSE * same, SMALL * same, codes, fixed)
            if count > 1:
                quadratic = np.einsum("akbl,kl->ab", grams, codes.T @ codes)
                mixture = _on_simplex(quadratic, np.einsum("tk,tak->a", codes, products), mixture)
        gram = np.einsum("a,b,akbl->kl", mixture, mixture, grams)
        product = np.einsum("a,tak->tk", mixture, products)
        residual = energy - 2 * (codes * product).sum(1).mean() + ((codes @ gram) * codes).sum(1).mean()
        noise = max(float(residual), 0.0) + FLOOR
    fields = np.tensordot(mixture, candidates, axes=1)
    return Dictionary(fields, fields @ fields.T, mixture, noise)


def fit_codes(dictionary: Dictionary, motion: np.ndarray, fixed: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Codes (T, K) of displacements motion (T, 3m), weighted and without rigid motion. A frame that the shapes explain
    worse than the clip is believed less, a quiet one more. fixed, start: as in solve_codes."""
    products = motion @ dictionary.fields.T
    energy = np.square(motion).sum(1)
    noise = np.full(len(motion), dictionary.noise)
    codes = start
    for _ in range(2):
        codes = solve_codes(dictionary.gram, products, SPARSE * noise, SMALL * noise, codes, fixed)
        residual = energy - 2 * (codes * products).sum(1) + ((codes @ dictionary.gram) * codes).sum(1)
        noise = 0.5 * dictionary.noise + 0.5 * np.clip(residual, 0.0, 10 * dictionary.noise)
    return codes


def _on_simplex(quadratic: np.ndarray, linear: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The shares s >= 0 with sum 1 of the least s quadratic s / 2 - linear s, by projected gradient."""
    trace = float(np.trace(quadratic))
    if trace <= 0:
        return start
    shares = start
    for _ in range(300):
        moved = shares - (quadratic @ shares - linear) / trace
        order = np.sort(moved)[::-1]
        excess = (np.cumsum(order) - 1) / np.arange(1, len(order) + 1)
        shares = np.maximum(moved - excess[np.flatnonzero(order > excess)[-1]], 0.0)
    return shares
