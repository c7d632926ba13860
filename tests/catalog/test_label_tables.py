"""Tables of a person's own: every kind of file, and the join by ids."""

import io

import pandas as pd
import pytest
from astropy.table import Table

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
