"""FLAME files in every form that users have them in, and files that are none."""

import os
import pickle
import zipfile

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from backend.errors import Refusal
from third_party.flame import version
from third_party.flame.read import read_flame


def check(model, entries):
    np.testing.assert_allclose(model.vertices, entries["v_template"], atol=1e-8)
    np.testing.assert_array_equal(model.faces, entries["f"])
    np.testing.assert_allclose(model.identity[299], entries["shapedirs"][:, :, 299], atol=1e-9)
    np.testing.assert_allclose(model.expression[0], entries["shapedirs"][:, :, 300], atol=1e-9)
    assert model.identity.shape[0] == 300
    assert model.expression.shape[0] == 100
    np.testing.assert_allclose(model.pose[5], entries["posedirs"][:, :, 5], atol=1e-9)
    np.testing.assert_allclose(model.joints @ model.vertices, entries["J"], atol=1e-6)
    np.testing.assert_allclose(model.skinning, entries["weights"], atol=1e-7)


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("chumpy", [False, True])
def test_pickles_with_and_without_chumpy(flame_entries, written, chumpy, protocol):
    check(read_flame(written(flame_entries, chumpy=chumpy, protocol=protocol)), flame_entries)


def test_a_regressor_by_rows(flame_entries, written):
    check(read_flame(written(flame_entries | {"J_regressor": csr_matrix(flame_entries["J_regressor"])})), flame_entries)


def test_the_download_as_it_comes(flame_entries, written, tmp_path):
    path = written(flame_entries)
    women = written(flame_entries | {"v_template": 2 * flame_entries["v_template"]}, "female_model.pkl")
    with zipfile.ZipFile(tmp_path / "FLAME2020.zip", "w") as archive:
        archive.write(women, "female_model.pkl")
        archive.write(path, "generic_model.pkl")
        archive.writestr("Readme.pdf", b"%PDF")
    check(read_flame(tmp_path / "FLAME2020.zip"), flame_entries)


def test_arrays_that_a_user_saved_from_it(flame_entries, tmp_path):
    arrays = {name: value for name, value in flame_entries.items() if isinstance(value, np.ndarray)}
    np.savez(tmp_path / "flame.npz", J_regressor=flame_entries["J_regressor"].toarray(), **arrays)
    check(read_flame(tmp_path / "flame.npz"), flame_entries)


def test_a_file_is_converted_once(flame_entries, written, monkeypatch):
    path = written(flame_entries)
    first = read_flame(path)
    with monkeypatch.context() as patch:
        patch.setattr("third_party.flame.read.unpickle", lambda data: pytest.fail("unpickled again"))
        again = read_flame(path)
    assert again.version == first.version
    for name in ("vertices", "faces", "identity", "expression", "pose", "joints", "skinning"):
        np.testing.assert_array_equal(getattr(again, name), getattr(first, name))
        assert getattr(again, name).dtype == getattr(first, name).dtype
    other = read_flame(written(flame_entries | {"v_template": 2 * flame_entries["v_template"]}))
    np.testing.assert_array_equal(other.vertices, 2 * first.vertices)


def test_an_open_file_says_how_many_expressions_it_has(flame_entries, written):
    described = {"supr_expression_metadata": {"expr_components": "last_60", "n_expr": 60}}
    model = read_flame(written(flame_entries | described))
    assert model.expression.shape[0] == 60
    assert model.version.startswith("2023 Open")


def test_versions_are_known_by_their_sums_and_else_by_what_is_in_them(flame_entries, written, monkeypatch):
    model = read_flame(written(flame_entries))
    assert model.version.startswith("unrecognised")
    assert read_flame(written(flame_entries, chumpy=True)).version == model.version
    other = flame_entries | {"shapedirs": flame_entries["shapedirs"][:, :, ::-1].copy()}
    assert read_flame(written(other)).version != model.version
    assert version.version_of("efcd14cc" + 52 * "0" + "725b", {}) == "2020"
    assert version.version_of(next(iter(version.SUMS)), {}) == "2023 Open"


class Attack:
    def __reduce__(self):
        return os.system, ("touch pwned",)


def test_what_would_run_is_named_and_not_run(flame_entries, written, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Refusal, match=r"asks to run (posix|nt)\.system") as refused:
        read_flame(written(flame_entries | {"extra": Attack()}))
    assert refused.value.code == "flame-untrusted"
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"v_template": None}, "no v_template"),
        ({"v_template": np.full((642, 3), np.nan)}, "v_template is not finite"),
        ({"f": np.full((4, 3), 642)}, "vertices that are not there"),
        ({"shapedirs": np.zeros((642, 3, 50))}, "50 components"),
        ({"shapedirs": np.zeros((641, 3, 400))}, "shapedirs has the shape"),
        ({"weights": np.full((642, 5), 0.5)}, "do not add up to one"),
        ({"kintree_table": np.zeros((2, 24), int)}, "kintree_table has the shape"),
        ({"kintree_table": np.array([[-1, 0, 1, 2, 3], range(5)])}, "hang together in another way"),
    ],
)
def test_other_models_are_refused_with_the_reason(flame_entries, written, change, reason):
    with pytest.raises(Refusal, match=reason):
        read_flame(written(flame_entries | change))


def test_cut_and_foreign_files_are_refused(flame_entries, written, tmp_path):
    path = written(flame_entries)
    whole = path.read_bytes()
    for content in (b"", b"PK\x03\x04", whole[: len(whole) // 2], b"solid cube", pickle.dumps([1, 2]), whole[:-1]):
        path.write_bytes(content)
        with pytest.raises(Refusal) as refused:
            read_flame(path)
        assert refused.value.code in ("flame-model", "missing-array")
    with pytest.raises(Refusal, match="cannot be read"):
        read_flame(tmp_path / "absent.pkl")
