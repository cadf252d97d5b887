"""The film: the animation of the scene as an MP4."""

from pathlib import Path

import av
import bpy

from demonstration import pictures, routine


def render(path: Path, scratch: Path) -> None:
    """Render every frame of the scene's timeline, with the name of the shape that is shown, and encode them."""
    scene = bpy.context.scene
    scene.display.render_aa = "FXAA"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=round(routine.FPS))
        stream.width, stream.height = scene.render.resolution_x, scene.render.resolution_y
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "20", "preset": "veryfast"}
        for number in range(scene.frame_start, scene.frame_end + 1):
            scene.frame_set(number)
            picture = pictures.render(scratch)
            label = routine.shown(number - scene.frame_start)
            pictures.letter(picture, label, (picture.width / 2, picture.height - 22), 22)
            for packet in stream.encode(av.VideoFrame.from_ndarray(pictures.pixels(picture), format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
