"""The session of a browser tab, without any widget."""

from aion.explorer.ui.shared.session import CACHE_SIZE, Session
from aion.io import SkyObject


def target(name="a"):
    return SkyObject(name, (), ())


def test_opening_something_new_forgets_switches_and_redshift():
    now = Session()
    now.open([target()], origin="upload", label="a.fits")
    now.switch(frozenset({"tok_ebv"}))
    now.z = 0.3
    now.open([target("b"), target("c")], origin="upload", label="b.fits")
    assert (now.use, now.z, now.row, now.target.id) == (None, None, 0, "b")
    now.look_at(1)
    assert now.target.id == "c"
    now.close()
    assert now.target is None


def test_an_answer_is_remembered_for_each_object_and_switch():
    now, asked = Session(), []

    def compute(target, use):
        asked.append((target.id, use))
        return len(asked)

    now.open([target("a"), target("b")], origin="upload", label="")
    assert now.analysis(compute) == now.analysis(compute) == 1
    now.switch(frozenset({"x"}))
    assert now.analysis(compute) == 2
    now.switch(None)
    assert now.analysis(compute) == 1
    for number in range(CACHE_SIZE):
        now.switch(frozenset({str(number)}))
        now.analysis(compute)
    assert len(now._analyses) == CACHE_SIZE
