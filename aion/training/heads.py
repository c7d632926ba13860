"""What heads learn of the simulation: truths of the simulator that no catalog has, from the embeddings of the
reference catalog, whose objects training never saw.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from torch import Generator
from tqdm import tqdm

from aion.catalog import ALL, Catalog
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
    """Numbers and classes: scores on held-out objects, beside nearest neighbors, photometry alone and
    shuffled labels. Of the mass also what limits it: how bright the galaxies are, and the mass of each as if
    its r magnitude were 20."""
    is_galaxy = truths[TRUTHS[0]].notna().to_numpy()
    mag = np.where(is_galaxy, catalog.table.set_index("id")["mag_r"].reindex(truths["id"]), np.nan)
    limits = {"mag_r": mag, "log_mass_of_r_20": truths[TRUTHS[0]] + 0.4 * (mag - 20)}
    labels = truths.assign(**limits)
    spectra, everything = ((name, VIEW) for name in (*TRUTHS, *limits)), ((name, ALL) for name in TRUTHS)
    numbers = _table(catalog, labels, [*spectra, *everything])
    return numbers, _table(catalog, None, [("class", VIEW)])


def _table(catalog: Catalog, labels: pd.DataFrame | None, asked: Sequence[tuple[str, str]]) -> Table:
    """Of each label and view."""
    table: Table = {}
    for name, view in asked:
        report = train_head(label_objects(catalog, LabelChoice(name, view=view), labels))
        for one in report.scores:
            row: Row = {key: mean for key, (mean, _) in one.score.items()}
            if (one.data, one.method) == (EMBEDDING, LINEAR):
                row["calibration"] = report.covered
            table[f"{name}, {view}: {one.data}, {one.method}"] = row | {"n": len(report.objects)}
    return table
