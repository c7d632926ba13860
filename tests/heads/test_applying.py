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
from aion.heads import Head, apply_to_catalog, views_for
from aion.heads.applying import predict_one
from aion.io import read
from tests.heads.labeled import DESI, SDSS, N, labeled_catalog


def test_a_catalog_has_a_value_with_its_error_for_each_object(catalog, of_numbers, of_classes):
    numbers = apply_to_catalog(of_numbers.head, catalog)
    assert list(numbers) == ["id", "mass", "mass_error", "mass_outside"] and len(numbers) == N
    assert np.corrcoef(numbers["mass"], catalog.table["mass"])[0, 1] > 0.99
    classes = apply_to_catalog(of_classes.head, catalog)
    assert list(classes) == [
        "id",
        "class",
        "class_probability",
        "p(heavy)",
        "p(light)",
        "p(middle)",
        "class_outside",
    ]
    assert (classes["class_probability"] == classes.filter(like="p(").max(axis=1)).all()


def test_a_catalog_of_other_weights_or_other_data_is_refused(of_numbers, tmp_path):
    head = of_numbers.head
    with pytest.raises(InputError, match="belongs to the weights"):
        apply_to_catalog(head, labeled_catalog(tmp_path / "a", sha256="f" * 64))
    with pytest.raises(
        InputError, match=r"it reads tok_spectrum_sdss; vectors of this catalog .* tok_spectrum_desi"
    ):
        apply_to_catalog(head, labeled_catalog(tmp_path / "b", streams=(DESI,)))
    of_images = replace(head, facts=replace(head.facts, view="image"))
    with pytest.raises(InputError, match="it reads vectors of 'image'; the catalog has all, spectrum"):
        apply_to_catalog(of_images, labeled_catalog(tmp_path / "c"))


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
