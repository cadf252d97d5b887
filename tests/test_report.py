import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.cloning.result import SealFigure, Shapes
from backend.geometry.mesh import PARTS, FaceMesh, face_mesh
from backend.report import report_page, write_report

TO_FILE = 20.0
"""The head is made in canonical metres and stored in units of this scale."""


@pytest.fixture
def head() -> FaceMesh:
    """An egg of quads with a small one in front of it, in a file's own units."""
    rows, columns = 24, 32
    polar, around = np.meshgrid(np.linspace(0.05, 3.09, rows), np.linspace(0, 2 * np.pi, columns, endpoint=False))
    unit = np.stack([np.sin(polar) * np.sin(around), np.cos(polar), np.sin(polar) * np.cos(around)], axis=2)
    row, column = np.meshgrid(np.arange(rows - 1), np.arange(columns))
    after = (column + 1) % columns
    quads = np.stack(
        [column * rows + row, column * rows + row + 1, after * rows + row + 1, after * rows + row], axis=2
    ).reshape(-1, 4)
    skin = unit.reshape(-1, 3) * (0.075, 0.11, 0.09)
    eye = unit.reshape(-1, 3) * 0.012 + (0.03, 0.03, 0.085)
    return face_mesh(
        (np.concatenate([skin, eye]) * TO_FILE).astype(np.float32), np.concatenate([quads, quads + len(skin)])
    )


@pytest.fixture
def shapes(head: FaceMesh) -> Shapes:
    """jawOpen and the two smiles move the lower front; every other shape is empty."""
    deltas = np.zeros((len(ARKIT_NAMES), len(head.vertices), 3), np.float32)
    x, y, z = head.vertices.T / TO_FILE
    front = (z > 0) & (np.arange(len(x)) < len(x) // 2)
    deltas[ARKIT_NAMES.index("jawOpen"), :, 1] = -0.02 * TO_FILE * (front & (y < -0.03))
    for name, side in (("mouthSmileLeft", x > 0.01), ("mouthSmileRight", x < -0.01)):
        deltas[ARKIT_NAMES.index(name), :, 1] = 0.01 * TO_FILE * (front & side & (np.abs(y + 0.03) < 0.02))
    parts = np.zeros(len(head.vertices), np.int8)
    parts[len(parts) // 2 :] = PARTS.index("eye_left")
    return Shapes(
        vertices=head.vertices,
        names=ARKIT_NAMES,
        deltas=deltas,
        parts=parts,
        confidence=0.64,
        reasons=("a reason with <angle> brackets",),
        canonical_from_file=np.diag([1 / TO_FILE, 1 / TO_FILE, 1 / TO_FILE, 1.0]),
        seals=(
            SealFigure("eyeBlink_L", "sealed", gap_before=0.31, gap_after=0.02, crossing=0.0, opening=0.01),
            SealFigure("jawOpen+mouthClose", "no inner lips were found"),
        ),
        version="0.0-test",
    )


class Tags(HTMLParser):
    """Checks that every element is closed in order, and collects where things are loaded from."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []
        self.names: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.sources += [value or "" for key, value in attrs if key in ("src", "href")]
        if tag not in ("meta", "img", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_alone_with_a_picture_of_every_shape(head: FaceMesh, shapes: Shapes):
    page = report_page(head, shapes, "egg")
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert tags.names.count("img") == len(ARKIT_NAMES) + 3
    assert all(source.startswith("data:image/webp;base64,") for source in tags.sources)
    assert not {"script", "link", "iframe"} & set(tags.names)
    assert "http" not in page
    assert all(f"<b>{name}</b>" in page for name in ARKIT_NAMES)
    assert "$" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", page)


def test_the_figures_are_those_of_the_shapes(head: FaceMesh, shapes: Shapes):
    page = report_page(head, shapes, "egg")
    moved = int((shapes.deltas[ARKIT_NAMES.index("jawOpen")] != 0).any(axis=1).sum())
    assert f"{100 * 0.02 / 0.245:.1f} % &middot; {moved:,} vertices" in page
    assert page.count("moves nothing on this face") == len(ARKIT_NAMES) - 3
    assert "0.64" in page
    assert "gap 31 % &rarr; <b>2.0 %</b>" in page
    assert "no inner lips were found" in page
    assert f'eye left</td><td class="soft">{len(head.vertices) // 2:,}' in page


def test_shapes_that_move_look_different_from_those_that_do_not(head: FaceMesh, shapes: Shapes):
    page = report_page(head, shapes, "egg")
    pictures = dict(re.findall(r'<img alt="([^"]*)" src="([^"]*)"', page))
    assert pictures["browInnerUp"] == pictures["eyeBlinkLeft"]
    assert len({pictures[name] for name in ("jawOpen", "mouthSmileLeft", "mouthSmileRight", "browInnerUp")}) == 4


def test_sides_stand_beside_each_other(head: FaceMesh, shapes: Shapes):
    order = re.findall(r"<b>(\w+)</b>", report_page(head, shapes, "egg"))
    assert order.index("eyeBlinkRight") == order.index("eyeBlinkLeft") + 1
    assert order.index("mouthSmileRight") == order.index("mouthSmileLeft") + 1


def test_text_from_the_user_is_escaped(head: FaceMesh, shapes: Shapes):
    page = report_page(head, shapes, "<script>alert(1)</script>")
    assert "<script>" not in page
    assert "a reason with &lt;angle&gt; brackets" in page


def test_the_same_shapes_give_the_same_bytes(head: FaceMesh, shapes: Shapes, tmp_path: Path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_report(tmp_path / name / "egg.html", head, shapes)
    assert (tmp_path / "one/egg.html").read_bytes() == (tmp_path / "two/egg.html").read_bytes()


def test_a_face_that_nothing_moves_is_drawn_too(head: FaceMesh, shapes: Shapes):
    still = Shapes(**{**vars(shapes), "deltas": np.zeros_like(shapes.deltas), "seals": ()})
    page = report_page(head, still, "still")
    assert page.count("moves nothing on this face") == len(ARKIT_NAMES)
    assert "No closure was measured." in page
