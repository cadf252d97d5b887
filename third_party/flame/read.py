"""A FLAME file: .pkl, .npz, or the zip of the download."""

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from backend.archives import BROKEN
from backend.errors import Refusal
from backend.faces.flame import JOINTS, PARENTS, FlameModel
from backend.geometry.cache import DiskCache, cache_key
from backend.geometry.formats.npz import read_array
from third_party.flame.version import version_of
from third_party.unpickle import Untrusted, unpickle

MAX_BYTES = 512 << 20
"""Unpacked. The largest published file has 150 MB."""

IDENTITY, EXPRESSION = 300, 100
"""Components where the file does not say how many there are."""

ARRAYS = ("v_template", "f", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table")

CONVERTED = "flame-1"
"""Of what the cache keeps; another name where it would be read otherwise."""

CURE = "Choose a FLAME model as downloaded from flame.is.tue.mpg.de: FLAME2020.zip, or generic_model.pkl in it."


def read_flame(path: Path) -> FlameModel:
    """The model of a FLAME file: 2020, 2023 or 2023 Open, as .pkl, as .npz, or as the downloaded zip, of which the
    generic (neutral) model is taken. It is checked and converted once: the cache keeps plain arrays under its sum.

    Nothing in the file is run. Raises Refusal for a file that is absent, too large or damaged, that names a class that
    no FLAME file needs, or that holds another model.
    """
    data = _read(path)
    digest, cache = hashlib.sha256(data).hexdigest(), DiskCache()
    key = cache_key(CONVERTED, digest)
    kept = cache.load(key)
    if kept is not None:
        return FlameModel(str(kept.pop("version")), **kept)
    content = _content(path, data)
    try:
        model = _model(content, version_of(digest, content))
    except (ValueError, TypeError) as error:
        raise Refusal("flame-model", f"{path.name} holds no FLAME model: {error}.", CURE) from error
    cache.store(key, {name: np.asarray(value) for name, value in asdict(model).items()})
    return model


def _read(path: Path) -> bytes:
    """The bytes of the pickle or of the archive of arrays."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Refusal("flame-model", f"{path.name} is larger than any FLAME model.", CURE)
        data = path.read_bytes()
    except OSError as error:
        raise Refusal("flame-model", f"{path} cannot be read ({error.strerror}).", CURE) from error
    if not data.startswith(b"PK"):
        return data
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            models = [entry for entry in archive.infolist() if _is_generic(entry.filename)]
            if not models:
                return data
            if models[0].file_size > MAX_BYTES:
                raise Refusal("flame-model", f"{path.name} unpacks to more than any FLAME model.", CURE)
            with archive.open(models[0]) as member:
                return member.read(MAX_BYTES)
    except BROKEN as error:
        raise Refusal("flame-model", f"{path.name} is damaged ({error}).", CURE) from error


def _is_generic(name: str) -> bool:
    """Whether a file of the downloaded zip is the model for everybody, rather than for women, men, or masks."""
    file = PurePosixPath(name)
    stem = file.stem.lower()
    return file.suffix == ".pkl" and (stem.startswith("flame20") or "generic" in stem or "neutral" in stem)


def _content(path: Path, data: bytes) -> dict[str, Any]:
    """The entries of the file by name."""
    try:
        if data.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                content = {name: read_array(archive, name, CURE) for name in ARRAYS}
        else:
            content = unpickle(data)
    except Untrusted as untrusted:
        raise Refusal(
            "flame-untrusted", f"{path.name} asks to run {untrusted}, which no FLAME model has a use for.", CURE
        ) from untrusted
    except BROKEN as error:
        raise Refusal("flame-model", f"{path.name} is damaged or no FLAME model ({error}).", CURE) from error
    if not isinstance(content, dict):
        raise Refusal("flame-model", f"{path.name} holds no FLAME model.", CURE)
    return content


def _model(content: Mapping[str, Any], version: str) -> FlameModel:
    """The model of a file's entries. Raises ValueError for what is missing or misshapen."""
    vertices = _numbers(content, "v_template", lambda shape: len(shape) == 2 and shape[1] == 3)
    count = len(vertices)
    faces = _numbers(content, "f", lambda shape: len(shape) == 2 and shape[1] == 3).astype(np.int64)
    if count < 3 or faces.min() < 0 or faces.max() >= count:
        raise ValueError("its triangles name vertices that are not there")
    shapes = _numbers(content, "shapedirs", lambda shape: len(shape) == 3 and shape[:2] == (count, 3))
    pose = _numbers(content, "posedirs", lambda shape: shape == (count, 3, 9 * (len(JOINTS) - 1)))
    joints = _numbers(content, "J_regressor", lambda shape: shape == (len(JOINTS), count))
    skinning = _numbers(content, "weights", lambda shape: shape == (count, len(JOINTS)))
    if skinning.min() < -1e-6 or abs(skinning.sum(1) - 1).max() > 1e-3:
        raise ValueError("its skinning weights do not add up to one")
    tree = _numbers(content, "kintree_table", lambda shape: shape == (2, len(JOINTS)))
    if tuple(tree[0, 1:].astype(np.int64)) != PARENTS[1:]:
        raise ValueError("its joints hang together in another way")
    expressions = _expressions(content, shapes.shape[2])
    basis = np.ascontiguousarray(shapes.transpose(2, 0, 1), np.float32)
    return FlameModel(
        version=version,
        vertices=vertices.astype(np.float32),
        faces=faces.astype(np.int32),
        identity=basis[: len(basis) - expressions],
        expression=basis[len(basis) - expressions :],
        pose=np.ascontiguousarray(pose.transpose(2, 0, 1), np.float32),
        joints=joints.astype(np.float32),
        skinning=skinning.astype(np.float32),
    )


def _numbers(content: Mapping[str, Any], name: str, fits: Callable[[tuple[int, ...]], bool]) -> np.ndarray:
    """An entry that is an array of finite numbers of a shape that fits. Raises ValueError for anything else."""
    values = content.get(name)
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
        raise ValueError(f"it has no {name}")
    if not fits(values.shape) or not values.size:
        raise ValueError(f"its {name} has the shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError(f"its {name} is not finite")
    return values


def _expressions(content: Mapping[str, Any], components: int) -> int:
    """How many of the last components are expressions. Raises ValueError where that cannot be told."""
    described = content.get("supr_expression_metadata")
    told = described.get("n_expr") if isinstance(described, dict) else None
    if type(told) is int and 0 < told < components:
        return told
    if components != IDENTITY + EXPRESSION:
        raise ValueError(f"it has {components} components, and does not say which are expressions")
    return EXPRESSION
