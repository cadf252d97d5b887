"""Pictures by Cycles of painted heads whose camera is known, from arrays.

    python -m demonstration.cycles SCENE.npz... --out FOLDER [--samples 8] [--threads 2]

A scene has vertices and normals (F, n, 3) in the frame of the camera, which looks along -z, y up, metres; triangles (t,
3); colours (n, 3) linear light, roughness (n,); lights (L, 8): place, what they face, watts, size; backdrop (3,); focal
in picture widths (F,); size in pixels. Frame k becomes NAME_kkk.png; what is there already stays.
"""

import argparse
import os
import sys
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector


def main() -> None:
    """Render the scenes of the command line."""
    parser = argparse.ArgumentParser(prog="demonstration.cycles", description=__doc__)
    parser.add_argument("scenes", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    for path in options.scenes:
        with np.load(path, allow_pickle=False) as arrays:
            render(dict(arrays), options.out / path.stem, options.samples, options.threads)
        print(path.stem, flush=True)
    sys.stdout.flush()
    # Blender as a module waits for ever for what add-ons of its own have left.
    os._exit(0)


def render(scene: dict[str, np.ndarray], stem: Path, samples: int, threads: int) -> None:
    """Every frame of a scene as stem_kkk.png."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    set_up(int(scene["size"]), samples, threads)
    mesh = add_head(scene)
    add_lights(scene["lights"], scene["backdrop"])
    camera = bpy.data.cameras.new("Camera")
    camera.sensor_width, camera.sensor_fit, camera.clip_start = 36.0, "HORIZONTAL", 0.01
    holder = bpy.data.objects.new("Camera", camera)
    bpy.context.collection.objects.link(holder)
    bpy.context.scene.camera = holder
    for frame, focal in enumerate(scene["focal"].tolist()):
        place = stem.with_name(f"{stem.name}_{frame:03}.png")
        if place.exists():
            continue
        camera.lens = 36.0 * focal
        mesh.vertices.foreach_set("co", scene["vertices"][frame].ravel())
        mesh.normals_split_custom_set_from_vertices(scene["normals"][frame])
        mesh.update()
        bpy.context.scene.render.filepath = str(place)
        bpy.ops.render.render(write_still=True)


def set_up(size: int, samples: int, threads: int) -> None:
    """Cycles on the processor, denoised, into 8-bit PNG as cameras write it."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = samples
    scene.cycles.use_adaptive_sampling = False
    scene.cycles.use_denoising = True
    scene.cycles.denoiser = "OPENIMAGEDENOISE"
    scene.cycles.denoising_quality = "FAST"
    scene.cycles.max_bounces = 2
    scene.render.use_persistent_data = True
    scene.render.threads_mode, scene.render.threads = "FIXED", threads
    scene.render.resolution_x = scene.render.resolution_y = size
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGB"
    scene.view_settings.view_transform = "Standard"


def add_head(scene: dict[str, np.ndarray]) -> bpy.types.Mesh:
    """The painted mesh."""
    count, faces = len(scene["colours"]), scene["triangles"].astype(np.int32)
    mesh = bpy.data.meshes.new("Head")
    mesh.vertices.add(count)
    mesh.loops.add(3 * len(faces))
    mesh.polygons.add(len(faces))
    mesh.loops.foreach_set("vertex_index", faces.ravel())
    mesh.polygons.foreach_set("loop_start", np.arange(0, 3 * len(faces), 3, dtype=np.int32))
    mesh.polygons.foreach_set("use_smooth", np.ones(len(faces), bool))
    colour = mesh.attributes.new("colour", "FLOAT_COLOR", "POINT")
    colour.data.foreach_set("color", np.column_stack([scene["colours"], np.ones(count)]).astype(np.float32).ravel())
    rough = mesh.attributes.new("roughness", "FLOAT", "POINT")
    rough.data.foreach_set("value", scene["roughness"].astype(np.float32))
    mesh.update()
    material = bpy.data.materials.new("Skin")
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    surface = nodes["Principled BSDF"]
    for name, output, socket in (("colour", "Color", "Base Color"), ("roughness", "Fac", "Roughness")):
        attribute = nodes.new("ShaderNodeAttribute")
        attribute.attribute_name = name
        links.new(attribute.outputs[output], surface.inputs[socket])
    mesh.materials.append(material)
    bpy.context.collection.objects.link(bpy.data.objects.new("Head", mesh))
    return mesh


def add_lights(lights: np.ndarray, backdrop: np.ndarray) -> None:
    """Area lamps that face the head, and the world's colour."""
    world = bpy.data.worlds.new("World")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (*backdrop.tolist(), 1)
    bpy.context.scene.world = world
    for light in lights:
        lamp = bpy.data.lights.new("Light", "AREA")
        lamp.energy, lamp.size = light[6:].tolist()
        holder = bpy.data.objects.new("Light", lamp)
        holder.location = light[:3].tolist()
        holder.rotation_euler = Vector((light[3:6] - light[:3]).tolist()).to_track_quat("-Z", "Y").to_euler()
        bpy.context.collection.objects.link(holder)


if __name__ == "__main__":
    main()
