"""Figures of codes: a reader that is right gets no error, and the rules do what they say."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from backend.channels import ARKIT_NAMES
from backend.evaluation.clips import MOST, acted_codes, animated, nodding, sparse_codes
from backend.evaluation.codes import SPARSE, code_errors, measure_head, performed, plain_codes, separable
from backend.evaluation.codes_table import codes_table, nfs_table
from backend.evaluation.keyed_heads import KeyedHead, ict_head, makehuman_head
from backend.evaluation.nfs_protocol import measure_nfs_protocol
from backend.live_link import write_live_link
from backend.performance import performance
from backend.training.ict import OPEN_SKIN_END, load_ict
from backend.training.makehuman import load_makehuman


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two takes of 90 frames in which every channel swings."""
    paths = []
    for take in range(2):
        phase = np.linspace(0, 9, 90)[:, None] + np.arange(52) + take
        path = tmp_path_factory.mktemp("takes") / "take.csv"
        write_live_link(path, performance(ARKIT_NAMES, 0.5 + 0.5 * np.sin(phase), 60))
        paths.append(path)
    return paths


@pytest.fixture(scope="module")
def head(puppet) -> KeyedHead:
    return KeyedHead("puppet", puppet.mesh, puppet.shapes.names, puppet.shapes.deltas)


def test_random_combinations_are_sparse_and_strong():
    codes = sparse_codes(400, 20, 0.2, np.random.default_rng(0))
    shown = (codes > 0).sum(1)
    assert set(shown) == set(range(1, MOST + 1))
    assert codes[codes > 0].min() >= 0.2 and codes.max() <= 1
    assert set(np.unique(sparse_codes(50, 20, 1.0, np.random.default_rng(0)))) == {0.0, 1.0}


def test_acted_codes_have_the_heads_names(recordings):
    codes = acted_codes(recordings, ("jawOpen", "browInnerUp_L"), 10)
    assert codes.shape == (20, 2)
    assert codes[0, 0] == pytest.approx(0.5 + 0.5 * np.sin(ARKIT_NAMES.index("jawOpen")), abs=1e-6)
    assert codes[0, 1] == pytest.approx(0.5 + 0.5 * np.sin(ARKIT_NAMES.index("browInnerUp")), abs=1e-6)


def test_a_channel_that_others_can_imitate_is_not_separable():
    keys = np.zeros((5, 4, 3))
    keys[0, 0, 0] = keys[1, 1, 0] = 1.0
    keys[2] = 0.5 * (keys[0] + keys[1])
    keys[3, 2, 1], keys[4, 2, 1] = 1.0, -1.0
    # The sum is imitated whole; its two parts keep half of their motion, and opposites cannot stand for each other.
    assert separable(keys, np.ones(4)).tolist() == [True, True, False, True, True]
    assert separable(np.concatenate([keys, np.zeros((1, 4, 3))]), np.ones(4)).tolist()[-1] is False


def test_errors_are_means_over_the_channels_that_can_be_told():
    truth = np.random.default_rng(0).random((SPARSE + 40, 3))
    read = truth.copy()
    read[:SPARSE, 0] += 0.1
    read[SPARSE:, 1] -= 0.3
    read[:, 2] = 1 - truth[:, 2]
    errors = code_errors(read, truth, np.array([True, True, False]))
    assert errors.sparse == pytest.approx(0.05)
    assert errors.acted == pytest.approx(0.15)
    assert errors.correlation < 1
    every = (0.1 * SPARSE + 0.3 * 40 + np.abs(1 - 2 * truth[:, 2]).sum()) / truth.size
    assert errors.every == pytest.approx(every)


def test_plain_least_squares_finds_codes_of_its_own_shapes(puppet):
    skin = [not name.startswith("eyeLook") for name in puppet.shapes.names]
    deltas = puppet.shapes.deltas[skin]
    codes = np.random.default_rng(0).random((6, len(deltas)))
    area = np.ones(deltas.shape[1])
    np.testing.assert_allclose(plain_codes(deltas, np.tensordot(codes, deltas, axes=1), area), codes, atol=1e-4)


