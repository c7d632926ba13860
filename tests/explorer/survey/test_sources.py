"""What is handed in is cut into partitions: files, rows of files, and catalogs of HATS, ours and others'."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aion.catalog.folder import partitions
from aion.catalog.folder import row_files as row_files_of
from aion.errors import InputError
from aion.explorer.survey import opening, row_files
from aion.explorer.survey.contract import kept_columns
from aion.explorer.survey.opening import open_source
from aion.explorer.survey.run import Here, run
from aion.explorer.survey.target_source import open_targets
from aion.io import Overrides, Provenance, read
from aion.io.targets import ListedTarget
from aion.sky.lists import FetchedTarget
from tests.explorer.survey.hats_files import write_hats
from tests.explorer.survey.test_run import rows_of

DESI = Path(__file__).parents[2] / "data" / "mmu_desi.parquet"
IMAGES = Path(__file__).parents[2] / "data" / "mmu_legacysurvey.hdf5"


@pytest.fixture
def rows_file(tmp_path: Path) -> Path:
    """Seven rows of the Multimodal Universe, the fourth without a spectrum that can be used."""
    two = pq.read_table(DESI)
    rows = pa.concat_tables([two, two, two, two]).slice(0, 7).to_pylist()
    for number, row in enumerate(rows):
        row["object_id"], row["ra"], row["dec"], row["magnitude"] = f"row {number}", 10.0 * number, 5.0, 17.5
    flux = rows[3]["spectrum"]["flux"]
    rows[3]["spectrum"]["flux"] = [float("nan")] * len(flux)
    rows[3].update(
        {
            name: None
            for name, kind in zip(two.column_names, two.schema.types, strict=True)
            if kind == pa.float32()
        }
    )
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=3)
    return path


def test_rows_of_a_file_are_read_in_ranges_with_the_columns_that_are_kept(
    rows_file, engine, tmp_path, monkeypatch
):
    monkeypatch.setattr(row_files, "ROWS", 2)
    source = open_source([rows_file])
    assert [one.name for one in source.partitions][-1] == "rows.parquet, rows 7 to 7"
    result = run(source, tmp_path / "out", Here(engine), engine)
    rows = rows_of(tmp_path / "out")
    assert result.rows + len(result.failures) == 7
    assert all("rows.parquet, row 4" in one.source for one in result.failures)
    assert {"row 0", "row 6"} <= set(rows["id"].to_pylist())
    assert set(rows["magnitude"].to_pylist()) == {17.5} and "object_id" in rows.column_names
    whole = {one.id: one for one in read(rows_file)}
    first = next(row for row in rows.to_pylist() if row["id"] == "row 0")
    expected = engine.analyze(whole["row 0"])
    np.testing.assert_allclose(first["vector_all"], expected.embedding, atol=1e-3)


def test_images_of_hdf5_are_read_by_rows(engine, tmp_path):
    run(open_source([IMAGES]), tmp_path, Here(engine), engine)
    [row] = rows_of(tmp_path).to_pylist()
    [target] = read(IMAGES)
    assert row["id"] == target.id and row["picture"] and row["survey"] == "Legacy Survey"
    assert row["tok_image"]["token"] == engine.analyze(target).tokens["tok_image"].tolist()


def test_a_hats_catalog_keeps_its_partitions_and_columns(rows_file, engine, tmp_path):
    rows = [row for row in pq.read_table(rows_file).to_pylist() if row["object_id"] != "row 3"]
    write_hats(tmp_path / "hats", rows)
    run(open_source([tmp_path / "hats"]), tmp_path / "out", Here(engine), engine)
    assert partitions(tmp_path / "out") == partitions(tmp_path / "hats")
    made = rows_of(tmp_path / "out")
    assert set(made["object_id"].to_pylist()) == {row["object_id"] for row in rows}
    given = rows_of(tmp_path / "hats")
    assert made["_healpix_29"].to_pylist() == given["_healpix_29"].to_pylist()


def test_tokens_of_aion_hats_are_embedded_as_they_are(engine, folder, tmp_path):
    """The columns that lsdb-foundation-model writes: `object_id`, a struct of tokens, one number as it is."""
    targets = [read(folder / "night 1" / f"spectrum-{number}.fits")[0] for number in (0, 1, 2)]
    embedded = engine.embed_objects(targets)
    rows = [
        {
            "object_id": target.id,
            "ra": target.ra,
            "dec": target.dec,
            "tok_spectrum_sdss": {"token": one.tokens["tok_spectrum_sdss"].tolist()},
            "tok_flux_r": 17 if number else None,
        }
        for number, (target, one) in enumerate(zip(targets, embedded, strict=True))
    ]
    write_hats(tmp_path / "hats", rows)
    run(open_source([tmp_path / "hats"]), tmp_path / "out", Here(engine), engine)
    made = {row["id"]: row for row in rows_of(tmp_path / "out").to_pylist()}
    np.testing.assert_allclose(made[targets[0].id]["vector_all"], embedded[0].embedding, atol=1e-3)
    assert made[targets[1].id]["tok_flux_r"] == 17 and made[targets[0].id]["tok_flux_r"] is None
    assert made[targets[1].id]["tok_spectrum_sdss"]["token"] == rows[1]["tok_spectrum_sdss"]["token"]


def test_lsdb_reads_our_tokens_as_nested_columns_like_those_of_aion_hats(engine, folder, tmp_path):
    import lsdb

    run(open_source([folder / "night 1" / "spectrum-1.fits"]), tmp_path, Here(engine), engine)
    frame = lsdb.open_catalog(tmp_path).compute()
    tokens = frame["tok_spectrum_sdss"].iloc[0]["token"].tolist()
    assert tokens == rows_of(tmp_path)["tok_spectrum_sdss"][0].as_py()["token"]


def test_fetched_targets_keep_the_names_of_their_list_and_say_what_is_missing(folder, engine, tmp_path):
    spectrum = folder / "night 1" / "spectrum-1.fits"
    origin = Provenance("https://archive", "2026-01-01T00:00:00", "0" * 64, "SDSS")
    there = FetchedTarget(ListedTarget("mine", "37 -31"), (spectrum,), (origin,), (), is_final=True)
    later = FetchedTarget(ListedTarget("other", "1 1"), (), (), ("SPARCL did not answer",), is_final=False)
    source = open_targets([there, later], Overrides(), strict=False)
    result = run(source, tmp_path, Here(engine), engine)
    assert rows_of(tmp_path)["id"].to_pylist() == ["mine"]
    assert result.may_pass == 1 and "SPARCL did not answer" in result.failures[0].why


def test_files_of_one_name_are_in_one_partition(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "FILES", 2)
    for name in ("a.fits", "b.csv", "b.fits", "b.npz", "c.fits"):
        (tmp_path / name).write_bytes(b"nothing")
    held = [[Path(file.name).name for file in one.files] for one in open_source([tmp_path]).partitions]
    assert held == [["a.fits", "b.csv", "b.fits", "b.npz"], ["c.fits"]]


def test_the_order_in_which_files_are_named_does_not_matter(folder):
    paths = sorted((folder / "night 1").iterdir())
    one, other = open_source(paths), open_source(paths[::-1])
    assert one.fingerprint == other.fingerprint and one.partitions == other.partitions


def test_names_of_input_columns_that_a_catalog_has_are_told_apart():
    kinds = {"id": pa.int64(), "snr": pa.float64(), "rank": pa.int8(), "mass": pa.float32()}
    schema = pa.schema([*kinds.items(), ("FLUX_R", pa.float32())])
    assert {name: new for name, (new, _) in kept_columns(schema).items()} == {
        "snr": "input_snr",
        "rank": "input_rank",
        "mass": "mass",
    }


def test_a_hats_catalog_at_an_address_gives_what_it_gives_on_disk(rows_file, engine, tmp_path):
    import fsspec

    rows = [row for row in pq.read_table(rows_file).to_pylist() if row["object_id"] != "row 3"]
    write_hats(tmp_path / "hats", rows)
    fsspec.filesystem("memory").put(str(tmp_path / "hats"), "/hats", recursive=True)
    for place, out in ((tmp_path / "hats", "one"), ("memory://hats", "other")):
        run(open_source([place]), tmp_path / out, Here(engine), engine)
    names = [path.relative_to(tmp_path / "one") for path in row_files_of(tmp_path / "one")]
    assert names and all(
        (tmp_path / "other" / name).read_bytes() == (tmp_path / "one" / name).read_bytes() for name in names
    )


def test_an_address_of_no_kind_that_can_be_opened_is_refused_with_what_to_do():
    with pytest.raises(InputError, match="install what its kind of address needs, or download it"):
        open_source(["nowhere://catalog"])


def test_a_folder_that_is_only_half_a_hats_catalog_is_refused(tmp_path):
    (tmp_path / "hats.properties").write_text("obs_collection=x\n")
    with pytest.raises(InputError, match=r"no complete HATS catalog: it has no partition_info\.csv"):
        open_source([tmp_path])
