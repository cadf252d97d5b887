"""Which control is which channel: by its name, by what it does, or by neither, and then it is solved for.

What controls do is compared with the head's own 52 shapes. A rig whose controls are shapes of one artist has one for
each channel, so they are matched one to one, for the greatest sum of cosines (Kuhn 1955); a control that is its
channel's match then follows the channel as it is, because what the artist made of it is what it means on this
character. Where several controls make a channel together, as bones do, none is its match.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from backend.channels import ARKIT_NAMES, mirror
from backend.rigs.fields import Fields
from backend.rigs.halves import Halves, halves, solve
from backend.rigs.mapping import FOLLOW, REST, SOLVE, Entry, Mapping, covered
from backend.rigs.names import led, named
from backend.rigs.rig import Rig

CLEAR = 0.4
"""Cosine from which on a control may be its channel's match."""

ALONE = 0.45
"""And share of what all controls together explain of the channel that it must explain by itself."""

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


def decide(rig: Rig, fields: Fields | None, given: Mapping) -> Mapping:
    """An entry for every control. fields: None where the head has no face; then names alone decide. given: entries
    that are decided already; a follower that is locked stays at rest all the same."""
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
    _by_name(rig, fields, result)
    if fields is not None:
        _by_measure(rig, fields, result)
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
    result = {}
    for at, name in enumerate(rig.controls):
        entry = mapping[name]
        if entry.use != FOLLOW or not named(name):
            continue
        own = max(alike[at, ARKIT_NAMES.index(channel)] for channel in entry.channels)
        best = int(alike[at].argmax())
        if own < DENIED and alike[at, best] > CLAIMED:
            result[name] = f"{name} moves like {ARKIT_NAMES[best]} ({alike[at, best]:.2f}), not as it is named"
    return result


def twins(rig: Rig, fields: Fields, mapping: Mapping) -> list[tuple[str, str]]:
    """Pairs of controls, solved for, that do the same or the opposite."""
    solved = [at for at, name in enumerate(rig.controls) if mapping[name].use == SOLVE]
    gram = fields.whole[np.ix_(solved, solved)]
    length = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    pairs = np.argwhere(np.triu(np.abs(gram / np.outer(length, length)) > TWINS, 1))
    return [(rig.controls[solved[a]], rig.controls[solved[b]]) for a, b in pairs]


def _by_name(rig: Rig, fields: Fields | None, result: Mapping) -> None:
    """Entries for the controls whose names are channels. Of two for the same channel the one that looks more like it
    follows; one for both sides stays at rest where each side has its own."""
    alike = None if fields is None else similarity(fields)
    claims: dict[tuple[str, ...], list[int]] = {}
    for at, name in enumerate(rig.controls):
        if name not in result and (channels := named(name)):
            claims.setdefault(tuple(channels), []).append(at)
    single = {channels[0] for channels in claims if len(channels) == 1} | covered([*result.values()])
    for channels, controls in claims.items():
        if all(channel in single for channel in channels) and len(channels) > 1:
            for at in controls:
                result[rig.controls[at]] = Entry(REST, {}, f"{' and '.join(channels)} have controls of their own")
            continue
        order = controls
        if alike is not None:
            order = sorted(controls, key=lambda at: -alike[at, ARKIT_NAMES.index(channels[0])])
        sided = [at for at in controls if _half(rig.controls[at])]
        keep = sided if len(sided) > 1 else order[:1]
        for at in controls:
            if at in keep:
                unit = _unit(rig, fields, at, channels)
                entry = Entry(FOLLOW, {channel: unit / len(channels) for channel in channels}, "named")
            else:
                entry = Entry(REST, {}, f"{rig.controls[keep[0]]} is {channels[0]} already")
            result[rig.controls[at]] = entry


def _half(name: str) -> bool:
    """Whether a control is one side of a channel that has none in ARKit, or turns an eyeball beside the lids."""
    from backend.channels import CHANNEL, recognise

    return any(channel.startswith("eyeTurn") or CHANNEL[channel].arkit == channel[:-2] for channel in recognise(name))