def test_a_performance_is_performed_in_the_files_frame(puppet):
    matrix = np.eye(4)
    matrix[:3, :3] = 0.01 * Rotation.from_euler("x", -90, degrees=True).as_matrix()
    turn = Rotation.from_euler("z", 90, degrees=True)
    head = np.array([[*turn.as_rotvec(), 0, 0, 0.5]])
    mesh = replace(puppet.mesh, vertices=puppet.mesh.vertices * 100)
    posed = performed(
        mesh, matrix, puppet.shapes.deltas[:1], performance(("jawOpen",), np.zeros((1, 1)), 30, head=head)
    )
    wanted = turn.apply(mesh.vertices @ matrix[:3, :3].T) + np.array((0, 0, 0.5))
    np.testing.assert_allclose(posed[0] @ matrix[:3, :3].T, wanted, atol=1e-6)


def test_a_head_that_knows_its_keys_is_read_without_error(head, puppet, recordings):
    figures = measure_head(head, recordings, lambda mesh: puppet.shapes)
    assert figures.unheard is None
    assert figures.separable == 6
    assert max(figures.ours.sparse, figures.ours.acted) < 0.02
    assert figures.ours.correlation > 0.99
    assert figures.explained > 0.999
    assert figures.head_degrees < 0.05
    assert max(figures.back.values()) < 0.03
    assert figures.nothing.acted > 0.3


def test_weaker_shapes_show_in_codes_and_in_what_they_bring_back(head, puppet, recordings):
    strong = replace(puppet.shapes, deltas=2 * puppet.shapes.deltas)
    figures = measure_head(head, recordings, lambda mesh: strong)
    assert figures.ours.acted > 0.15
    assert figures.ours.correlation > 0.95
    assert figures.back["built"] < 0.1
    table = codes_table([figures])
    row = table.splitlines()[1].split()
    assert row[0] == "puppet" and f"{100 * figures.back['fitted']:.1f}" in row
    assert all(len(line) <= 160 for line in table.splitlines())


def test_animated_heads_nod_and_sway(puppet):
    motion = nodding(50, 100.0)
    frames = animated(puppet.mesh.vertices, puppet.shapes.deltas, np.zeros((50, len(puppet.shapes.names))), motion)
    posed = np.concatenate(list(frames.chunks()))
    lengths = np.linalg.norm(posed[:, 0] - posed[:, 500], axis=1)
    np.testing.assert_allclose(lengths, lengths[0], rtol=1e-4)
    assert np.ptp(motion.translations, axis=0).max() == pytest.approx(40, abs=1)


def test_unseen_identities_differ_and_keep_the_artists_keys(corpus):
    ict, makehuman = load_ict(corpus / "ict_facekit.npz"), load_makehuman(corpus / "makehuman_head.npz")
    for make, artist, size in ((ict_head, ict, 53), (makehuman_head, makehuman, 50)):
        one, other, again = make(artist, 1), make(artist, 2), make(artist, 1)
        np.testing.assert_array_equal(one.mesh.vertices, again.mesh.vertices)
        assert np.abs(one.mesh.vertices - other.mesh.vertices).max() > 0.003
        np.testing.assert_array_equal(one.keys, other.keys)
        assert len(one.names) == len(one.keys) >= size


def test_the_nfs_protocol_is_nought_for_ones_own_keys_and_in_its_units_else(corpus, puppet, recordings, monkeypatch):
    monkeypatch.setattr("backend.evaluation.nfs_protocol.EXPRESSIONS", 16)
    monkeypatch.setattr("backend.evaluation.nfs_protocol.RECORDED", 4)
    ict = load_ict(corpus / "ict_facekit.npz")
    keys = ict.shapes[:, :OPEN_SKIN_END]

    def build(scale: float):
        parts = np.zeros(OPEN_SKIN_END, np.int8)
        return lambda mesh: replace(
            puppet.shapes, vertices=mesh.vertices, names=ict.names, deltas=scale * keys, parts=parts
        )

    exact = measure_nfs_protocol(ict, recordings, 1, build(1.0))
    assert max(exact.itself, exact.recorded, exact.another, exact.built) < 0.01
    assert exact.still < 1e-6
    # Half the motion is missing where codes may not pass 1: an error of a quarter of its mean square,
    # less what other shapes can make up for.
    weak = measure_nfs_protocol(ict, recordings, 1, build(0.5))
    codes = sparse_codes(16, 53, 1.0, np.random.default_rng(1))
    motion = np.square(np.tensordot(codes, keys / 0.1, axes=1)).mean() * 1e4
    assert 0.1 * motion < weak.itself < 0.26 * motion
    assert f"{weak.itself:.3f}" in nfs_table(weak)
