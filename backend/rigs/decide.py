"""Which control is which channel: by its name, by what it does, or by neither, and then it is solved for.

What controls do is compared with the head's own 52 shapes. A rig whose controls are shapes of one artist has one for
each channel, so they are matched one to one, for the greatest sum of cosines (Kuhn 1955); a control that is its
channel's match then follows the channel as it is, because what the artist made of it is what it means on this
character. Where several controls make a channel together, as bones do, none is its match.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from backend.channels import ARKIT_NAMES, mirror, recognise
from backend.rigs.fields import Fields
from backend.rigs.mapping import Entry, Mapping, covered
from backend.rigs.names import led, named
from backend.rigs.rig import Rig
from backend.rigs.solve import solve, spans
from backend.rigs.uses import FOLLOW, REST, SOLVE

CLEAR = 0.4
"""Cosine from which on a control may be its channel's match."""

ALONE, APART = 0.45, 0.9
"""And share of what all controls together explain of the channel that it must explain by itself: in a rig of which half
the controls are channels, and in any other, where several may make a channel together."""

DENIED, CLAIMED = 0.3, 0.6
"""A name is contradicted where the control's cosine to its channel is below the one and to another above the other."""

ALIKE = (0.2, 5.0)
"""Strengths in this range of each other are the same strength, spelt by two artists."""

DEAD = 1e-8
"""Share of the strongest control's energy below which a control does nothing."""

TWINS = 0.98
"""Cosine from which on two controls do the same."""

PERCENT = 10.0
"""A control that goes as far as this does not count in weights from 0 to 1."""


def decide(
    rig: Rig,
    fields: Fields | None,
    given: Mapping,
    drawn: np.ndarray | None = None,
    carry: np.ndarray | None = None,
) -> Mapping:
    """An entry for every control. fields: None where the head has no face; then names alone decide. given: entries
    that are decided already; a follower that is locked stays at rest all the same. drawn: (K,) bool, the controls that
    measure may match with a channel; None for all. carry: (K,) bool, the controls that move the head as a whole."""
    locked = rig.minimum >= rig.maximum
    energy = np.einsum("knc,knc->k", rig.deltas, rig.deltas)
    dead = energy <= DEAD * energy.max(initial=0.0)
    result: Mapping = {}
    for at, name in enumerate(rig.controls):
        if locked[at]:
            result[name] = Entry(REST, {}, f"locked at {rig.minimum[at]:g}")
        elif dead[at]:
            result[name] = Entry(REST, {}, "does nothing")
        elif name in given:
            result[name] = given[name]
        elif carry is not None and carry[at]:
            result[name] = Entry(REST, {}, "moves the head, not the face")
    _by_name(rig, fields, result)
    if fields is not None:
        _by_measure(rig, fields, result, np.ones(len(rig.controls), bool) if drawn is None else drawn)
    for name in rig.controls:
        if name not in result and fields is None:
            channels = {channel: w for channel, w in led(name).items() if channel not in covered([*result.values()])}
            result[name] = Entry(FOLLOW, channels, "named, roughly") if channels else Entry(REST, {}, "unknown name")
        elif name not in result:
            result[name] = Entry(SOLVE, {}, "solved for")
    return {name: result[name] for name in rig.controls}


def similarity(fields: Fields) -> np.ndarray:
    """(K, C) cosines between controls and channels, with eyeballs or without them, whichever is further from 0."""
    whole, skin = (_cosines(gram, fields.controls) for gram in (fields.whole, fields.skin))
    return np.where(np.abs(skin) > np.abs(whole), skin, whole)


def contradictions(rig: Rig, fields: Fields, mapping: Mapping) -> dict[str, str]:
    """Controls that follow the channel of their name but move like another: a sentence for each."""
    alike = similarity(fields)
    notes = {}
    for at, name in enumerate(rig.controls):
        entry = mapping[name]
        if entry.use != FOLLOW or not named(name):
            continue
        own = max(alike[at, ARKIT_NAMES.index(channel)] for channel in entry.channels)
        best = int(alike[at].argmax())
        if own < DENIED and alike[at, best] > CLAIMED:
            notes[name] = f"{name} moves like {ARKIT_NAMES[best]} ({alike[at, best]:.2f}), not as it is named"
    return notes


