"""The report: one self-contained page with a picture of every shape, the confidence and what it rests on."""

import base64
import html
import io
import string
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from backend.channels import CHANNEL, mirror, recognise
from backend.cloning.seal import SealFigure
from backend.cloning.shapes import Shapes
from backend.geometry.mesh import PARTS, FaceMesh
from backend.imaging.portraits import Sitter, portrait, sitter

TEMPLATE = Path(__file__).with_name("report.html")
SIZE = 340
HERO_SIZE = 560
YAW = 17.0

HEAD_HEIGHT = 0.245
"""Metres from chin to crown in the canonical frame."""

MOVED = 1e-3
"""A vertex has moved when it moves by more than this share of the head's height."""

REGIONS = {
    "brow": "Brows",
    "eye": "Eyes",
    "cheek": "Cheeks",
    "nose": "Nose",
    "jaw": "Jaw",
    "mouth": "Mouth",
    "tongue": "Tongue",
}
PART_COLOURS = {
    "skin": "#cdb3a0",
    "eye_left": "#5b9bd5",
    "eye_right": "#4bb3a6",
    "teeth_upper": "#f2d16b",
    "teeth_lower": "#e3a44a",
    "tongue": "#d8647a",
    "lashes": "#6a5acd",
    "brows": "#7d5a3c",
    "other": "#8f979e",
}


def write_report(path: Path, mesh: FaceMesh, shapes: Shapes) -> None:
    """Write the page. The same mesh and shapes give the same bytes. Raises OSError where the file cannot be written."""
    path.write_text(report_page(mesh, shapes, path.stem), encoding="utf-8")


def report_page(mesh: FaceMesh, shapes: Shapes, title: str) -> str:
    """The page as text: HTML with its style and its pictures inside."""
    linear = shapes.canonical_from_file[:3, :3]
    vertices = mesh.vertices @ linear.T + shapes.canonical_from_file[:3, 3]
    offsets = np.asarray(shapes.deltas, np.float32) @ linear.T.astype(np.float32)
    lengths = np.linalg.norm(offsets, axis=2)
    largest = lengths.max(axis=1, initial=0.0)
    shares = lengths / np.maximum(largest, 1e-12)[:, None]
    face = sitter(vertices, mesh.triangles, shares.max(axis=0, initial=0.0), YAW)

    cards: dict[str, list[str]] = {region: [] for region in REGIONS}
    for number in _sides_together(shapes.names):
        name, share, furthest = shapes.names[number], shares[number], largest[number]
        moved = int((share * furthest > MOVED * HEAD_HEIGHT).sum())
        picture = _image(portrait(face, SIZE, offsets[number], 0.85 * share**0.7 if moved else None))
        cards[_region(name)].append(_card(name, picture, furthest, largest.max(), moved))
    return string.Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=html.escape(title),
        version=html.escape(shapes.version),
        lead=_lead(mesh, shapes),
        hero=_hero(vertices, mesh, shapes, face, shares),
        neutral=_image(portrait(face, SIZE)),
        confidence=f"{shapes.confidence:.2f}",
        degrees=f"{360 * shapes.confidence:.0f}deg",
        reasons="".join(f"<li>{html.escape(reason)}</li>" for reason in shapes.reasons),
        seals="".join(_seal_row(seal) for seal in shapes.seals) or "<tr><td>No closure was measured.</td></tr>",
        parts="".join(_part_rows(shapes.parts)),
        regions="".join(_section(REGIONS[region], found) for region, found in cards.items() if found),
    )


def _lead(mesh: FaceMesh, shapes: Shapes) -> str:
    objects = len(mesh.object_names)
    pieces = [
        f"{len(shapes.names)} shapes",
        f"{len(mesh.vertices):,} vertices",
        f"{len(mesh.sizes):,} faces",
        html.escape(", ".join(mesh.object_names)) if objects <= 6 else f"{objects} objects",
    ]
    return " &middot; ".join(pieces)


def _hero(vertices: np.ndarray, mesh: FaceMesh, shapes: Shapes, face: Sitter, shares: np.ndarray) -> str:
    motion = shares.max(axis=0, initial=0.0)
    front = sitter(vertices, mesh.triangles, motion, 0.0)
    reach = np.clip(shares.mean(axis=0), 0, None) if len(shares) else np.zeros(len(vertices))
    rgb = np.array([[int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)] for code in PART_COLOURS.values()])
    pictures = (
        ("the neutral face", portrait(front, HERO_SIZE)),
        ("where the shapes act, all together", portrait(face, HERO_SIZE, tint=0.85 * reach / max(reach.max(), 1e-12))),
        ("its parts", portrait(front, HERO_SIZE, colours=rgb[shapes.parts])),
    )
    return "".join(
        f'<figure class="panel" style="padding:0"><img alt="{text}" src="{_image(picture)}">'
        f"<figcaption>{text}</figcaption></figure>"
        for text, picture in pictures
    )


def _sides_together(names: Sequence[str]) -> list[int]:
    """The order of the pictures: as given, but the two sides of a shape one after the other."""
    first = {name: number for number, name in reversed(list(enumerate(names)))}
    return sorted(range(len(names)), key=lambda number: (min(number, first.get(mirror(names[number]), number)), number))


def _region(name: str) -> str:
    channels = recognise(name)
    return CHANNEL[channels[0]].region if channels else "mouth"


def _card(name: str, picture: str, furthest: float, strongest: float, moved: int) -> str:
    if moved:
        figures = f"{100 * furthest / HEAD_HEIGHT:.1f} % &middot; {moved:,} vertices"
    else:
        figures = "moves nothing on this face"
    width = 100 * furthest / strongest if strongest > 0 else 0.0
    return (
        f'<figure class="shape{"" if moved else " still"}"><div class="face">'
        f'<img alt="{html.escape(name)}" src="{picture}"></div><figcaption><b>{html.escape(name)}</b>'
        f'<div class="bar"><i style="width:{width:.0f}%"></i></div><span class="soft">{figures}</span>'
        f"</figcaption></figure>"
    )


def _section(heading: str, cards: list[str]) -> str:
    count = f"{len(cards)} shape{'s' if len(cards) > 1 else ''}"
    return f'<section><h2>{heading}<small>{count}</small></h2><div class="grid">{"".join(cards)}</div></section>'


def _seal_row(seal: SealFigure) -> str:
    if seal.gap_before is None or seal.gap_after is None:
        figures = html.escape(seal.state)
    else:
        figures = f"gap {100 * seal.gap_before:.0f} % &rarr; <b>{100 * seal.gap_after:.1f} %</b>"
        if seal.crossing:
            figures += f", crossing {100 * seal.crossing:.1f} %"
    return f'<tr><td>{html.escape(seal.name)}</td><td class="soft">{figures}</td></tr>'


def _part_rows(parts: np.ndarray) -> Iterable[str]:
    for name, count in zip(PARTS, np.bincount(parts, minlength=len(PARTS)), strict=True):
        if count:
            yield (
                f'<tr><td><span class="swatch" style="background:{PART_COLOURS[name]}"></span>'
                f'{name.replace("_", " ")}</td><td class="soft">{count:,}</td></tr>'
            )


def _image(pixels: np.ndarray) -> str:
    """A data URI of an RGBA picture (h, w, 4)."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", quality=84, method=2)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode("ascii")
