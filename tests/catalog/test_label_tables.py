"""Tables of a person's own: every kind of file, and the join by ids."""

import io

import pandas as pd
import pytest
from astropy.table import MaskedColumn, Table

from aion.catalog.label_tables import find_column, join_column, read_table
from aion.errors import InputError

ROWS = pd.DataFrame({"TARGETID": ["a", "b", "c"], "MASS": [1.5, 2.5, 3.5]})


@pytest.mark.parametrize("ending", ["csv", "parquet", "fits", "ecsv", "vot"])
def test_labels_are_read_from_any_table_file(tmp_path, ending):
    path = tmp_path / f"labels.{ending}"
    if ending == "csv":
        ROWS.to_csv(path, index=False)
    elif ending == "parquet":
        ROWS.to_parquet(path)
    else:
        Table.from_pandas(ROWS).write(path, format="votable" if ending == "vot" else None)
    table = read_table(path)
    assert join_column(["b", "x", "a"], table, "mass").tolist()[::2] == [2.5, 1.5]
    assert join_column(["b", "x"], table, "MASS", "targetid").isna().tolist() == [False, True]


def test_what_is_no_table_is_refused_with_what_is_expected(tmp_path):
    upload = io.BytesIO(b"SIMPLE  = damaged")
    upload.name = "labels.fits"
    with pytest.raises(InputError, match=r"labels\.fits is no table of Parquet, CSV, FITS"):
        read_table(upload)
    with pytest.raises(InputError, match="is no table"):
        read_table(tmp_path / "none.csv")


def test_an_id_that_is_there_twice_and_a_column_that_is_not_are_refused():
    twice = pd.concat([ROWS, ROWS])
    with pytest.raises(InputError, match="the id 'a' is there twice in 'TARGETID'"):
        join_column(["a"], twice, "MASS")
    with pytest.raises(InputError, match="which column holds the ids"):
        join_column(["a"], ROWS.rename(columns={"TARGETID": "plate"}), "MASS")
    with pytest.raises(InputError, match="no column 'age'; there are TARGETID, MASS"):
        find_column(ROWS, "age")


def read_text(tmp_path, text: str):
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8")
    return read_table(tmp_path / "labels.csv")


@pytest.mark.parametrize(
    "text",
    ["\ufeffid,Z\na,0.5\n", "id;z\na;0,5\n", "id\tz\na\t0.5\n", "# mine\n# id z\na 0.5\n", "id, z\na, 0.5\n"],
)
def test_text_is_a_table_whatever_sets_its_columns_apart(text, tmp_path):
    assert join_column(["a"], read_text(tmp_path, text), "z").tolist() == [0.5]


def test_ids_keep_their_digits_beside_missing_ones_and_their_zeros(tmp_path):
    table = read_text(tmp_path, "TARGETID,z\n39627640566453451,0.1\n,0.3\n,0.4\n39627640566453452,0.2\n")
    assert join_column(["39627640566453452", "39627640566453451"], table, "z").tolist() == [0.2, 0.1]
    assert join_column(["007"], read_text(tmp_path, "id,z\n007,0.1\n008,0.2\n"), "z").tolist() == [0.1]
    with_points = pd.DataFrame({"id": [7.0, None, 9.0], "z": [0.1, 0.2, 0.3]})
    assert join_column(["9"], with_points, "z").tolist() == [0.3]
    with pytest.raises(InputError, match="the ids in 'id' are numbers with a point, which have lost"):
        join_column(["9"], pd.DataFrame({"id": [39627640566453451.0], "z": [0.1]}), "z")


def test_masked_whole_numbers_are_missing_in_every_kind_of_table(tmp_path):
    table = Table({"id": ["a", "b"], "label": MaskedColumn([1, 2], mask=[True, False])})
    for ending in ("fits", "ecsv", "vot"):
        path = tmp_path / f"labels.{ending}"
        table.write(path, format="votable" if ending == "vot" else None)
        assert join_column(["a", "b"], read_table(path), "label").isna().tolist() == [True, False], ending


def test_rows_longer_than_the_line_of_names_are_refused(tmp_path):
    with pytest.raises(InputError, match="names 2 columns"):
        read_text(tmp_path, "id,z\na,0.5,7\nb,0.6,8\n")
