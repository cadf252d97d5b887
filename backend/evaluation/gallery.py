"""The gallery: a page of pictures, the artist's keys above ours above a simpler method's, one camera for all three."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from backend.channels import ARKIT_NAMES
from backend.cloning.result import Shapes
from backend.evaluation.baselines import Method
from backend.evaluation.character import Character, load_character
from backend.evaluation.icp import Reference, fit_character
from backend.evaluation.licences import Credit
from backend.evaluation.metrics import ChannelFigures, compare, summarise
from backend.evaluation.shapes import BuildShapes, product_shapes
from backend.evaluation.sides import by_motion, wrong_sided
from backend.geometry.read import read_head
from backend.imaging.portraits import Sitter, portrait, sitter

CAST = (
    "facecap_generic",
    "facecap_livemode",
    "apple_face_example",
    "rpm_template",
    "jeeliz_human",
    "jeeliz_tiger",
    "jeeliz_turtle",
    "mhr_body",
)
"""Who is shown where nobody is asked for."""

SHOWN = (
    "eyeBlinkLeft",
    "eyeWideLeft",
    "browDownLeft",
    "browOuterUpLeft",
    "browInnerUp",
    "cheekPuff",
    "noseSneerLeft",
    "jawOpen",
    "mouthSmileLeft",
    "mouthFrownLeft",
    "mouthPucker",
    "mouthFunnel",
)
"""Channels, in the order of the pictures."""

COLUMNS = 6
CELL = 190
SIDE = 96
"""Width of the column that names the rows, pixels."""

HEAD = 30
"""Height of the line that names the shapes, pixels."""

SAMPLES = 2
COLOURS = 128
YAW = 15.0
"""Degrees; the character's left, where the one-sided shapes are, is turned to the viewer."""

ROOM = 1.1
"""How much more than the neutral face is in the picture: an open jaw."""

PAPER = (238, 236, 232)
EMPTY = (226, 223, 218)
INK = (52, 47, 42)
FAINT = (134, 128, 121)
TINT = 0.6
"""How much of the colour of motion the vertex that moves most has."""

SLIGHT = 0.02
"""Share of a shape's largest motion up to which a vertex keeps its colour."""


INTRODUCTION = """# Gallery

Characters that nothing was trained on, each in twelve shapes at full strength, all from one camera. *Artist*: the keys
that an artist made. *Ours*: what Facsimile makes of the neutral mesh, with no hint. *Baseline*: the careful classical
method; the ICT head is laid on the character, bent onto it by non-rigid iterative closest points, and its shapes are
carried over by deformation transfer. That method is told where the head is and how it stands; Facsimile finds out. It
moves the mesh that carries the face alone, not beards or teeth beside it.

The warmer the colour, the more a place moves, relative to the place that moves most. The number in a cell is the
area-weighted cosine, on the head, between the displacements shown and the artist's: 1 is the same motion, 0 is
unrelated. Two artists reach about 0.8 with each other.

Made by `python -m backend evaluate gallery --corpus ../shared/corpus/dev --out docs/gallery`."""


@dataclass(frozen=True)
class Row:
    """One maker's shapes. title: for the picture's margin. names: (K,) channels; deltas: (K, N, 3) in the character's
    units and frame. figures: against the artist's keys, none for the artist."""

    title: str
    names: tuple[str, ...]
    deltas: np.ndarray
    figures: tuple[ChannelFigures, ...] = ()


@dataclass(frozen=True)
class Exhibit:
    """One character. picture: its sheet. caption: what the rows are and how well they agree, Markdown."""

    name: str
    picture: Image.Image
    caption: str


def write_gallery(
    paths: Sequence[Path],
    credits: dict[str, Credit],
    out: Path,
    reference: Reference,
    method: Method,
    build: BuildShapes = product_shapes,
    progress: Callable[[str], None] = print,
) -> None:
    """Write NAME.png for each character.npz and README.md, the page, into a folder.

    reference: what characters are placed on for the baseline's method. progress: told each name before its work.
    Raises Refusal for a file that is no character and for a head that the product refuses.
    """
    out.mkdir(parents=True, exist_ok=True)
    exhibits = []
    for path in paths:
        progress(path.parent.name)
        character = load_character(path)
        transferred = method(character, fit_character(character, reference))
        exhibit = exhibit_character(character, build(path), transferred)
        small = exhibit.picture.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        small.save(out / f"{exhibit.name}.png", optimize=True)
        exhibits.append(exhibit)
    (out / "README.md").write_text(page(exhibits, credits), encoding="utf-8")


def exhibit_character(character: Character, ours: Shapes, transferred: np.ndarray) -> Exhibit:
    """The picture and caption of a character. transferred: (52, N, 3) the baseline's displacements of ARKIT_NAMES.

    The artist's keys are named for the side that they move, which a few artists' own names contradict.
    """
    sided = by_motion(character)
    rows = (
        Row("artist", sided.key_names, sided.key_deltas),
        Row("ours", ours.names, ours.deltas, compare(sided, ours.names, ours.deltas)),
        Row("baseline", ARKIT_NAMES, transferred, compare(sided, ARKIT_NAMES, transferred)),
    )
    placing = ours.canonical_from_file
    picture = sheet(character.path, placing, rows)
    return Exhibit(character.name, picture, caption(rows, wrong_sided(character)))


