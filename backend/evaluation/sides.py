"""Keys that move the other side of the face than their names say, as some artists' sets have them."""

from dataclasses import replace

from backend.channels import mirror
from backend.evaluation.character import Character
from backend.evaluation.metrics import vertex_areas

CERTAIN = 0.8
"""Share of a key's motion on one side from which on it belongs to that side."""


def wrong_sided(character: Character) -> tuple[str, ...]:
    """Names of the keys that end in Left and move the character's right, and the other way round. Both of a pair are
    named, or neither. x points to the character's left."""
    points = character.vertices[character.head]
    left = character.vertices[:, 0] > 0.5 * (points[:, 0].min() + points[:, 0].max())
    weights = vertex_areas(character.vertices, character.faces) * character.head
    wrong = set()
    for name, key in zip(character.key_names, character.key_deltas, strict=True):
        energy = weights * (key**2).sum(axis=1)
        own = left if name.endswith("Left") else ~left
        if mirror(name) != name and energy[~own].sum() > CERTAIN * energy.sum() > 0:
            wrong.add(name)
    return tuple(name for name in character.key_names if name in wrong and mirror(name) in wrong)


def by_motion(character: Character) -> Character:
    """The character with its wrong-sided keys named for the side that they move."""
    wrong = wrong_sided(character)
    return replace(character, key_names=tuple(mirror(name) if name in wrong else name for name in character.key_names))
