import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.channels import ARKIT_NAMES
from backend.cloning.result import Shapes
from backend.errors import Refusal
from backend.evaluation.character import BLENDER_TO_CANONICAL, Character
from backend.evaluation.gallery import CELL, COLUMNS, HEAD, PAPER, SHOWN, SIDE, write_gallery
from backend.evaluation.icp import Reference
from backend.evaluation.licences import Credit, check_pictures, read_credits

JAW = ARKIT_NAMES.index("jawOpen")


@pytest.fixture(scope="module")
def character_file(lumpy_copy: Character, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lumpy character as a file of a corpus."""
    path = tmp_path_factory.mktemp("corpus") / "egg" / "character.npz"
    path.parent.mkdir()
    np.savez(
        path,
        vertices=lumpy_copy.vertices,
        faces=lumpy_copy.faces,
        object_id=np.zeros(len(lumpy_copy.vertices), int),
        objects=np.array(["head"]),
        head_objects=np.array([0]),
        key_names=np.array(lumpy_copy.key_names),
        key_deltas=lumpy_copy.key_deltas,
    )
    return path


@pytest.fixture(scope="module")
def gallery(character_file: Path, lumpy_copy: Character, lumpy_head: Reference) -> Path:
    """A gallery where ours is the artist's key and the baseline moves the same place sideways."""
    deltas = np.zeros((len(ARKIT_NAMES), *lumpy_copy.vertices.shape))
    deltas[JAW] = lumpy_copy.key_deltas[0]
    sideways = deltas @ np.array([[0, 0, 0], [0, 0, 0], [1, 0, 0]])
    placing = np.eye(4)
    placing[:3, :3] = BLENDER_TO_CANONICAL / 17.0
    shapes = Shapes(
        vertices=lumpy_copy.vertices.astype(np.float32),
        names=ARKIT_NAMES,
        deltas=deltas.astype(np.float32),
        parts=np.zeros(len(lumpy_copy.vertices), np.int8),
        confidence=1.0,
        reasons=(),
        canonical_from_file=placing,
        seals=(),
        version="test",
    )
    out = character_file.parent.parent / "out"
    credits = {"egg": Credit("MIT (c) A. Hen", "hen/eggs: egg.obj")}
    write_gallery([character_file], credits, out, lumpy_head, lambda *_: sideways, lambda _: shapes, lambda _: None)
    return out


def cell(picture: Image.Image, row: int, name: str) -> np.ndarray:
    """(CELL, CELL, 3) the pixels of a shape in a row, without the corner that holds the figure."""
    band, column = divmod(SHOWN.index(name), COLUMNS)
    x, y = SIDE + column * CELL, band * (HEAD + 3 * CELL) + HEAD + row * CELL
    pixels = np.asarray(picture.crop((x, y, x + CELL, y + CELL))).astype(float)
    pixels[-24:, -48:] = PAPER
    return pixels


def test_three_rows_of_twelve_shapes(gallery: Path):
    with Image.open(gallery / "egg.png") as file:
        assert file.mode == "P"
        picture = file.convert("RGB")
    assert len(SHOWN) == 12
    assert picture.size == (SIDE + 6 * CELL, 2 * (HEAD + 3 * CELL))
    artist, ours, baseline = (cell(picture, row, "jawOpen") for row in range(3))
    np.testing.assert_array_equal(artist, ours)
    assert np.abs(ours - baseline).mean() > 1
    # the artist has no such key; the others have one that moves nothing
    empty, still, _ = (cell(picture, row, "cheekPuff") for row in range(3))
    assert np.ptp(empty[:40], axis=(0, 1)).max() < 20
    assert np.ptp(still, axis=(0, 1)).min() > 60
    assert np.abs(still - ours).mean() > 1


def test_the_page_gives_figures_and_credit(gallery: Path):
    page = (gallery / "README.md").read_text(encoding="utf-8")
    assert "![egg](egg.png)" in page
    assert "ours 1.00 over 1 of the shapes shown, 1.00 over all 1" in page
    assert "hen/eggs: egg.obj. Licence: MIT (c) A. Hen." in page
    baseline = float(page.partition("baseline ")[2][:4])
    assert abs(baseline) < 0.2


@pytest.mark.parametrize(
    ("licence", "is_open"),
    [
        ("MIT (c) 2019 A. Name (repository LICENSE)", True),
        ("Apache-2.0", True),
        ("CC0 (A. Name)", True),
        ("public domain (A, B 2016)", True),
        ("MIT repository (sample model)", False),
        ("CC-BY-SA-4.0 (share-alike)", False),
        ("A monkey; no licence file (another lists it as CC0)", False),
        ("", False),
    ],
)
def test_only_known_licences_are_open(licence: str, is_open: bool):
    assert Credit(licence, "").is_open == is_open


def test_closed_licences_stay_in_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    credits = {"free": Credit("CC0", "a: b"), "bound": Credit("CC-BY-SA-4.0", "c: d")}
    check_pictures(["free"], credits, Path("docs/gallery"))
    check_pictures(["free", "bound", "unknown"], credits, Path("demo/gallery"))
    for name in ("bound", "unknown"):
        with pytest.raises(Refusal, match=name) as caught:
            check_pictures(["free", name], credits, Path("docs/gallery"))
        assert caught.value.code == "closed-licence"
        with pytest.raises(Refusal):
            check_pictures([name], credits, Path("demo/../docs"))


def test_credits_come_from_the_index(tmp_path: Path):
    entry = {"file": "egg/egg.fbx", "licence": "MIT", "source_repo": "hen/eggs", "source_path": "a/egg.fbx"}
    entries = [{**entry, "head_objects": ["head"]}, {**entry, "file": "egg/other.glb", "licence": "none"}]
    (tmp_path / "index.json").write_text(json.dumps({"characters": entries}), encoding="utf-8")
    assert read_credits(tmp_path) == {"egg": Credit("MIT", "hen/eggs: a/egg.fbx")}
    with pytest.raises(Refusal, match=r"index\.json"):
        read_credits(tmp_path / "egg")