def twins(rig: Rig, fields: Fields, mapping: Mapping) -> list[tuple[str, str]]:
    """Pairs of controls, solved for, that do the same or the opposite."""
    solved = [at for at, name in enumerate(rig.controls) if mapping[name].use == SOLVE]
    gram = fields.whole[np.ix_(solved, solved)]
    length = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    pairs = np.argwhere(np.triu(np.abs(gram / np.outer(length, length)) > TWINS, 1))
    return [(rig.controls[solved[a]], rig.controls[solved[b]]) for a, b in pairs]


def _by_name(rig: Rig, fields: Fields | None, result: Mapping) -> None:
    """Entries for the controls whose names are channels. Of two for the same channel the one that looks more like it
    follows; one for both sides stays at rest where each side has its own control."""
    alike = None if fields is None else similarity(fields)
    claims: dict[tuple[str, ...], list[int]] = {}
    for at, name in enumerate(rig.controls):
        if name not in result and named(name):
            claims.setdefault(recognise(name), []).append(at)
    single = {found[0] for found in claims if len(found) == 1}
    taken = covered([*result.values()])
    for found, controls in claims.items():
        channels = list(named(rig.controls[controls[0]]))
        if all(channel in taken for channel in channels) or (len(found) > 1 and single.issuperset(found)):
            for at in controls:
                result[rig.controls[at]] = Entry(REST, {}, f"{' and '.join(channels)}: other controls do this")
            continue
        best = controls[0]
        if alike is not None:
            column = ARKIT_NAMES.index(channels[0])
            best = max(controls, key=lambda at: alike[at, column])
        share = _named_unit(rig, best) / len(channels)
        for at in controls:
            other = Entry(REST, {}, f"{rig.controls[best]} is {' and '.join(channels)} already")
            result[rig.controls[at]] = Entry(FOLLOW, dict.fromkeys(channels, share), "named") if at == best else other


def _named_unit(rig: Rig, control: int) -> float:
    """How far a control goes for the channel that it is named after."""
    return float(rig.maximum[control]) if PERCENT <= rig.maximum[control] < np.inf else 1.0


def _by_measure(rig: Rig, fields: Fields, result: Mapping, drawn: np.ndarray) -> None:
    """Entries for the controls that are a channel's match, among the drawn (K,) of which nothing is known."""
    free = drawn & np.array([name not in result for name in rig.controls])
    halves = _halves(rig, free)
    targets = _targets(fields, covered([*result.values()]))
    if not halves or not targets:
        return
    scores = _scores(fields, halves, targets)
    alone = scores**2 / np.maximum(_explained(rig, fields, free, targets), 1e-9)
    pairs = assigned(scores, targets)
    matches = _matches(pairs, scores, alone, targets, ALONE)
    known = sum(entry.use == FOLLOW for entry in result.values())
    if known + len({halves[half][0] for half, _ in matches}) < 0.5 * (known + _distinct(fields, free)):
        matches = _matches(pairs, scores, alone, targets, APART)
    for half, target in matches:
        control, sign = halves[half]
        names = [ARKIT_NAMES[at] for at in targets[target]]
        unit = sign * _unit(rig, fields, control, names, sign) / len(names)
        before = result.get(rig.controls[control], Entry(FOLLOW, {}, "measured"))
        result[rig.controls[control]] = Entry(
            FOLLOW, before.channels | dict.fromkeys(names, unit), f"{before.why} {scores[half, target]:.2f}"
        )


def _distinct(fields: Fields, free: np.ndarray) -> int:
    """How many of the free (K,) controls there are when twins count as one: each key twice is no rig of bones."""
    chosen = np.flatnonzero(free)
    gram = fields.whole[np.ix_(chosen, chosen)]
    length = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    return len(chosen) - int(np.triu(np.abs(gram / np.outer(length, length)) > TWINS, 1).any(0).sum())


def _halves(rig: Rig, free: np.ndarray) -> list[tuple[int, float]]:
    """Every direction, 1 or -1, that the bounds leave to the free (K,) controls."""
    return [
        (int(at), sign)
        for at in np.flatnonzero(free)
        for sign, room in ((1.0, rig.maximum[at] - rig.rest[at]), (-1.0, rig.rest[at] - rig.minimum[at]))
        if room > 0
    ]


def _targets(fields: Fields, taken: set[str]) -> list[tuple[int, ...]]:
    """The channels that no control follows yet and the face has, and both sides of those that have sides."""
    energy = np.diag(fields.whole)[fields.controls :]
    single = [at for at, name in enumerate(ARKIT_NAMES) if name not in taken and energy[at] > 0]
    return [(at,) for at in single] + [(at, _other(at)) for at in single if at < _other(at) and _other(at) in single]


