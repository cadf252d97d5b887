"""The animation of a USD file: blend shapes, point caches and transforms, read with Pixar's own library.

Importing this needs usd-core, which not every environment has.
"""

# Pixar's modules are compiled; their stubs lack most of what is in them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pxr import Tf, Usd, UsdGeom, UsdSkel

from backend.errors import Refusal
from backend.geometry.formats.refusals import check_counts, damaged
from backend.geometry.mesh import polygon_mesh
from backend.performance import check_rate, check_size
from backend.sources.clip import Clip
from backend.sources.morphs import Morphs, Surface, check_targets, placed, surface_clip


@dataclass(frozen=True)
class PointCache:
    """A surface whose points are stored frame by frame. start, stop: its vertices in the mesh. stage: kept open as long
    as points, its attribute, is read. times: (T,) time codes. matrices: as of Morphs."""

    start: int
    stop: int
    stage: Any
    points: Any
    times: np.ndarray
    matrices: np.ndarray

    def posed(self, some: slice) -> np.ndarray:
        """(t, n, 3) its vertices in the frames `some`. Raises Refusal where their number changes."""
        frames = [np.array(self.points.Get(float(time)), np.float32) for time in self.times[some]]
        for number, frame in enumerate(frames, start=some.start):
            if frame.shape != (self.stop - self.start, 3):
                raise Refusal(
                    "other-topology",
                    f"Frame {number} has {len(frame):,} vertices, the first has {self.stop - self.start:,}.",
                    "Bake the clip again from one mesh, without modifiers that change its vertices.",
                )
        return placed(np.stack(frames), self.matrices, some)


def read_usd(path: Path, fps: float | None = None) -> Clip:
    """The clip of all visible meshes of a stage, over its time codes.

    fps: the rate to sample it at; without it the stage's own. At rest, points are those of the default time, or of the
    first sample where there is none. Blend shapes and transforms move them; joints of skeletons do not. Raises Refusal,
    also where nothing moves or the stage needs files outside its folder.
    """
    try:
        stage = Usd.Stage.Open(str(path))
        _check_folder(stage, path)
        return _read(stage, path.name, fps)
    except Tf.ErrorException as error:
        raise damaged("Pixar's library cannot read it") from error


def _read(stage: Any, name: str, fps: float | None) -> Clip:
    prims = [prim for prim in stage.Traverse() if prim.IsA(UsdGeom.Mesh) and _visible(prim)]
    if not prims:
        raise Refusal("no-faces", "The stage has no visible meshes.", "Export a stage that contains the head's mesh.")
    queries = _blend_shape_queries(stage)
    times, rate = _times(stage, prims, queries, fps)
    surfaces: list[Surface] = []
    places, corners, sizes, objects = [], [], [], []
    start = 0
    for number, prim in enumerate(prims):
        mesh = UsdGeom.Mesh(prim)
        faces = [mesh.GetFaceVertexCountsAttr(), mesh.GetFaceVertexIndicesAttr()]
        if any(attribute.GetNumTimeSamples() > 1 for attribute in faces):
            raise Refusal(
                "other-topology",
                f"The faces of {prim.GetName()} change over time.",
                "Bake the clip again from one mesh, without modifiers that change its vertices.",
            )
        counts, indices = (np.array(one.Get(Usd.TimeCode.EarliestTime()) or [], np.int64) for one in faces)
        points = _rest_points(mesh)
        check_counts(start + len(points), len(indices))
        matrices = _matrices(prim, times)
        rest = _matrices(prim, times[:1])
        mirrored = (np.linalg.det(rest[0, :3, :3]) < 0) != (mesh.GetOrientationAttr().Get() == "leftHanded")
        places.append(placed(points[None], rest, slice(0, 1))[0])
        corners.append(start + (_reversed(indices, counts) if mirrored else indices))
        sizes.append(counts)
        objects.append(np.full(len(points), number))
        if mesh.GetPointsAttr().GetNumTimeSamples() > 1:
            surfaces.append(PointCache(start, start + len(points), stage, mesh.GetPointsAttr(), times, matrices))
        else:
            surfaces.append(_morphs(prim, queries.get(str(prim.GetPath())), points, times, matrices, start))
        start += len(points)
    head = polygon_mesh(
        np.concatenate(places),
        np.concatenate(corners),
        np.concatenate(sizes),
        np.concatenate(objects),
        tuple(prim.GetName() for prim in prims),
    )
    return surface_clip(head, surfaces, len(times), rate, name)


def _check_folder(stage: Any, path: Path) -> None:
    """Raises Refusal where the stage needs layers from outside the folder of its file."""
    folder = path.resolve().parent
    for layer in stage.GetUsedLayers():
        place = layer.realPath
        if place and not Path(place.split("[")[0]).resolve().is_relative_to(folder):
            raise Refusal(
                "outside-folder",
                "The file refers to data outside its own folder.",
                "Put all of its files into one folder, or flatten it.",
            )


def _visible(prim: Any) -> bool:
    seen = UsdGeom.Imageable(prim)
    return seen.ComputeVisibility() != UsdGeom.Tokens.invisible and seen.ComputePurpose() in (
        UsdGeom.Tokens.default_,
        UsdGeom.Tokens.render,
    )