def _by_measure(rig: Rig, fields: Fields, result: Mapping) -> None:
    """Entries for the controls that are a channel's match, among those of which nothing is known."""
    count = fields.controls
    energy = np.diag(fields.whole)
    free = np.array([name not in result for name in rig.controls])
    chosen = halves(rig, free, energy[:count], float(energy[count:].max()))
    taken = covered([*result.values()])
    open_channels = [at for at, name in enumerate(ARKIT_NAMES) if name not in taken and energy[count + at] > 0]
    targets = [(at,) for at in open_channels]
    targets += [(at, _other(at)) for at in open_channels if at < _other(at) and _other(at) in open_channels]
    if not len(chosen.control) or not targets:
        return
    scores = _scores(fields, chosen, targets)
    explained = _explained(rig, fields, chosen, targets)
    matched: dict[str, dict[str, float]] = {}
    why: dict[str, str] = {}
    used: set[int] = set()
    pairs = zip(*linear_sum_assignment(-np.maximum(scores, 0.0)), strict=True)
    for half, target in sorted(pairs, key=lambda pair: (len(targets[pair[1]]), -scores[pair])):
        score = float(scores[half, target])
        # A control for both sides is needed only where a side has none of its own.
        if score < CLEAR or score**2 < ALONE * explained[target] or used & set(targets[target]):
            continue
        used |= set(targets[target])
        control = int(chosen.control[half])
        names = [ARKIT_NAMES[at] for at in targets[target]]
        unit = np.sign(chosen.reach[half]) * _unit(rig, fields, control, names, float(np.sign(chosen.reach[half])))
        matched.setdefault(rig.controls[control], {}).update({name: unit / len(names) for name in names})
        why[rig.controls[control]] = f"measured {score:.2f}"
    for name, channels in matched.items():
        result[name] = Entry(FOLLOW, channels, why[name])


def _scores(fields: Fields, chosen: Halves, targets: Sequence[tuple[int, ...]]) -> np.ndarray:
    """(H, targets) cosines of the halves with channels and with both sides of channels together."""
    result = np.full((len(chosen.control), len(targets)), -1.0)
    for gram in (fields.whole, fields.skin):
        spread = np.zeros((len(gram), len(targets)))
        for column, target in enumerate(targets):
            spread[[fields.controls + at for at in target], column] = 1.0
        length = np.sqrt(np.maximum(((gram @ spread) * spread).sum(0), 1e-300))
        own = np.sqrt(np.maximum(np.diag(gram)[chosen.control], 1e-300))
        cosine = (gram[chosen.control] @ spread) / np.outer(own, length) * np.sign(chosen.reach)[:, None]
        result = np.maximum(result, cosine)
    return result


def _explained(rig: Rig, fields: Fields, chosen: Halves, targets: Sequence[tuple[int, ...]]) -> np.ndarray:
    """(targets,) share of each target's energy that all free controls together explain."""
    count = fields.controls
    wanted = np.zeros((len(targets), len(ARKIT_NAMES)))
    for row, target in enumerate(targets):
        wanted[row, list(target)] = 1.0
    values = chosen.values(solve(chosen, fields.skin, wanted), count)
    both = np.concatenate([values, -wanted], axis=1)
    energy = ((wanted @ fields.skin[count:, count:]) * wanted).sum(1)
    missed = ((both @ fields.skin) * both).sum(1)
    return 1 - np.clip(missed / np.maximum(energy, 1e-300), 0.0, 1.0)


def _unit(rig: Rig, fields: Fields | None, control: int, channels: Sequence[str], sign: float = 1.0) -> float:
    """How far, above 0, a control goes for channels of 1: 1 or as far as it can, whichever is nearer to what the shapes
    ask for, or that where neither is near."""
    bound = abs((rig.maximum if sign > 0 else rig.minimum)[control] - rig.rest[control])
    if fields is None:
        return float(bound) if PERCENT <= bound < np.inf else 1.0
    gram, count = fields.skin, fields.controls
    if gram[control, control] <= 0:
        gram = fields.whole
    wanted = sum(gram[control, count + ARKIT_NAMES.index(name)] for name in channels)
    asked = sign * wanted / max(gram[control, control], 1e-300)
    if asked <= 0:
        return 1.0 if bound >= 1 else float(bound)
    low, high = ALIKE
    near = [unit for unit in (1.0, float(bound)) if low <= asked / max(unit, 1e-300) <= high and unit <= bound]
    return near[0] if near else float(asked)


def _other(at: int) -> int:
    return ARKIT_NAMES.index(mirror(ARKIT_NAMES[at]))


def _cosines(gram: np.ndarray, count: int) -> np.ndarray:
    length = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    return gram[:count, count:] / np.outer(length[:count], length[count:])