def assigned(scores: np.ndarray, targets: Sequence[tuple[int, ...]]) -> list[tuple[int, int]]:
    """Which direction is which target, one to one, for the greatest sum of scores (H, targets). Both sides together are
    no target where a side has its own control: they would take a control away from a channel that needs it."""
    open_ = np.arange(len(targets))
    while True:
        rows, columns = linear_sum_assignment(-np.maximum(scores[:, open_], 0.0))
        pairs = [
            (int(half), int(target))
            for half, target in zip(rows, open_[columns], strict=True)
            if scores[half, target] >= CLEAR
        ]
        sided = {targets[target][0] for _, target in pairs if len(targets[target]) == 1}
        idle = {target for _, target in pairs if len(targets[target]) > 1 and sided & set(targets[target])}
        if not idle:
            return pairs
        open_ = np.array([target for target in open_ if target not in idle])


def _matches(
    pairs: Sequence[tuple[int, int]],
    scores: np.ndarray,
    alone: np.ndarray,
    targets: Sequence[tuple[int, ...]],
    least: float,
) -> list[tuple[int, int]]:
    """The assigned pairs that are clear. A control for both sides is needed only where no side has its own."""
    used: set[int] = set()
    result = []
    for half, target in sorted(pairs, key=lambda pair: (len(targets[pair[1]]), -scores[pair])):
        if scores[half, target] >= CLEAR and alone[half, target] >= least and not used & set(targets[target]):
            used |= set(targets[target])
            result.append((int(half), int(target)))
    return result


def _scores(fields: Fields, halves: Sequence[tuple[int, float]], targets: Sequence[tuple[int, ...]]) -> np.ndarray:
    """(H, targets) cosines of directions of controls with channels, or both sides of channels together; with eyeballs
    or without them, whichever is greater."""
    controls, signs = np.array([at for at, _ in halves]), np.array([sign for _, sign in halves])
    result = np.full((len(halves), len(targets)), -1.0)
    for gram in (fields.whole, fields.skin):
        spread = np.zeros((len(gram), len(targets)))
        for column, target in enumerate(targets):
            spread[[fields.controls + at for at in target], column] = 1.0
        length = np.sqrt(np.maximum(((gram @ spread) * spread).sum(0), 1e-300))
        own = np.sqrt(np.maximum(np.diag(gram)[controls], 1e-300))
        result = np.maximum(result, (gram[controls] @ spread) / np.outer(own, length) * signs[:, None])
    return result


def _explained(rig: Rig, fields: Fields, free: np.ndarray, targets: Sequence[tuple[int, ...]]) -> np.ndarray:
    """(targets,) share of each target's energy that all free controls together explain."""
    count, gram = fields.controls, fields.skin
    wanted = np.zeros((len(targets), len(ARKIT_NAMES)))
    for row, target in enumerate(targets):
        wanted[row, list(target)] = 1.0
    both = np.concatenate([solve(spans(rig.lowest, rig.highest, free, np.diag(gram)), gram, wanted), -wanted], axis=1)
    energy = ((wanted @ gram[count:, count:]) * wanted).sum(1)
    missed = ((both @ gram) * both).sum(1)
    return 1 - np.clip(missed / np.maximum(energy, 1e-300), 0.0, 1.0)


def _unit(rig: Rig, fields: Fields, control: int, channels: Sequence[str], sign: float) -> float:
    """How far, above 0, a matched control goes for channels of 1: 1, or as far as it can, where the shapes ask for
    roughly as much, and otherwise what they ask for."""
    bound = float(abs((rig.maximum if sign > 0 else rig.minimum)[control] - rig.rest[control]))
    if bound == 1.0:
        return 1.0
    gram, count = fields.skin, fields.controls
    if gram[control, control] <= 0:
        gram = fields.whole
    wanted = sum(gram[control, count + ARKIT_NAMES.index(name)] for name in channels)
    asked = float(sign * wanted / gram[control, control])
    low, high = ALIKE
    near = [unit for unit in (1.0, bound) if low <= asked / unit <= high]
    return near[0] if near else asked


def _other(at: int) -> int:
    return ARKIT_NAMES.index(mirror(ARKIT_NAMES[at]))


def _cosines(gram: np.ndarray, count: int) -> np.ndarray:
    length = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    return gram[:count, count:] / np.outer(length[:count], length[count:])