def _blend_shape_queries(stage: Any) -> dict[str, Any]:
    """By mesh's path the animation of the skeleton that it is bound to."""
    found = {}
    cache = UsdSkel.Cache()
    for prim in stage.Traverse():
        if prim.IsA(UsdSkel.Root):
            root = UsdSkel.Root(prim)
            cache.Populate(root, Usd.PrimDefaultPredicate)
            for binding in cache.ComputeSkelBindings(root, Usd.PrimDefaultPredicate):
                animation = cache.GetSkelQuery(binding.GetSkeleton()).GetAnimQuery()
                for target in binding.GetSkinningTargets():
                    if animation and target.HasBlendShapes():
                        found[str(target.GetPrim().GetPath())] = animation
    return found


def _times(stage: Any, prims: Sequence[Any], queries: dict[str, Any], fps: float | None) -> tuple[np.ndarray, float]:
    """(T,) time codes of the frames, and the rate."""
    own = float(stage.GetTimeCodesPerSecond())
    rate = own if fps is None else fps
    for one in (own, rate):
        check_rate(one)
    samples: list[float] = []
    for prim in prims:
        samples += UsdGeom.Mesh(prim).GetPointsAttr().GetTimeSamples()
        above = prim
        while above and not above.IsPseudoRoot():
            samples += UsdGeom.Xformable(above).GetTimeSamples() if above.IsA(UsdGeom.Xformable) else []
            above = above.GetParent()
    for query in queries.values():
        samples += query.GetBlendShapeWeightTimeSamples()
    if not samples:
        raise Refusal("no-animation", "Nothing in the stage moves.", "Export it with its animation.")
    first, last = min(samples), max(samples)
    if stage.HasAuthoredTimeCodeRange():
        first, last = stage.GetStartTimeCode(), stage.GetEndTimeCode()
    frames = (last - first) / own * rate
    if not 0 <= frames < 1e9:
        raise damaged("its time codes run backwards or without end")
    check_size(int(frames) + 1, 64)
    return first + np.arange(int(frames + 1e-3) + 1) * own / rate, rate


def _rest_points(mesh: Any) -> np.ndarray:
    """(n, 3) float32. Raises Refusal where there are none."""
    attribute = mesh.GetPointsAttr()
    points = attribute.Get() or attribute.Get(Usd.TimeCode.EarliestTime())
    if not points:
        raise Refusal("no-vertices", f"The mesh {mesh.GetPrim().GetName()} has no points.", "Export it again.")
    return np.array(points, np.float32)


def _matrices(prim: Any, times: np.ndarray) -> np.ndarray:
    """(T, 4, 4) float32 to the stage, or (1, 4, 4) where the mesh stays."""
    transforms = UsdGeom.XformCache()
    result = np.empty((len(times), 4, 4), np.float32)
    for matrix, time in zip(result, times, strict=True):
        transforms.SetTime(Usd.TimeCode(float(time)))
        # Pixar's vectors are rows.
        matrix[:] = np.array(transforms.GetLocalToWorldTransform(prim)).T
    return result if np.ptp(result, axis=0).any() else result[:1]


def _morphs(
    prim: Any, animation: Any | None, points: np.ndarray, times: np.ndarray, matrices: np.ndarray, start: int
) -> Morphs:
    """A mesh whose points do not change but for its blend shapes."""
    binding = UsdSkel.BindingAPI(prim)
    names = tuple(str(name) for name in binding.GetBlendShapesAttr().Get() or ()) if animation else ()
    targets = binding.GetBlendShapeTargetsRel().GetTargets() if animation else []
    if len(names) != len(targets):
        raise damaged(f"{prim.GetName()} names {len(names)} blend shapes and has {len(targets)}")
    check_targets(len(names) * len(points))
    check_size(len(times), len(names))
    deltas = np.zeros((len(names), len(points), 3), np.float32)
    for delta, target in zip(deltas, targets, strict=True):
        shape = UsdSkel.BlendShape(prim.GetStage().GetPrimAtPath(target))
        if not shape:
            raise damaged(f"{prim.GetName()} has a blend shape that is not there")
        if shape.GetInbetweens():
            raise Refusal(
                "in-between-shapes",
                f"The blend shape {target.name} has in-between shapes, which are not read.",
                "Bake the clip to a cache of points.",
            )
        offsets = np.array(shape.GetOffsetsAttr().Get() or [], np.float32).reshape(-1, 3)
        numbers = np.array(shape.GetPointIndicesAttr().Get() or np.arange(len(offsets)), np.int64)
        if len(numbers) != len(offsets) or (len(numbers) and not 0 <= numbers.min() <= numbers.max() < len(points)):
            raise damaged(f"the blend shape {target.name} moves vertices that do not exist")
        delta[numbers] = offsets
    weights = np.zeros((len(times), len(names)), np.float32)
    order = {str(name): at for at, name in enumerate(animation.GetBlendShapeOrder())} if animation else {}
    columns = [(at, order[name]) for at, name in enumerate(names) if name in order]
    if columns and animation is not None:
        mine, theirs = (np.array(side) for side in zip(*columns, strict=True))
        for row, time in zip(weights, times, strict=True):
            values = np.array(animation.ComputeBlendShapeWeights(Usd.TimeCode(float(time))), np.float32)
            if len(values) != len(order):
                raise damaged("an animation has not as many weights as blend shapes")
            row[mine] = values[theirs]
    return Morphs(start, points, names, deltas, weights, matrices)


def _reversed(corners: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Corners (L,) with every polygon the other way round."""
    ends = np.cumsum(sizes)
    polygon = np.repeat(np.arange(len(sizes)), sizes)
    return corners[(ends - 1)[polygon] - (np.arange(len(corners)) - (ends - sizes)[polygon])]
