"""The methods that the service offers to the add-on."""

from collections.abc import Mapping
from dataclasses import asdict, replace

import numpy as np

from backend.cloning.guidance import restricted
from backend.cloning.recall import head_shapes
from backend.geometry.mesh import PARTS
from backend.service.call import Call, Method, Reply
from backend.service.clips import encode_clip
from backend.service.fit import correct_fit, fit_photo, fit_video, head_basis
from backend.service.pictures import draw_thumbnails
from backend.service.request import requested_guidance, requested_mesh
from backend.service.retarget import retarget
from backend.service.speak import speak_clip
from backend.service.warm import WarmReplies, content_key

_warm = WarmReplies()


def shapes(call: Call) -> Reply:
    """Builds the face shapes of a head.

    params: names, "arkit" or "ict"; object_names; correctives, whether these are wanted; roles, front and seals as in
    Guidance. Arrays: vertices (N, 3) f4, y up; corners (L,) i4; sizes (M,) i4; objects (N,) i4; perhaps region (N,) f4,
    what is looked at and how far each vertex may move, 0..1. Result: deltas (K, N, 3) f4 and parts (N,) i1, and what
    Shapes says besides; where correctives are wanted, corrective_deltas (C, N, 3) f4, and each one's name and the two
    of which it is.
    """
    key = content_key(call.params, call.arrays)
    reply = _warm.get(key)
    if reply is None:
        region = call.arrays.get("region")
        mesh, names, guidance = (
            restricted(requested_mesh(call), region),
            call.params.get("names", "arkit"),
            requested_guidance(call),
        )
        built = head_shapes(mesh, names, call.progress, guidance)
        if region is not None:
            built = replace(built, deltas=built.deltas * region[:, None].astype(np.float32))
        fields = {
            "names": list(built.names),
            "part_names": list(PARTS),
            "confidence": float(built.confidence),
            "reasons": list(built.reasons),
            "canonical_from_file": np.asarray(built.canonical_from_file, float).tolist(),
            "version": built.version,
            "seals": [asdict(seal) for seal in built.seals],
        }
        arrays = {"deltas": built.deltas, "parts": built.parts}
        if call.params.get("correctives"):
            from backend.cloning.correctives import find_correctives

            call.progress(1.0, "Looking for shapes that collide together")
            correctives = find_correctives(mesh, built)
            fields["correctives"] = [{"name": one.name, "of": list(one.of)} for one in correctives]
            arrays["corrective_deltas"] = np.array([one.deltas for one in correctives], np.float32).reshape(
                -1, *mesh.vertices.shape
            )
            if region is not None:
                arrays["corrective_deltas"] *= region[:, None]
        reply = Reply(fields, arrays)
        _warm.put(key, reply)
    return reply


def doctor(call: Call) -> Reply:
    """Examines the backend. params: none. Result: findings, as the verb doctor prints them with --json."""
    from backend.doctor import examine

    return Reply({"findings": [asdict(finding) for finding in examine(call.progress)]})


METHODS: Mapping[str, Method] = {
    "shapes": shapes,
    "thumbnails": draw_thumbnails,
    "doctor": doctor,
    "encode": encode_clip,
    "retarget": retarget,
    "fit_photo": fit_photo,
    "correct_fit": correct_fit,
    "head_basis": head_basis,
    "fit_video": fit_video,
    "speak": speak_clip,
}
