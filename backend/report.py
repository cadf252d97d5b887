"""The report: one self-contained page with a picture of every shape, the confidence and what it rests on."""

import base64
import html
import io
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from backend.channels import CHANNEL, mirror, recognise
from backend.cloning.result import SealFigure, Shapes
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

SLIGHT = 0.02
"""Share of a shape's largest motion up to which a vertex keeps its colour."""

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
    motion = _measure(shapes)
    face = sitter(vertices, mesh.triangles, motion.reach, YAW)
    neutral = portrait(face, SIZE)

    cards: dict[str, list[str]] = {region: [] for region in REGIONS}
    for number in _sides_together(shapes.names):
        name, furthest, moved = shapes.names[number], motion.furthest[number], motion.moved[number]
        picture = neutral
        if moved:
            offsets = shapes.deltas[number][face.chosen] @ linear.T
            share = np.linalg.norm(offsets, axis=1) / furthest
            tint = 0.85 * ((share - SLIGHT) / (1 - SLIGHT)).clip(0) ** 0.7
            picture = portrait(face, SIZE, offsets, tint, neutral=neutral)
        cards[_region(name)].append(_card(name, _image(picture), furthest, max(motion.furthest), moved))
    return string.Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=html.escape(title),
        version=html.escape(shapes.version),
        lead=_lead(mesh, shapes),
        hero=_hero(shapes, face, motion),
        neutral=_image(neutral),
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


@dataclass(frozen=True)
class _Motion:
    """How far the shapes move the face. furthest: (K,) metres. moved: (K,) how many vertices move visibly. reach,
    mean: (N,) the largest and the mean share, over the shapes, of a shape's largest motion."""

    furthest: list[float]
    moved: list[int]
    reach: np.ndarray
    mean: np.ndarray


def _measure(shapes: Shapes) -> _Motion:
    """One shape after the other: of large meshes all of them together fill the memory."""
    scale = float(np.cbrt(np.linalg.det(shapes.canonical_from_file[:3, :3])))
    reach, mean = np.zeros((2, len(shapes.vertices)), np.float32)
    furthest, moved = [], []
    for deltas in shapes.deltas:
        length = scale * np.linalg.norm(deltas, axis=1)
        furthest.append(float(length.max(initial=0.0)))
        moved.append(int((length > MOVED * HEAD_HEIGHT).sum()))
        share = length / max(furthest[-1], 1e-12)
        np.maximum(reach, share, out=reach)
        mean += share / len(shapes.names)
    return _Motion(furthest, moved, reach, mean)


def _hero(shapes: Shapes, face: Sitter, motion: _Motion) -> str:
    front = sitter(face.vertices, face.triangles, motion.reach[face.chosen], 0.0)
    parts = shapes.parts[face.chosen]
    reach = motion.mean[face.chosen]
    rgb = np.array([[int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)] for code in PART_COLOURS.values()])
    pictures = (
        ("the neutral face", portrait(front, HERO_SIZE)),
        ("where the shapes act, all together", portrait(face, HERO_SIZE, tint=0.85 * reach / max(reach.max(), 1e-12))),
        ("its parts", portrait(front, HERO_SIZE, colours=rgb[parts[front.chosen]])),
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
