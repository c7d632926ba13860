"""What comes of a batch: a catalog with all that its files hold, which is read by all that reads the
reference catalog; what was left out; and the way back from an object to its files."""

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from astropy.io.fits import getheader
from astropy.table import Table

from aion.__main__ import main
from aion.catalog import ALL, Catalog
from aion.errors import ConfigError
from aion.explorer.catalogs.batch_results import COLUMNS, zip_catalog
from aion.explorer.catalogs.batches import Batch
from aion.explorer.catalogs.similarity import Searches
from aion.explorer.engine import Engine
from aion.explorer.export.catalog_file import CATALOG_MIME, catalog_file
from aion.explorer.settings import Settings
from aion.explorer.survey.assembly import read_failures
from aion.heads import Head, apply_heads
from aion.heads.samples import LabelChoice, label_objects
from aion.heads.training import train_head
from aion.io import read
from tests.explorer.catalogs.test_batches import (
    assert_same,
    catalog_of,
    finished,
    table,
    waited,
)
from tests.heads.labeled import labeled_catalog


def test_what_cannot_be_read_is_listed_with_its_reason_and_does_not_stop_the_rest(
    open_batches, tmp_path, root
):
    small, broken = tmp_path / "small.npz", tmp_path / "broken.fits"
    np.savez(small, image=np.ones((3, 40, 40), np.float32), bands=["g", "r", "z"])
    broken.write_bytes(b"SIMPLE  =" + b"\x00" * 100)
    batch = finished(open_batches(), small, broken, root / "tests/data/sdss_spec.fits", table(5))
    assert batch.record.state == "done" and batch.record.rows == 5 and batch.record.failures == 3
    why = {one.id or one.source: one.why for one in read_failures(batch.folder.catalog)}
    assert set(why) == {"broken.fits", "small", "mine.csv"} and "40x40" in why["small"]
    assert "0002 (row 3)" in why["mine.csv"]


def test_a_part_that_cannot_be_read_is_noted_and_the_object_stays(open_batches, tmp_path):
    both = tmp_path / "both.npz"
    np.savez(both, image=np.ones((3, 40, 40), np.float32), bands=["g", "r", "z"], FLUX_G=2.0, FLUX_R=3.0)
    batch = finished(open_batches(), both)
    rows = batches_rows(batch)
    assert rows["id"].tolist() == ["both"]
    assert any("embedded without its" in note and "40x40" in note for note in rows["notes"][0])


def batches_rows(batch: Batch) -> pd.DataFrame:
    return pd.read_parquet(batch.folder.catalog / "unplaced.parquet")


def test_files_of_the_same_name_are_all_read(open_batches):
    other = table(5)
    other = type(other)(other.getvalue().replace(b"000", b"111"))
    other.name = "mine.csv"
    catalog = catalog_of(open_batches(), table(5), other)
    assert set(catalog.table["id"]) == {f"{start}{i}" for start in ("000", "111") for i in (0, 1, 3, 4)}


