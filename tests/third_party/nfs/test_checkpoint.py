"""Published checkpoints are read whole, and nothing else is."""

import json
import os
import pickle
import zipfile

import pytest
import torch

from backend.errors import Refusal
from third_party.nfs.checkpoint import MAX_BYTES, Layout, read_checkpoint, recognise

PARAMETERS = {
    "img_encoder": 521_920,
    "img_fc": 16_512,
    "mesh_id_encoder": 1_906_560,
    "mesh_exp_encoder": 1_906_560,
    "mesh_seg_encoder": 1_878_804,
    "mesh_decoder": 600_835,
}
"""The table printed by the authors; 6,831,191 in all."""


def test_the_published_layout_loads_with_every_weight_in_its_place(weights, operators_of_last_mesh, save):
    checkpoint = read_checkpoint(save({**weights, **operators_of_last_mesh, "audio_encoder.x.weight": torch.ones(3)}))
    counts = {name: sum(p.numel() for p in part.parameters()) for name, part in checkpoint.network.named_children()}
    assert counts == PARAMETERS
    assert sum(counts.values()) == 6_831_191
    assert checkpoint.layout == Layout("new2", "disp", 20)
    state = checkpoint.network.state_dict()
    assert len(state) == len([name for name in weights if "block_" not in name])
    assert all(torch.equal(value, weights[name]) for name, value in state.items())
    assert checkpoint.image is not None
    assert checkpoint.image.mean.tolist() == pytest.approx([0.2, 0.25, 0.3, 1.0])
    assert checkpoint.image.deviation.tolist() == pytest.approx([0.5, 0.4, 0.3, 2.0])
    assert not checkpoint.network.training


def test_either_name_of_a_block_will_do_but_two_that_differ_will_not(weights, save):
    state = read_checkpoint(save({n: v for n, v in weights.items() if "blocks." not in n})).network.state_dict()
    name = "mesh_seg_encoder.dfn.blocks.3.mlp.miniMLP_mlp_layer_002.weight"
    assert torch.equal(state[name], weights[name])
    twisted = {**weights, name.replace("blocks.", "block_"): weights[name] + 1}
    with pytest.raises(Refusal, match=r"blocks\.3\.mlp\.miniMLP_mlp_layer_002\.weight is there twice"):
        read_checkpoint(save(twisted))


@pytest.mark.parametrize(
    ("image", "segments", "outputs", "layout"),
    [
        (True, 24, 3, Layout("new2", "disp", 24)),
        (False, 20, 3, Layout("new1", "disp", 20)),
        (False, 6, 9, Layout("new1", "jacob", 6)),
        (True, 14, 9, Layout("new2", "jacob", 14)),
    ],
)
def test_designs_are_told_by_their_shapes(other_shapes, image, segments, outputs, layout):
    assert recognise(other_shapes(image=image, segments=segments, outputs=outputs)) == layout


def test_the_design_without_pictures_needs_no_statistics(other_weights, save):
    folder = save(other_weights(image=False))
    (folder / "img_stat.pkl").unlink()
    checkpoint = read_checkpoint(folder)
    assert checkpoint.image is None
    assert checkpoint.layout == Layout("new1", "disp", 20)
    assert sum(p.numel() for p in checkpoint.network.parameters()) == 6_831_191 - 521_920 - 16_512 - 4 * 128 * 256


def test_jacobians_and_the_older_design_are_named_and_refused(other_weights, save):
    with pytest.raises(Refusal, match="design new2 with output jacob") as refused:
        read_checkpoint(save(other_weights(outputs=9)))
    assert refused.value.code == "nfs-design"
    shapes = {"mesh_decoder.linears.0.weight": (128, 362), "mesh_decoder.linear_out.weight": (9, 128)}
    assert recognise(shapes) == Layout("nfr", "jacob", 0)


