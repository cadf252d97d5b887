"""Animation of USD files."""

import sys
from pathlib import Path

import numpy as np
import pytest

from backend.errors import Refusal
from backend.sources.clip import Clip
from backend.sources.read import read_clip, read_motion

WEIGHTS = np.stack([np.linspace(0, 1, 13), np.linspace(1, 0.25, 13)], axis=1)
POINTS = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0.5, 0.5, 1)]


def frames(clip: Clip) -> np.ndarray:
    return np.concatenate(list(clip.frames.chunks()))


@pytest.fixture
def stage(tmp_path: Path):
    """A new stage of 24 frames a second with one mesh, /root/head; save it to read it."""
    pytest.importorskip("pxr", reason="usd-core is not installed")
    from pxr import Usd, UsdGeom, UsdSkel

    made = Usd.Stage.CreateNew(str(tmp_path / "a.usda"))
    made.SetTimeCodesPerSecond(24)
    made.SetStartTimeCode(1)
    made.SetEndTimeCode(13)
    UsdSkel.Root.Define(made, "/root")
    mesh = UsdGeom.Mesh.Define(made, "/root/head")
    mesh.CreatePointsAttr(POINTS)
    mesh.CreateFaceVertexCountsAttr([3, 3, 3, 3])
    mesh.CreateFaceVertexIndicesAttr([0, 1, 4, 1, 2, 4, 2, 3, 4, 3, 0, 4])
    return made


def blend(stage, names: list[str]) -> None:
    from pxr import Gf, UsdSkel

    skeleton = UsdSkel.Skeleton.Define(stage, "/root/skeleton")
    skeleton.CreateJointsAttr(["joint"])
    skeleton.CreateBindTransformsAttr([Gf.Matrix4d(1)])
    skeleton.CreateRestTransformsAttr([Gf.Matrix4d(1)])
    animation = UsdSkel.Animation.Define(stage, "/root/animation")
    # In another order than the mesh has them.
    animation.CreateBlendShapesAttr(names[::-1])
    weights = animation.CreateBlendShapeWeightsAttr()
    for frame, row in enumerate(WEIGHTS, start=1):
        weights.Set(row[::-1].tolist(), frame)
    UsdSkel.BlendShape.Define(stage, "/root/head/first").CreateOffsetsAttr([(0, -1, 0)] + [(0, 0, 0)] * 4)
    second = UsdSkel.BlendShape.Define(stage, "/root/head/second")
    second.CreateOffsetsAttr([(0, 0, 0.5)])
    second.CreatePointIndicesAttr([4])
    binding = UsdSkel.BindingAPI.Apply(stage.GetPrimAtPath("/root/head"))
    binding.CreateSkeletonRel().SetTargets(["/root/skeleton"])
    binding.CreateBlendShapesAttr(names)
    binding.CreateBlendShapeTargetsRel().SetTargets(["/root/head/first", "/root/head/second"])
    UsdSkel.BindingAPI.Apply(skeleton.GetPrim()).CreateAnimationSourceRel().SetTargets(["/root/animation"])


def test_blend_shapes_are_frames_and_channels(stage, posed, tmp_path: Path) -> None:
    blend(stage, ["jawOpen", "mouthSmileLeft"])
    stage.Save()
    clip = read_clip(tmp_path / "a.usda")
    assert clip.frames.fps == 24 and clip.frames.count == 13
    assert np.allclose(frames(clip), posed(WEIGHTS), atol=1e-6)
    motion = read_motion(tmp_path / "a.usda")
    assert motion.names == ("jawOpen", "mouthSmileLeft")
    assert np.allclose(motion.weights, WEIGHTS, atol=1e-6)
    assert read_clip(tmp_path / "a.usda", fps=12).frames.count == 7


def test_a_cache_of_points_under_a_moving_transform(stage, posed, tmp_path: Path) -> None:
    from pxr import Gf, UsdGeom

    mesh = UsdGeom.Mesh(stage.GetPrimAtPath("/root/head"))
    place = UsdGeom.Xformable(stage.GetPrimAtPath("/root")).AddTranslateOp()
    for frame, points in enumerate(posed(WEIGHTS), start=1):
        mesh.GetPointsAttr().Set([tuple(map(float, point)) for point in points], frame)
        place.Set(Gf.Vec3d(frame, 0, 0), frame)
    stage.Save()
    clip = read_clip(tmp_path / "a.usda")
    wanted = posed(WEIGHTS) + np.arange(1, 14)[:, None, None] * np.array([1.0, 0, 0])
    assert np.allclose(frames(clip), wanted, atol=1e-5)
    assert clip.channels is None and clip.mesh is not None
    assert np.allclose(clip.mesh.vertices, np.array(POINTS) + np.array([1, 0, 0]), atol=1e-6)


def test_left_handed_faces_are_turned_round(stage, tmp_path: Path) -> None:
    from pxr import UsdGeom

    UsdGeom.Mesh(stage.GetPrimAtPath("/root/head")).CreateOrientationAttr("leftHanded")
    blend(stage, ["a", "b"])
    stage.Save()
    mesh = read_clip(tmp_path / "a.usda").mesh
    assert mesh is not None and mesh.triangles[0].tolist() == [4, 1, 0]


def test_what_cannot_be_read_is_refused(stage, posed, tmp_path: Path) -> None:
    from pxr import UsdGeom

    stage.Save()
    with pytest.raises(Refusal) as still:
        read_clip(tmp_path / "a.usda")
    assert still.value.code == "no-animation"
    points = UsdGeom.Mesh(stage.GetPrimAtPath("/root/head")).GetPointsAttr()
    points.Set(POINTS, 1)
    points.Set(POINTS[:4], 9)
    stage.Save()
    with pytest.raises(Refusal) as changed:
        frames(read_clip(tmp_path / "a.usda"))
    assert changed.value.code == "other-topology" and "Frame 8 has 4 vertices" in changed.value.sentence
    (tmp_path / "b.usda").write_text('#usda 1.0\n def Mesh "a" { point3f[] points = [(0,0')
    (tmp_path / "c.usda").write_text("#usda 1.0\n(\n subLayers = [@../outside.usda@]\n)\n")
    (tmp_path.parent / "outside.usda").write_text("#usda 1.0\n")
    for name, code in (("b.usda", "damaged-file"), ("c.usda", "outside-folder")):
        with pytest.raises(Refusal) as refusal:
            read_clip(tmp_path / name)
        assert refusal.value.code == code


def test_without_the_library_the_sentence_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.usdc").write_bytes(b"PXR-USDC")
    monkeypatch.delitem(sys.modules, "backend.sources.usd", raising=False)
    monkeypatch.setitem(sys.modules, "pxr", None)
    with pytest.raises(Refusal) as refusal:
        read_clip(tmp_path / "a.usdc")
    assert refusal.value.code == "missing-library" and "pip install usd-core" in refusal.value.cure