def night_zip(root) -> io.BytesIO:
    """A table and a spectrum in a folder of a zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("night/mine.csv", table(5).getvalue())
        archive.write(root / "tests/data/sdss_spec.fits", "night/sdss_spec.fits")
    packed.name = "night.zip"
    return packed


def test_a_zip_is_what_is_in_it(open_batches, root):
    packed, ours = night_zip(root), open_batches()
    batch = finished(ours, packed)
    assert batch.record.rows == 5 and batch.record.label == "night.zip"


def test_overrides_are_used_and_make_another_batch(open_batches, root):
    ours, file = open_batches(), root / "tests/data/sdss_spec.fits"
    plain = finished(ours, file)
    key = ours.add_files([file], ["medium=air"])
    assert key != plain.key and waited(ours, key).record.overrides == ("medium=air",)
    with pytest.raises(ConfigError, match="medium"):
        ours.add_files([file], ["medium=water"])


def test_spectra_and_images_have_previews_and_views_of_their_own(open_batches, root):
    ours = open_batches()
    catalog = catalog_of(ours, root / "tests/data/sdss_spec.fits", root / "tests/data/spspec.fits")
    assert set(catalog.indexes) == {ALL, "spectrum"}
    drawn = catalog.small_spectrum(catalog.table["id"][0])
    assert np.isfinite(drawn.flux).any() and len(drawn.wavelength) == 160
    image = catalog_of(ours, root / "tests/data/ls_cutout.fits.gz")
    assert image.picture(image.table["id"][0])[8:12] == b"WEBP"
    assert image.table["survey"][0] == "Legacy Survey"


def test_the_views_of_an_object_are_made_from_its_parts(engine, open_batches, root):
    catalog = catalog_of(open_batches(), root / "tests/data/mmu_legacysurvey.hdf5")
    id = str(catalog.table["id"][0])
    streams = catalog.views_of(catalog.entry(id).tokens)
    assert set(streams) == {ALL, "image", "photometry"}
    for view, used in streams.items():
        np.testing.assert_allclose(
            catalog.indexes[view].vector(0), engine.embed([catalog.entry(id)], use=used)[0], atol=1e-3
        )


def test_files_of_one_object_are_joined_and_equal_ids_of_one_file_get_a_number(open_batches, tmp_path):
    image = np.random.default_rng(0).normal(1, 1, (3, 96, 96)).astype(np.float32)
    np.savez(tmp_path / "B7.npz", image=image, bands=["g", "r", "z"])
    rows = tmp_path / "rows.csv"
    rows.write_text("object_id,FLUX_G\nA1,1\nA1,2\nB7,3\n")
    catalog = catalog_of(open_batches(), rows, tmp_path / "B7.npz")
    assert sorted(catalog.table["id"]) == ["A1", "A1 (2)", "B7"]
    assert set(catalog.entry("B7").tokens) == {"tok_image", "tok_flux_g"}


def test_a_catalog_without_redshifts_and_classes_is_searched_as_any(open_batches):
    catalog = catalog_of(open_batches(), table(with_truth=False))
    id = str(catalog.table["id"][4])
    assert catalog.entry(id).z_reference is None and catalog.entry(id).kind == ""
    searches = Searches(catalog)
    found = searches.search([searches.example(id)], k=5)
    assert len(found) == 5 and all(one.z is None and one.kind == "" for one in found)
    measured = searches.quality()
    assert all(np.isnan(row.purity) and np.isnan(row.redshift) for row in measured)


def test_the_folder_opens_as_the_reference_catalog(open_batches, settings):
    batch = finished(open_batches(), table())
    other = Engine(Settings(model=settings.model, device="cpu", catalog=batch.folder.catalog))
    assert_same(other.catalog, Catalog.load(batch.folder.catalog))
    other.close()


def test_the_table_says_what_people_look_for_and_the_rest_of_single_objects(open_batches, engine, root):
    ours = open_batches()
    batch = finished(ours, table(5), root / "tests/data/sdss_spec.fits")
    results = ours.results(batch.key)
    rows = results.table
    assert set(rows) <= set(COLUMNS) and {"id", "z_best", "z_error", "p_best", "flags", "z"} <= set(rows)
    assert len(rows) == 5 and (rows["z_error"] > 0).all()
    id = str(rows["id"].iloc[0])
    assert results.probability(id).sum() == pytest.approx(1, abs=0.01)
    assert len(results.probability(id)) == len(results.redshift_edges) - 1
    stated = json.loads(results.catalog.values(id, ("votes",))["votes"])
    assert all(f"{kind} {share:.0%}" in results.votes(id) for kind, share in stated.items())
    assert results.flag_counts["low coverage"] >= 4, "of photometry alone"
    assert [one.source for one in results.failures] == ["mine.csv"]


def test_an_object_is_opened_from_its_file_and_from_a_zip(open_batches, root):
    packed, ours = night_zip(root), open_batches()
    results = ours.results(finished(ours, packed).key)
    opened = results.open_object("0003")
    assert opened.targets[opened.row].id == "0003" and len(opened.targets) == 4
    [spectrum] = [id for id in results.table["id"] if not id.startswith("000")]
    opened = results.open_object(spectrum)
    [target] = opened.targets
    assert target.modalities[0].name and opened.files[0].name == "sdss_spec.fits"


def test_the_table_is_a_file_of_every_format_and_the_catalog_a_zip(open_batches, tmp_path):
    batch = finished(open_batches(), table(5))
    for ending in CATALOG_MIME:
        data = catalog_file(batch.folder.catalog, ending)
        assert data and (b"0003" in data or ending in ("parquet", "vot"))
    rows = pd.read_parquet(io.BytesIO(catalog_file(batch.folder.catalog, "parquet")))
    assert len(rows) == 4 and "z_best" in rows and "vector_all" not in rows
    with zipfile.ZipFile(io.BytesIO(zip_catalog(batch.folder.catalog))) as archive:
        archive.extractall(tmp_path)
    assert_same(Catalog.load(tmp_path / "catalog"), Catalog.load(batch.folder.catalog))


@pytest.fixture
def head_of_engine(engine, tmp_path) -> Head:
    """On spectra, of the weights of the engine."""
    made = labeled_catalog(tmp_path / "made", sha256=engine.info.sha256, width=engine.width)
    return train_head(label_objects(made, LabelChoice("mass", unit="dex", view="spectrum"))).head


def test_heads_say_of_a_batch_what_they_say_of_its_objects_and_nothing_of_others(
    open_batches, engine, head_of_engine, root
):
    spectrum = root / "tests/data/sdss_spec.fits"
    results = (ours := open_batches()).results(finished(ours, table(5), spectrum).key)
    assert "spectrum" not in results.catalog.indexes, "not every object has one"
    applied = apply_heads([head_of_engine], results.catalog)
    [value] = applied.table["head_mass"].dropna()
    [row] = np.flatnonzero(applied.table["head_mass"].notna())
    [target] = read(spectrum)
    assert results.catalog.table["id"][row] == target.id
    said = head_of_engine.predict(engine.embed([target], use=["tok_spectrum_sdss"]))
    assert value == pytest.approx(said.values[0], abs=0.02), "vectors of catalogs are in half precision"
    assert applied.table["head_mass_error"][row] == pytest.approx(said.errors[0], rel=0.02)
    assert applied.table["head_mass_outside"].tolist() == [i == row and said.outside[0] for i in range(5)]
    assert applied.notes == (
        "the head of mass says nothing of 4 of 5 objects: it was trained on spectrum; of these objects "
        "photometry is read",
    )
    image = root / "tests/data/mmu_legacysurvey.hdf5"
    more = ours.results(finished(ours, table(5), spectrum, image).key).catalog
    [note] = apply_heads([head_of_engine], more).notes
    without = f"{len(more) - 1} of {len(more)} objects, of 4 of these because it was trained on spectrum"
    assert f"says nothing of {without}; of these objects photometry is read" in note and len(more) > 5


def test_the_command_counts_the_objects_of_a_batch_that_a_head_says_something_of(
    open_batches, head_of_engine, root, tmp_path, capsys
):
    batch = finished(open_batches(), table(5), root / "tests/data/sdss_spec.fits")
    (tmp_path / "mass.safetensors").write_bytes(head_of_engine.to_bytes())
    words = [
        "head",
        "apply",
        tmp_path / "mass.safetensors",
        batch.folder.catalog,
        "--out",
        tmp_path / "m.csv",
    ]
    assert main(list(map(str, words))) == 0
    told = capsys.readouterr().err
    assert "1 value(s) are in" in told and "says nothing of 4 of 5 objects" in told
    assert pd.read_csv(tmp_path / "m.csv")["mass"].notna().sum() == 1


def test_the_file_of_a_batch_has_columns_of_heads_with_unit_and_hash(open_batches, head_of_engine, root):
    batch = finished(ours := open_batches(), table(5), root / "tests/data/sdss_spec.fits")
    applied = apply_heads([head_of_engine], ours.results(batch.key).catalog)
    files = {ending: catalog_file(batch.folder.catalog, ending, applied) for ending in CATALOG_MIME}
    rows = pq.read_table(io.BytesIO(files["parquet"]))
    about = rows.schema.field("head_mass").metadata
    assert about[b"unit"] == b"dex" and head_of_engine.digest.encode() in about[b"description"]
    assert rows["head_mass"].null_count == 4
    expected = rows["head_mass"].to_pandas().to_numpy()
    for ending, kind in (("ecsv", "ascii.ecsv"), ("vot", "votable"), ("fits", "fits"), ("csv", "ascii.csv")):
        found = Table.read(io.BytesIO(files[ending]), format=kind)
        values = np.ma.filled(found["head_mass"], np.nan).astype(float)
        np.testing.assert_allclose(values, expected)
        if ending != "csv":
            assert str(found["head_mass"].unit) == "dex"
            assert kind == "fits" or head_of_engine.digest.encode() in files[ending]
    assert head_of_engine.digest in "".join(getheader(io.BytesIO(files["fits"]))["HISTORY"])
    assert b"head_mass" not in catalog_file(batch.folder.catalog, "csv")
