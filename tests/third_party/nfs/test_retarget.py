"""From a checkpoint's folder to moved heads."""

import json
import pickle

import numpy as np
import pytest
import torch

from third_party.nfs.checkpoint import read_checkpoint
from third_party.nfs.retarget import NFS_FROM_CANONICAL, prepare_head, retarget, unit_shapes


def test_a_unit_shape_is_what_the_network_decodes_from_a_unit_code(weights, save, face):
    checkpoint = read_checkpoint(save(weights))
    head = prepare_head(checkpoint, *face)
    shapes = unit_shapes(checkpoint, head)
    assert shapes.shape == (53, len(face[0]), 3)
    code = torch.zeros(128)
    code[26] = 1
    with torch.no_grad():
        jaw_open = checkpoint.network.decode(checkpoint.network.encode_target(head.tensors), code).numpy()
    assert np.array_equal(shapes[26], jaw_open)
    assert np.abs(shapes[26] - shapes[27]).max() > 1e-3 * np.abs(jaw_open).max()
    again = unit_shapes(checkpoint, prepare_head(checkpoint, *face))
    assert np.array_equal(again, shapes)


def test_the_picture_matters_and_so_do_its_statistics(weights, save, face):
    folder = save(weights)
    first = unit_shapes(read_checkpoint(folder), prepare_head(read_checkpoint(folder), *face))
    image = {"mean": [0.0, 0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0, 1.0]}
    (folder / "img_stat.pkl").write_bytes(pickle.dumps(image))
    checkpoint = read_checkpoint(folder)
    second = unit_shapes(checkpoint, prepare_head(checkpoint, *face))
    assert np.abs(second - first).max() > 1e-4 * np.abs(first).max()


def test_an_expression_is_carried_by_its_code_alone(weights, save, face):
    checkpoint = read_checkpoint(save(weights))
    vertices, triangles = face
    source = prepare_head(checkpoint, vertices, triangles)
    target = prepare_head(checkpoint, vertices * np.float32([1.1, 0.9, 1.0]), triangles)
    smile = vertices + 0.1 * np.sin(5 * vertices[:, ::-1])
    frames = retarget(checkpoint, source, np.stack([vertices, smile]), target)
    assert frames.shape == (2, *vertices.shape)
    alone = retarget(checkpoint, source, smile[None], target)
    assert np.array_equal(frames[1], alone[0])
    with torch.no_grad():
        code = checkpoint.network.encode_expression(source.tensors.points, source.tensors)
        offsets = checkpoint.network.decode(checkpoint.network.encode_target(target.tensors), code).numpy()
    assert np.abs(frames[0] - target.vertices - offsets).max() < 1e-6
    assert np.abs(frames[1] - frames[0]).max() > 1e-6


def test_a_decoder_of_positions_gives_displacements_as_well(weights, save, face):
    folder = save(weights)
    checkpoint = read_checkpoint(folder)
    offsets = unit_shapes(checkpoint, prepare_head(checkpoint, *face))
    (folder / "opts.json").write_text(json.dumps({"dec_type": "vert"}))
    checkpoint = read_checkpoint(folder)
    positions = unit_shapes(checkpoint, prepare_head(checkpoint, *face))
    assert np.abs(positions + face[0] - offsets).max() < 1e-6


def test_the_design_without_pictures_runs(other_weights, save, face):
    checkpoint = read_checkpoint(save(other_weights(image=False)))
    shapes = unit_shapes(checkpoint, prepare_head(checkpoint, *face))
    assert np.isfinite(shapes).all()
    assert shapes.std() > 0


def test_the_canonical_frame_is_ict_facekit_at_a_tenth_and_half_a_unit_back():
    # a point 10 cm up and 6 cm before the origin of ICT-FaceKit
    point = NFS_FROM_CANONICAL @ [0.0, 0.1, 0.06, 1]
    assert point == pytest.approx([0, 1, 0.1, 1])