def sheet(path: Path, placing: np.ndarray, rows: Sequence[Row]) -> Image.Image:
    """A picture of SHOWN in lines of COLUMNS shapes, in each line the rows below each other.

    path: of the mesh, as a user's file. placing: (4, 4) from its frame to the canonical one. The camera frames what
    moves in the second row, ours, and takes all pictures.
    """
    mesh = read_head(path)
    linear = placing[:3, :3]
    vertices = mesh.vertices @ linear.T + placing[:3, 3]
    shown = [_shown(row, linear) for row in rows]
    motion = np.max([_share(offsets) for offsets in shown[1].values()], axis=0)
    face = sitter(vertices, mesh.triangles, motion, YAW)
    face = replace(face, camera=replace(face.camera, extent=ROOM * face.camera.extent))
    height = HEAD + len(rows) * CELL
    bands = [SHOWN[at : at + COLUMNS] for at in range(0, len(SHOWN), COLUMNS)]
    picture = Image.new("RGB", (SIDE + COLUMNS * CELL, len(bands) * height), PAPER)
    draw = ImageDraw.Draw(picture)
    for band, names in enumerate(bands):
        for column, name in enumerate(names):
            _letter(draw, name, (SIDE + (column + 0.5) * CELL, band * height + HEAD / 2), 17)
        for line, (row, fields) in enumerate(zip(rows, shown, strict=True)):
            y = band * height + HEAD + line * CELL
            _letter(draw, row.title, (SIDE / 2, y + CELL / 2), 17)
            cosines = {figure.name: figure.cosine for figure in row.figures}
            for column, name in enumerate(names):
                x = SIDE + column * CELL
                if name not in fields:
                    draw.rectangle((x + 2, y + 2, x + CELL - 3, y + CELL - 3), EMPTY)
                    _letter(draw, "no key", (x + CELL / 2, y + CELL / 2), 14, FAINT)
                    continue
                picture.paste(_cell(face, fields[name]), (x, y))
                if name in cosines:
                    draw.rectangle((x + CELL - 44, y + CELL - 22, x + CELL - 1, y + CELL - 1), PAPER)
                    _letter(draw, f"{cosines[name]:.2f}", (x + CELL - 22, y + CELL - 11), 15)
    return picture


def caption(rows: Sequence[Row], renamed: Sequence[str]) -> str:
    """What is to be known of the rows. rows: the artist's, ours, the baseline's. renamed: keys of the artist that move
    the other side than their names say."""
    _, ours, baseline = rows
    if not ours.figures:
        return "The artist made no keys, so there is nothing to measure against."
    parts = []
    for title, row in (("ours", ours), ("baseline", baseline)):
        here = summarise([figure for figure in row.figures if figure.name in SHOWN])
        everywhere = summarise(row.figures)
        of_shown = f"{here.cosine:.2f} over {here.channels} of the shapes shown" if here else "nothing shown to compare"
        if everywhere:
            parts.append(f"{title} {of_shown}, {everywhere.cosine:.2f} over all {everywhere.channels} of the artist")
    text = f"Mean cosine with the artist's keys: {'; '.join(parts)}."
    if renamed:
        text += f" {len(renamed)} of the artist's keys move the other side than their names say; here they stand"
        text += " for the side that they move."
    return text


def page(exhibits: Sequence[Exhibit], credits: dict[str, Credit]) -> str:
    """The page, Markdown."""
    lines = [INTRODUCTION]
    for exhibit in exhibits:
        lines += ["", f"## {exhibit.name}", "", f"![{exhibit.name}]({exhibit.name}.png)", "", exhibit.caption]
        if exhibit.name in credits:
            credit = credits[exhibit.name]
            lines += ["", f"Character: {credit.source}. Licence: {credit.licence}."]
    return "\n".join(lines) + "\n"


def _shown(row: Row, linear: np.ndarray) -> dict[str, np.ndarray]:
    """Offsets (N, 3) in the canonical frame by name, for the channels of SHOWN that the row has."""
    return {name: field @ linear.T for name, field in zip(row.names, row.deltas, strict=True) if name in SHOWN}


def _share(offsets: np.ndarray) -> np.ndarray:
    """(N,) how far vertices move as a share of the furthest."""
    lengths = np.linalg.norm(offsets, axis=1)
    return lengths / max(lengths.max(), 1e-12)


def _cell(face: Sitter, offsets: np.ndarray) -> Image.Image:
    tint = TINT * ((_share(offsets) - SLIGHT) / (1 - SLIGHT)).clip(0) ** 0.7
    pixels = portrait(face, SAMPLES * CELL, offsets[face.chosen], tint[face.chosen])
    picture = Image.new("RGBA", (SAMPLES * CELL, SAMPLES * CELL), (*PAPER, 255))
    picture.alpha_composite(Image.fromarray(pixels))
    return picture.convert("RGB").resize((CELL, CELL), Image.Resampling.BOX)


def _letter(
    draw: ImageDraw.ImageDraw,
    text: str,
    middle: tuple[float, float],
    size: int,
    colour: tuple[int, int, int] = INK,
) -> None:
    draw.text(middle, text, colour, ImageFont.load_default(size), anchor="mm")
