"""The open result is compared with a bundle that is dropped on the Analyze page."""

import io
import zipfile

import pytest

from aion.explorer.engine import Engine
from aion.explorer.export.bundle import bundle
from aion.explorer.export.reproduce import Recipe
from aion.explorer.settings import Settings
from aion.io import read
from tests.pages.conftest import drawn, shown, unfold, widget
from tests.tiny import write_tiny

FILES = ("sdss_spec.fits", "ls_cutout.fits.gz")


@pytest.fixture(scope="module")
def other_bundle(root, tmp_path_factory):
    """Of the same files, by other weights."""
    folder = tmp_path_factory.mktemp("other")
    weights = str(write_tiny(folder / "weights", seed=7))
    engine = Engine(Settings(model=weights, device="cpu", precision="float32", catalog=folder / "none"))
    paths = [root / "tests" / "data" / name for name in FILES]
    [target] = read(paths)
    recipe = Recipe(target.id, FILES, engine.info.sha256)
    inputs = [(path.name, path.read_bytes()) for path in paths]
    content = bundle(engine.analyze(target), recipe, target.reports, inputs, None)
    engine.close()
    return content


def dropped(at, content: bytes):
    """The page after a bundle was dropped in the open fold."""
    box = widget(unfold(at, "compare-weights").file_uploader, "bundle-")
    return box.set_value([("other.zip", content, "application/zip")]).run()


def test_a_result_of_other_weights_is_shown_beside_the_open_one(upload, other_bundle):
    at = dropped(upload(*FILES), other_bundle)
    assert not at.exception and not at.error
    assert "They are of different weights" in shown(at)
    assert "has no neighbors" in shown(at)
    assert {"compared-densities", "compared-spectrum-0", "compared-image-0"} <= drawn(at).keys()
    [first] = [table.value for table in at.table if "Best redshift" in table.value.to_string()]
    assert "other.zip" in first.columns[2] and "open here" in first.columns[1]
    [decoded] = [table.value for table in at.table if "reduced χ²" in table.value.to_string()]
    assert len(decoded) == 1 + 3, "a spectrum, and an image of three bands"


def test_a_comparison_stays_while_another_page_is_looked_at(upload, other_bundle):
    at = dropped(upload(*FILES), other_bundle)
    at = at.switch_page("pages/model.py").run().switch_page("pages/analyze.py").run()
    assert not at.exception
    assert "They are of different weights" in shown(unfold(at, "compare-weights"))


def test_a_bundle_of_other_files_and_what_is_none_are_refused_in_a_sentence(upload, other_bundle):
    at = dropped(upload("sdss_spec.fits"), other_bundle)
    assert "The two results are of different files" in at.error[0].value
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("notes.txt", "clouds")
    at = dropped(at, stream.getvalue())
    assert "is no session bundle" in at.error[0].value and not at.exception
    assert "compared-densities" not in drawn(at)