def test_positions_are_told_from_displacements_by_the_options(weights, save):
    folder = save(weights)
    (folder / "opts.json").write_text(json.dumps({"dec_type": "vert"}))
    assert read_checkpoint(folder).layout == Layout("new2", "vert", 20)
    (folder / "opts.json").write_text("{")
    with pytest.raises(Refusal, match=r"opts\.json is damaged"):
        read_checkpoint(folder)


def test_the_best_model_is_taken_and_else_the_last(weights, other_weights, save):
    save(weights, "model_100.pth")
    folder = save({}, "model_020.pth")
    assert read_checkpoint(folder).layout.segments == 20
    save(other_weights(segments=14))
    assert read_checkpoint(folder).layout.segments == 14


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda w: w.pop("mesh_decoder.gns.3.bias"), r"lacks mesh_decoder\.gns\.3\.bias"),
        (lambda w: w.update({"mesh_decoder.extra": torch.ones(1)}), r"unexpected mesh_decoder\.extra"),
        (lambda w: w.update({"img_fc.weight": torch.ones(128, 64)}), r"misshapen img_fc\.weight"),
        (lambda w: w.update({"img_fc.bias": torch.full((128,), torch.nan)}), r"no finite numbers in img_fc\.bias"),
        (lambda w: w.update({"img_fc.bias": torch.ones(128, dtype=torch.int64)}), r"no finite numbers in img_fc\.bias"),
        (lambda w: w.update({"img_fc.bias": torch.ones(1).expand(128)}), "does not hold weights by name"),
        (lambda w: w.update({"mesh_decoder.linears.0.weight": torch.ones(256, 400)}), "of no known design"),
        (lambda w: w.update({"epoch": 3}), "does not hold weights by name"),
        (lambda w: w.update({"model": {}}), "wraps its weights as NFR does"),
    ],
)
def test_anything_but_the_published_weights_is_refused(weights, save, change, sentence):
    changed = dict(weights)
    change(changed)
    with pytest.raises(Refusal, match=sentence):
        read_checkpoint(save(changed))


class Attack:
    """Runs a command where it is unpickled without a guard."""

    def __reduce__(self):
        return os.system, ("touch pwned",)


def test_a_checkpoint_that_would_run_code_is_refused_by_name(weights, save, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Refusal, match=r"asks to run (posix|nt)\.system") as refused:
        read_checkpoint(save({**weights, "mesh_decoder.extra": Attack()}))
    assert refused.value.code == "nfs-untrusted"
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_a_file_cut_short_is_refused(weights, save, share):
    path = save(weights) / "model_best.pth"
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(Refusal, match="cut short"):
        read_checkpoint(path.parent)


def test_damage_inside_the_archive_is_refused(save, weights):
    path = save(weights) / "model_best.pth"
    with zipfile.ZipFile(path) as archive:
        entries = {entry: archive.read(entry) for entry in archive.namelist()}
    name = next(entry for entry in entries if entry.endswith("data.pkl"))
    with zipfile.ZipFile(path, "w") as archive:
        for entry, data in entries.items():
            archive.writestr(entry, data[: len(data) // 2] if entry == name else data)
    with pytest.raises(Refusal, match="is damaged"):
        read_checkpoint(path.parent)


def test_an_archive_that_unpacks_to_too_much_is_refused_unopened(save, weights, monkeypatch):
    monkeypatch.setattr("third_party.nfs.checkpoint.MAX_BYTES", 10 << 20)
    assert MAX_BYTES == 1 << 30
    with pytest.raises(Refusal, match="larger than any checkpoint"):
        read_checkpoint(save(weights))


def test_a_bare_pickle_and_an_empty_folder_are_refused(tmp_path):
    with pytest.raises(Refusal, match=r"no model_best\.pth"):
        read_checkpoint(tmp_path)
    (tmp_path / "model_best.pth").write_bytes(pickle.dumps({"mesh_decoder": 1}))
    with pytest.raises(Refusal, match="no checkpoint"):
        read_checkpoint(tmp_path)
