"""The picture of a neutral head that the image branch sees.

The published one comes from PyTorch3D. The conventions here are those of NFR's renderer, which NFS took over: a square
picture of 256 pixels, a camera on +z at 2.5 units that looks at the origin through 60 degrees, one colour per triangle,
mid-grey, half ambient and 0.3 of a diffuse lamp at (0, 0, 6), nothing specular, back faces culled, a white background,
and all of it inverted.

Where ours can differ from theirs: which triangle is seen in a pixel where several meet; a specular light, if NFS has
one; whether the mean is subtracted, as it is here: NFR's training does not, its demonstration does. Whatever differs
goes into the features of every vertex.
"""

import numpy as np
import torch
from torch import Tensor

from backend.geometry.operators import triangle_normals
from backend.imaging.camera import Camera
from backend.imaging.rasteriser import rasterise
from third_party.nfs.image_statistics import ImageStatistics
from third_party.nfs.network import PICTURE

DISTANCE = 2.5
LENS = 60.0
GREY = 0.5
AMBIENT, DIFFUSE = 0.5, 0.3
LAMP = np.array([0.0, 0.0, 6.0])


def portrait(vertices: np.ndarray, triangles: np.ndarray) -> Tensor:
    """(256, 256) inverted brightness: 0 for the background, 0.6 (facing the lamp) to 0.75 for the head.

    vertices: (n, 3) in NFS's units and frame. triangles: (t, 3), wound outwards. Row 0 is the top of the picture, and
    the character's left is at its right."""
    points = np.asarray(vertices, np.float64)
    camera = Camera(np.eye(3), np.zeros(3), DISTANCE * float(np.tan(np.radians(LENS) / 2)), LENS)
    screen = camera.project(torch.from_numpy(points)).float()
    raster = rasterise(screen, torch.from_numpy(triangles), (PICTURE, PICTURE), cull="back", perspective=True)
    normals = triangle_normals(points, triangles)
    towards = LAMP - points[triangles].mean(1)
    lengths = np.linalg.norm(normals, axis=1) * np.linalg.norm(towards, axis=1)
    cosine = np.maximum(np.einsum("tc,tc->t", normals, towards), 0) / np.maximum(lengths, 1e-12)
    brightness = torch.from_numpy(GREY * (AMBIENT + DIFFUSE * cosine)).float()
    seen = raster.faces
    return torch.where(seen >= 0, 1 - brightness[seen.clamp(min=0)], 0.0)


def normalised(picture: Tensor, image: ImageStatistics) -> Tensor:
    """(3, 256, 256) for the texture encoder: three equal channels, normalised each; depth has no part in it."""
    mean, deviation = (torch.from_numpy(values[:3])[:, None, None] for values in (image.mean, image.deviation))
    return (picture.expand(3, -1, -1) - mean) / deviation
