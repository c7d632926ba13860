"""The Heads page, and what the Analyze page shows of the heads that are kept."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from aion.explorer.ui.heads import label_source
from aion.heads import Head, HeadFolder
from aion.heads.samples import LabelChoice, label_objects
from aion.heads.training import train_head
from tests.heads.labeled import SDSS, N, labeled_catalog
from tests.pages.conftest import shown


@pytest.fixture
def kept(environment: None) -> HeadFolder:
    """The folder of heads, empty."""
    found = HeadFolder(Path(os.environ["AION_HEADS"]))
    for one in found.heads():
        found.remove(one.path)
    return found


@pytest.fixture
def page(kept: HeadFolder, app: AppTest) -> AppTest:
    return app.switch_page("pages/heads.py").run()


@pytest.fixture
def folder(engine, tmp_path: Path) -> Path:
    """A catalog of the weights in use, whose labels can be learned."""
    made = labeled_catalog(tmp_path / "made", sha256=engine.info.sha256, width=engine.width)
    made.save(tmp_path / "made")
    return tmp_path / "made"


@pytest.fixture
def head(engine, folder: Path) -> Head:
    made = labeled_catalog(folder, sha256=engine.info.sha256, width=engine.width)
    return train_head(label_objects(made, LabelChoice("mass", unit="dex", view="spectrum"))).head


def click(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label.startswith(label)).click()
    return at.run()


def choose(at: AppTest, key: str, value: str) -> AppTest:
    next(box for box in at.selectbox if str(box.key).startswith(key)).set_value(value)
    return at.run()


def of_folder(at: AppTest, folder: Path) -> AppTest:
    at.session_state["heads-source"] = label_source.FOLDER
    at.run()
    return at.text_input(key="heads-folder").set_value(str(folder)).run()


def test_the_objects_of_the_catalog_are_too_few_and_that_is_said(page):
    assert not page.exception and "None is kept yet" in shown(page)
    at = click(page, "Train and measure")
    assert not at.exception and any("50 or more are needed" in error.value for error in at.error)


def test_a_column_is_learned_kept_and_shown_for_an_object(page, folder, twin):
    at = choose(of_folder(page, folder), "heads-column", "mass")
    at = click(choose(at, "heads-view", "spectrum"), "Train and measure")
    assert not at.exception and not at.error
    table = at.dataframe[0].value
    assert {"embedding", "photometry alone", "embedding and photometry", "embedding, shuffled labels"} == set(
        table["Data"]
    )
    assert "120 objects on the sky" in shown(at)
    at = click(at, "Keep this head")
    assert "Kept: objects on Analyze" in shown(at) and "R² 0.9" in shown(at)
    at = at.switch_page("pages/analyze.py").run()
    at = at.file_uploader[0].set_value(twin("sdss_spec.fits")).run()
    assert not at.exception
    labels = next(one.value for one in at.dataframe if "Held out" in one.value)
    assert labels["Label"].tolist() == ["mass"] and "±" in labels["Value"][0]
    at = click(at.switch_page("pages/heads.py").run(), "Remove")
    assert "None is kept yet" in shown(at)


def test_the_value_on_analyze_is_that_of_the_head_on_the_embedding(page, kept, head, engine, twin, root):
    from aion.io import read

    kept.keep(head)
    at = page.switch_page("pages/analyze.py").run()
    at = at.file_uploader[0].set_value(twin("sdss_spec.fits")).run()
    row = next(one.value for one in at.dataframe if "Held out" in one.value).iloc[0]
    (target,) = read(root / "tests" / "data" / "sdss_spec.fits")
    found = head.predict(engine.embed([target], use=list(SDSS)))
    value, error = row["Value"].removesuffix(" dex").replace("−", "-").split(" ± ")
    assert float(value) == pytest.approx(found.values[0], abs=0.05) and float(error) == pytest.approx(
        found.errors[0], rel=0.1
    )


def test_an_object_without_the_data_of_training_says_why_it_has_no_value(page, kept, head, twin):
    kept.keep(head)
    other = replace(head, facts=replace(head.facts, sha256="f" * 64, label="age"))
    kept.keep(other)
    at = page.switch_page("pages/analyze.py").run()
    at = at.file_uploader[0].set_value(twin("ls_cutout.fits.gz")).run()
    rows = next(one.value for one in at.dataframe if "Held out" in one.value).set_index("Label")
    assert rows["Value"].tolist() == ["–", "–"]
    assert "trained on spectrum; of this object image is read" in rows["Note"]["mass"]
    assert "belongs to the weights ffffffffffff" in rows["Note"]["age"]


def test_a_head_is_uploaded_and_one_of_other_weights_is_refused(page, kept, head):
    def upload(data: bytes) -> AppTest:
        box = next(one for one in page.file_uploader if str(one.key).startswith("heads-upload"))
        return box.set_value([("mine.safetensors", data, "application/octet-stream")]).run()

    at = upload(replace(head, facts=replace(head.facts, sha256="f" * 64)).to_bytes())
    assert any("belongs to the weights" in error.value for error in at.error)
    at = upload(b"nothing of the kind")
    assert any("is no head" in error.value for error in at.error)
    at = upload(head.to_bytes())
    assert not [one.value for one in at.error] and "**mass** · dex · Spectra" in shown(at)
    assert [one.head.facts.n for one in kept.heads()] == [N]


def test_words_of_a_head_are_text(page, kept, head):
    hostile = replace(head, facts=replace(head.facts, label="[a](http://x.org) :smile: **b**"))
    kept.keep(hostile)
    at = page.run()
    assert not at.exception and "[a](http" not in shown(at) and "\\[a\\]" in shown(at)


def test_a_folder_that_holds_no_catalog_is_refused(page, tmp_path):
    at = of_folder(page, tmp_path)
    assert not at.exception and any("There is no catalog in" in error.value for error in at.error)
    assert np.all([one.label != "Train and measure" for one in at.button])


def test_a_folder_of_other_weights_is_refused(page, tmp_path):
    labeled_catalog(tmp_path / "other", sha256="f" * 64).save(tmp_path / "other")
    at = of_folder(page, tmp_path / "other")
    assert any("was made by weights ffffffffffff" in error.value for error in at.error)
