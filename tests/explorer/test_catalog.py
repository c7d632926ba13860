"""The reference catalog: its table, entries and thumbnails, and folders that are refused."""

import json
import shutil

import numpy as np
import pytest

from aion.errors import IndexMismatchError, InputError
from aion.explorer.catalog import Catalog


def test_the_table_has_the_names_people_read(catalog):
    assert len(catalog) == 12 and {"id", "class", "z", "mag_r", "survey"} <= set(catalog.table.columns)
    assert catalog.table["mag_r"].iloc[0] == pytest.approx(22.5 - 2.5 * np.log10(9)) and np.isnan(catalog.table["mag_r"].iloc[1])
    assert catalog.label == "simulated" and catalog.index.ids == tuple(catalog.table["id"])


def test_an_entry_has_only_the_streams_of_its_object(catalog):
    with_spectrum, without = catalog.entry("object 1"), catalog.entry("object 2")
    assert "tok_spectrum_sdss" in with_spectrum.tokens and "tok_spectrum_sdss" not in without.tokens
    assert with_spectrum.tokens["tok_image"].dtype == np.int64 and with_spectrum.kind == "star"
    assert catalog.entry("object 3").z is None and without.z == pytest.approx(4 / 11) and without.row["survey"] == "Legacy Survey"


def test_thumbnails_are_found_by_id(catalog):
    assert catalog.thumbnail("object 7").shape == (96, 96, 3) and (catalog.thumbnail("object 7") == 7).all()


def test_an_unknown_object_is_refused_by_name(catalog):
    with pytest.raises(InputError, match="no object 'nothing'"):
        catalog.entry("nothing")


def test_folders_that_are_no_catalog_are_refused(settings, tmp_path):
    with pytest.raises(InputError, match="is not a catalog"):
        Catalog.load(tmp_path)
    broken = shutil.copytree(settings.catalog, tmp_path / "broken")
    (broken / "catalog.json").write_text(json.dumps({"model_sha256": "0" * 64, "views": ["all"]}))
    with pytest.raises(IndexMismatchError):
        Catalog.load(broken)
    shorter = shutil.copytree(settings.catalog, tmp_path / "shorter")
    with np.load(shorter / "tokens.npz") as arrays:
        half = {key: arrays[key][:6] for key in arrays.files}
    np.savez_compressed(shorter / "tokens.npz", **half)
    with pytest.raises(InputError, match="different objects"):
        Catalog.load(shorter)


def test_a_query_is_compared_with_what_it_has_too(catalog):
    assert catalog.index_for(["tok_image", "tok_flux_g"]) is not catalog.index
    assert catalog.index_for(["tok_image", "tok_spectrum_sdss"]) is catalog.index
    assert catalog.index_for(["tok_flux_g"]) is catalog.index, "this catalog has no view of catalog numbers"
