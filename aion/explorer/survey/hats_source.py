"""A HATS catalog as a source: its partitions in ranges of rows."""

import pyarrow as pa
import pyarrow.parquet as pq

from aion.explorer.survey.contract import kept_columns
from aion.explorer.survey.hats_catalog import HatsCatalog
from aion.explorer.survey.row_files import cut_rows, open_binary
from aion.explorer.survey.sources import Partition, SurveySource
from aion.io import Overrides


def open_hats(place: str, overrides: Overrides, strict: bool) -> SurveySource:
    """All rows of a catalog, or of the main one of a collection.

    Raises:
        InputError: it is none, or one whose partitions lie in several files each.
    """
    catalog = HatsCatalog.open(place)
    partitions: list[Partition] = []
    inputs: list[tuple[str, int]] = []
    kept: dict[str, pa.DataType] = {}
    for pixel in catalog.pixels:
        name = catalog.file(*pixel)
        with open_binary(f"{catalog.root}/{name}") as stream:
            file = pq.ParquetFile(stream)
            count, schema = file.metadata.num_rows, file.schema_arrow
        partitions += cut_rows(f"{catalog.root}/{name}", count, overrides, strict)
        inputs.append((name, count))
        kept |= dict(kept_columns(schema).values())
    settings = {"overrides": list(overrides.texts), "strict": strict}
    return SurveySource(partitions, "HATS catalog", inputs, kept, settings, catalog.pixels)
