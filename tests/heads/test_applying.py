"""What heads say of catalogs and of files, and the command that does it."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from astropy.table import Table

from aion.__main__ import main
from aion.catalog import Catalog
from aion.errors import InputError
from aion.heads import Head, HeadFolder, apply_heads, apply_to_catalog, views_for
from aion.heads.applying import predict_one
from aion.io import read
from tests.heads.labeled import DESI, SDSS, WIDTH, N, labeled_catalog, labeled_table, labeled_vectors
from tests.made_catalog import catalog_of


def test_a_catalog_has_a_value_with_its_error_for_each_object(catalog, of_numbers, of_classes):
    numbers = apply_to_catalog(of_numbers.head, catalog)
    assert list(numbers) == ["id", "mass", "mass_error", "mass_outside"] and len(numbers) == N
    assert np.corrcoef(numbers["mass"], catalog.table["mass"])[0, 1] > 0.99
    classes = apply_to_catalog(of_classes.head, catalog)
    assert list(classes) == [
        "id",
        "class",
        "class_probability",
        "class_p(heavy)",
        "class_p(light)",
        "class_p(middle)",
        "class_outside",
    ]
    np.testing.assert_allclose(classes["class_probability"], classes.filter(like="p(").max(axis=1))


def test_columns_of_heads_have_names_that_nothing_else_has(catalog, of_numbers, of_classes):
    def relabeled(head: Head, label: str, **facts) -> Head:
        return replace(head, facts=replace(head.facts, label=label, **facts))

    numbers, classes = of_numbers.head, of_classes.head
    alone = apply_heads([numbers, classes, numbers], catalog)
    assert list(alone.heads) == ["head_mass", "head_class"], "the same head is not there twice"
    assert not set(alone.table) & set(catalog.table) and len(alone.table) == N and not alone.notes
    assert (alone.table["head_mass"] == apply_to_catalog(numbers, catalog)["mass"]).all()
    assert alone.meanings["head_mass_error"][0] == "dex"
    assert numbers.digest in alone.meanings["head_mass"][1]
    other, error = relabeled(numbers, "MASS", n=1), relabeled(numbers, "mass_error")
    crowded = apply_heads([numbers, other, error, classes], catalog)
    digests = [f"_{one.digest[:8]}" for one in (numbers, other, error)]
    assert list(crowded.heads) == [
        f"head_mass{digests[0]}",
        f"head_MASS{digests[1]}",
        f"head_mass_error{digests[2]}",
        "head_class",
    ]
    assert crowded.table.columns.str.lower().is_unique
    vectors = labeled_vectors()
    exported = catalog_of(
        catalog.folder,
        labeled_table(vectors).assign(HEAD_MASS=1.0, **{f"head_mass{digests[0]}": 1.0}),
        {"all": vectors, "spectrum": vectors},
    )
    exported = Catalog(exported.folder, replace(exported.manifest, stream_sets=(SDSS,)), exported._rows)
    assert list(apply_heads([numbers], exported).heads) == [f"head_head_mass{digests[0]}"]


def test_a_head_that_says_nothing_of_a_catalog_is_a_note_and_stops_no_other(catalog, of_numbers):
    head = of_numbers.head
    of_others = replace(head, facts=replace(head.facts, sha256="f" * 64, label="age"))
    wide = replace(
        head,
        facts=replace(head.facts, label="width"),
        center=np.zeros(3),
        scale=np.ones(3),
        weights=np.ones((1, 3)),
        precision=np.eye(3),
    )
    found = apply_heads([of_others, wide, head], catalog)
    assert list(found.heads) == ["head_mass"] and len(found.notes) == 2
    assert "head of age cannot be applied to this catalog: it belongs to the weights ffff" in found.notes[0]
    assert f"vectors of shape ({N}, {WIDTH}); (objects, 3) is expected" in found.notes[1]


def test_what_kept_heads_say_is_asked_once_until_one_is_kept_or_removed(
    catalog, of_numbers, of_classes, tmp_path
):
    folder = HeadFolder(tmp_path)
    assert folder.apply(catalog).table.shape == (N, 0)
    path = folder.keep(of_numbers.head)
    first = folder.apply(catalog)
    assert list(first.heads) == ["head_mass"] and folder.apply(catalog) is first
    folder.keep(of_classes.head)
    (tmp_path / "broken.safetensors").write_bytes(b"xx")
    both = folder.apply(catalog)
    assert list(both.heads) == ["head_class", "head_mass"] and "is no head" in both.notes[0]
    folder.remove(path)
    assert list(folder.apply(catalog).heads) == ["head_class"]


def test_a_catalog_of_other_weights_or_other_data_is_refused(of_numbers, tmp_path):
    head = of_numbers.head
    with pytest.raises(InputError, match="belongs to the weights"):
        apply_to_catalog(head, labeled_catalog(tmp_path / "a", sha256="f" * 64))
    with pytest.raises(
        InputError, match="trained on tok_spectrum_sdss; of these objects tok_spectrum_desi is read"
    ):
        apply_to_catalog(head, labeled_catalog(tmp_path / "b", streams=(DESI,)))
    fluxes = tuple(f"tok_flux_{band}" for band in "griz")
    partly = replace(head, facts=replace(head.facts, streams=(fluxes[:2],)))
    with pytest.raises(
        InputError, match="it reads tok_flux_g, tok_flux_r; of these objects vectors are made"
    ):
        apply_to_catalog(partly, labeled_catalog(tmp_path / "c", streams=(fluxes,)))
    with pytest.raises(InputError, match="not noted what the vectors"):
        apply_to_catalog(head, labeled_catalog(tmp_path / "d", streams=()))


def test_heads_that_read_the_same_share_a_vector(of_numbers, of_classes):
    views = views_for([of_numbers.head, of_classes.head])
    assert views([*SDSS, "tok_image"]) == {"tok_spectrum_sdss": list(SDSS)}
    assert views(["tok_image"]) == {}


@pytest.fixture
def of_engine(engine, tmp_path) -> Head:
    """A head of the weights of the engine."""
    from aion.heads.samples import LabelChoice, label_objects
    from aion.heads.training import train_head

    catalog = labeled_catalog(tmp_path / "made", sha256=engine.info.sha256, width=engine.width)
    catalog.save(tmp_path / "made")
    return train_head(label_objects(catalog, LabelChoice("mass", view="spectrum"))).head


def test_the_command_learns_a_column_and_applies_it_to_files(
    here, of_engine, engine, tmp_path, spectrum_file, capsys
):
    out = tmp_path / "deep" / "mass.safetensors"
    words = [
        "head",
        "train",
        str(tmp_path / "made"),
        "--label",
        "mass",
        "--view",
        "spectrum",
        "--out",
        str(out),
    ]
    assert main(words) == 0
    printed = capsys.readouterr()
    assert "mass: numbers; from embeddings of spectra of 240 made objects." in printed.out
    assert (
        "photometry alone" in printed.out
        and "shuffled labels" in printed.out
        and "R² of labels" in printed.out
    )
    assert Head.read(out).digest == of_engine.digest
    assert main(["head", "apply", str(out), str(spectrum_file)]) == 0
    row = pd.read_csv(io.StringIO(capsys.readouterr().out)).iloc[0]
    (target,) = read(spectrum_file)
    (vector,) = engine.embed([target], use=list(SDSS))
    found = of_engine.predict(vector[None])
    assert row["mass"] == pytest.approx(found.values[0], abs=1e-5)
    assert row["mass_error"] == pytest.approx(found.errors[0], rel=1e-4)


def test_the_command_learns_from_another_table_and_applies_to_a_catalog(here, of_engine, tmp_path, capsys):
    catalog = Catalog.load(tmp_path / "made")
    labels = Table(
        {"TARGETID": catalog.table["id"].to_list(), "M": np.exp(catalog.table["mass"].to_numpy(float))}
    )
    labels.write(tmp_path / "labels.fits")
    words = [
        "head",
        "train",
        str(tmp_path / "made"),
        "--labels",
        str(tmp_path / "labels.fits"),
        "--label",
        "M",
    ]
    out = tmp_path / "m.safetensors"
    assert main([*words, "--log10", "--view", "spectrum", "--out", str(out)]) == 0
    assert main(["head", "apply", str(out), str(tmp_path / "made"), "--out", str(tmp_path / "m.ecsv")]) == 0
    found = Table.read(tmp_path / "m.ecsv")
    assert len(found) == N and "log10(m)_error" in found.colnames
    assert found.meta["weights_sha256"] == of_engine.facts.sha256
    head = Head.read(out)
    assert found["log10(m)"].unit == "dex" and head.digest in found["log10(m)"].description


def test_the_table_of_a_catalog_is_written_with_what_heads_say(here, of_engine, tmp_path, capsys):
    path, out = tmp_path / "mass.safetensors", tmp_path / "night.fits"
    path.write_bytes(of_engine.to_bytes())
    export = ["catalog", "export", str(tmp_path / "made"), "--out", str(out)]
    assert main([*export, "--head", str(path)]) == 0
    found = Table.read(out)
    expected = apply_to_catalog(of_engine, Catalog.load(tmp_path / "made"))
    assert found["head_mass"].tolist() == pytest.approx(expected["mass"].tolist())
    assert "mass" in found.colnames, "the column of the input stays"
    other = replace(of_engine, facts=replace(of_engine.facts, sha256="f" * 64))
    path.write_bytes(other.to_bytes())
    assert main([*export, "--head", str(path)]) == 2
    assert "belongs to the weights ffff" in capsys.readouterr().err


def test_the_command_refuses_what_it_cannot_do(here, of_engine, head_file, tmp_path, spectrum_file, capsys):
    catalog = str(tmp_path / "made")
    for words, reason in (
        (["train", catalog, "--label", "colour", "--out", "x"], "there is no column 'colour'"),
        (["apply", str(head_file), str(spectrum_file)], "belongs to the weights"),
        (["apply", str(head_file), catalog], "belongs to the weights"),
        (["apply", str(spectrum_file), catalog], "is no head"),
        (["apply", str(head_file), catalog, "--out", "x.txt"], "ends in txt"),
        (["apply", str(tmp_path / "none"), catalog], "cannot be read"),
    ):
        assert main(["head", *words]) == 2
        assert reason in capsys.readouterr().err


def test_an_object_without_the_data_of_training_has_no_value(of_numbers):
    assert predict_one(of_numbers.head, ["tok_image"], {}) is None
