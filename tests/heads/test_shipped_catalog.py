"""What heads reach on the reference catalog, whose objects the embedded model never saw."""

from aion.catalog import Catalog
from aion.explorer.settings import CATALOG
from aion.heads import samples, training
from aion.heads.report import EMBEDDING, PHOTOMETRY
from aion.heads.samples import LabelChoice, label_objects

NEIGHBORS_REACH = 0.89
"""Share of the neighbors of a held-out spectrum that have its class: the evaluation of the embedded model."""


def test_classes_from_spectra_are_righter_than_neighbors_and_photometry(monkeypatch):
    monkeypatch.setattr(samples, "MOST", 2_000)
    monkeypatch.setattr(training, "CURVE", ())
    report = training.train_head(label_objects(Catalog.load(CATALOG), LabelChoice("class", view="spectrum")))
    accuracy = report.score(EMBEDDING)["accuracy"][0]
    assert accuracy > NEIGHBORS_REACH
    assert accuracy > report.score(PHOTOMETRY)["accuracy"][0] + 0.05
