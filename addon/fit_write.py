"""What becomes of a fit in the scene: a head that acts, and a camera that sees it as the footage does."""

from dataclasses import dataclass, field, replace

import bpy
import numpy as np

from ..backend.errors import Refusal
from .animation import frame_rate
from .bake_options import BakeOptions
from .baking import bake
from .counting import counted
from .fit_camera import make_camera, match_render, match_time, show_film, show_photo
from .fit_head import make_head, select_head, set_values
from .fit_read import FilmFit, PhotoFit
from .fit_texture import paint_photos
from .fit_views import MAP, OPENED, keep_view
from .pose_curves import Mover
from .takes import Take

UNSURE = 0.35
"""Confidence of a fit below which it is said."""


@dataclass(frozen=True)
class FitOptions:
    """texture: whether the head shows the photograph. match: whether the scene takes the size of the footage, and the
    rate and length of a film. bake: how a film is put onto the head; head and eyes are its own."""

    texture: bool = True
    match: bool = True
    bake: BakeOptions = field(default_factory=BakeOptions)


def write_photos(scene: bpy.types.Scene, fit: PhotoFit, options: FitOptions) -> tuple[str, ...]:
    """Make the head with the first photograph's expression, and a camera for each photograph. Returns what was done, in
    sentences. Raises Refusal."""
    root, meshes = make_head(fit.paths[0].stem, fit.head)
    set_values(meshes, fit.head.names, fit.channels[0])
    root[OPENED] = fit.opened.reshape(-1).tolist()
    cameras, images = [], []
    for number, (path, size) in enumerate(zip(fit.paths, fit.sizes, strict=True)):
        height, width = size.tolist()
        camera = make_camera(f"{path.stem} camera", fit.pose[number], fit.intrinsics[number], (height, width))
        images.append(show_photo(camera, path, fit.turns[number], fit.mirrored[number]))
        keep_view(camera, root, fit, number)
        cameras.append(camera)
    if options.texture:
        for at, number in enumerate(paint_photos(meshes, images, fit)):
            cameras[number][MAP] = at
    scene.camera = cameras[0]
    select_head(meshes)
    notes = [f"{root.name} was made, seen through {cameras[0].data.lens:.0f} mm"]
    if options.match:
        height, width = fit.sizes[0].tolist()
        match_render(scene, (height, width))
        notes.append(f"The scene's pictures have {width} x {height} pixels now")
    return (*notes, *said_of(fit))


def write_film(scene: bpy.types.Scene, fit: FilmFit, options: FitOptions) -> tuple[str, ...]:
    """Make the head, have it act as in the film, and a camera that stands still before the footage. Returns what was
    done, in sentences. Raises Refusal."""
    root, meshes = make_head(fit.path.stem, fit.head)
    still = np.eye(4)
    still[:3, 3] = fit.middle
    camera = make_camera(f"{fit.path.stem} camera", still, fit.intrinsics, fit.size)
    camera.facsimile_view.head = root
    # The footage begins on a whole frame, and so does what it is to agree with.
    start = round(options.bake.start)
    show_film(camera, fit.path, start)
    scene.camera = camera
    select_head(meshes)
    notes = [f"{root.name} was made, seen through {camera.data.lens:.0f} mm"]
    if options.match:
        match_render(scene, fit.size)
        match_time(scene, fit.motion.fps, start, len(fit.motion.weights))
        notes.append(f"The scene has {fit.size[1]} x {fit.size[0]} pixels and {fit.motion.fps:g} frames per second now")
    # Empties are turned about their own place, which is where the head's frame has its origin.
    bpy.context.view_layer.update()
    moved = replace(options.bake, start=float(start), head=Mover(root.name), head_location=True, front="-Y")
    done = bake(take_of(fit), [*meshes], frame_rate(scene.render), moved)
    return (*notes, done.text, *said_of(fit), *done.warnings)


def take_of(fit: PhotoFit | FilmFit) -> Take:
    """The performance of a film, or of the first photograph, which is one frame long."""
    if isinstance(fit, FilmFit):
        return Take(fit.path.stem, fit.motion)
    from ..backend.performance import performance

    motion = performance(fit.head.names, fit.channels[:1], 30.0, source=f"photograph {fit.paths[0].name}")
    return Take(fit.paths[0].stem, motion)


def said_of(fit: PhotoFit | FilmFit) -> tuple[str, ...]:
    """Sentences about what of the footage could not be read, or was left out."""
    if isinstance(fit, PhotoFit):
        return said_of_photos(fit)
    lost = fit.frames - fit.found
    notes = [
        f"Films are fitted one by one: this is {fit.path.name}" if fit.left else "",
        counted(lost, "1 frame shows no face", "{} frames show no face") if lost else "",
        f"Cut at frame {', '.join(map(str, fit.cuts))}" if fit.cuts else "",
        f"Up to {fit.people} faces are seen at once, the largest was followed" if fit.people > 1 else "",
        "The film is damaged after its last frame" if fit.broken else "",
    ]
    return tuple(filter(None, notes))


def said_of_photos(fit: PhotoFit) -> tuple[str, ...]:
    """The same of photographs."""
    notes = [
        f"{path.name} shows {people} faces, the largest was taken"
        for path, people in zip(fit.paths, fit.people, strict=True)
        if people > 1
    ]
    unsure = [path.name for path, sure in zip(fit.paths, fit.confidence, strict=True) if sure < UNSURE]
    if unsure:
        notes.append(f"Unsure, look at these closely: {', '.join(unsure)}")
    return tuple(notes)


def check_fit(fit: object) -> PhotoFit | FilmFit:
    """Raises Refusal where there is none."""
    if not isinstance(fit, PhotoFit | FilmFit):
        raise Refusal("no-fit", "Nothing was fitted.", "Fit a photograph or a film first.")
    return fit
