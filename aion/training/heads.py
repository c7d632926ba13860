"""What heads learn of the simulation: truths of the simulator that no catalog has, from the embeddings of the
reference catalog, whose objects training never saw.
"""

import numpy as np
import pandas as pd
from torch import Generator
from tqdm import tqdm

from aion.catalog import Catalog
from aion.errors import InputError
from aion.heads.report import EMBEDDING, LINEAR
from aion.heads.samples import LabelChoice, label_objects
from aion.heads.training import train_head
from aion.training.catalog import BATCH, CATALOG_SEED
from aion.training.config import EmbeddedConfig
from aion.training.evaluate.report import Table
from aion.training.metrics import Row
from aion.training.simulate.survey import TRUTHS, SimulatedSurvey

VIEW = "spectrum"


def draw_truths(catalog: Catalog, survey: SimulatedSurvey, config: EmbeddedConfig) -> pd.DataFrame:
    """``id`` and `TRUTHS` of the objects of the reference catalog, drawn again with its seed.

    Raises:
        InputError: the catalog is of another simulation.
    """
    parts = []
    for first in tqdm(range(0, len(catalog), BATCH), desc="truths", mininterval=5.0):
        generator = Generator().manual_seed(config.seed * 1_000_003 + CATALOG_SEED + first // BATCH)
        z, truths = survey.draw_truths(min(BATCH, len(catalog) - first), generator)
        ids = [f"SIM-{first + row:05d}" for row in range(len(z))]
        parts.append(pd.DataFrame({"id": ids, "z": z} | {name: truths[name] for name in TRUTHS}))
    table = pd.concat(parts, ignore_index=True)
    known = catalog.table.set_index("id")["z"].reindex(table["id"]).to_numpy(float)
    if not np.allclose(table["z"], known, atol=1e-4):
        raise InputError(f"the catalog in {catalog.folder} is of another simulation than seed {config.seed}")
    return table


def measure_heads(catalog: Catalog, truths: pd.DataFrame) -> tuple[Table, Table]:
    """Numbers and classes: scores on held-out objects, from spectra, beside nearest neighbors, photometry
    alone and shuffled labels."""
    numbers: Table = {}
    classes: Table = {}
    for name in (*TRUTHS, "class"):
        other = None if name == "class" else truths
        report = train_head(label_objects(catalog, LabelChoice(name, view=VIEW), other))
        table = classes if name == "class" else numbers
        for one in report.scores:
            row: Row = {key: mean for key, (mean, _) in one.score.items()}
            if (one.data, one.method) == (EMBEDDING, LINEAR):
                row["calibration"] = report.covered
            table[f"{name}: {one.data}, {one.method}"] = row | {"n": len(report.objects)}
    return numbers, classes
