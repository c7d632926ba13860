"""A night of redshifts in a real browser: spectra inspected by keyboard alone, twice, and merged."""

import re
from pathlib import Path

import pytest

from aion.explorer.redshift.inspection.decisions import Decision
from aion.explorer.redshift.inspection.queues import queue_of_files
from aion.explorer.redshift.inspection.tables import read_decisions
from aion.explorer.settings import Settings
from tests.browser.conftest import browsing, serving

pytestmark = pytest.mark.browser

QUICK = 1000
"""Milliseconds from the key until the next object is painted; tests run beside others."""


def begin(page, address: str, files: list[Path], person: str) -> str:
    """Upload the spectra and say who inspects; the address of the queue."""
    page.goto(f"{address}/inspect")
    page.locator("input[type=file]").first.set_input_files([str(path) for path in files])
    page.get_by_placeholder("Who inspects").fill(person)
    page.keyboard.press("Enter")
    shown(page, 1)
    return page.url.replace(f"by={person}", "")


def shown(page, place: int) -> None:
    """The spectrum of this place, from 1, is on the screen."""
    page.wait_for_function(
        "place => document.querySelector('.aion-inspect .count')?.textContent.startsWith(`${place} of `)"
        " && document.querySelector('.aion-inspect .peaks li')",
        arg=place,
    )


def keys(page, text: str) -> None:
    for key in text.split():
        page.keyboard.press(key)


def type_redshift(page, z: float) -> None:
    page.keyboard.press("z")
    page.keyboard.type(f"{z:.5f}")
    page.keyboard.press("Enter")


def put_line_under_cursor(page, name: str) -> None:
    """The strongest way: the first feature, then the line by its name, with arrows."""
    keys(page, "k l")
    names = page.locator(".aion-inspect .chooser li b").all_inner_texts()
    keys(page, "ArrowDown " * next(i for i, one in enumerate(names) if one.startswith(name)) + "Enter")


def all_kept(page) -> None:
    page.wait_for_function("() => document.querySelector('.aion-inspect .saved').textContent === 'Saved'")


def redshift(page) -> float:
    return float(page.locator(".aion-inspect .z b").inner_text().removeprefix("z ").replace("−", "-"))


def steps(page, count: int, decide) -> list[float]:
    """Inspect all from the first to the last; milliseconds that each step to the next took."""
    took = []
    for place in range(1, count + 1):
        shown(page, place)
        decide(place)
        if place < count:
            page.keyboard.press("n")
            shown(page, place + 1)
            step = "() => document.querySelector('.aion-inspect').dataset.step"
            took.append(float(page.wait_for_function(step).json_value()))
    all_kept(page)
    return took


def decisions_as(page, ending: str, folder: Path) -> list[Decision]:
    """What the page gives to take away."""
    page.get_by_role("button", name="Files").click()
    with page.expect_download() as download:
        page.get_by_role("button", name=f".{ending}", exact=False).first.click()
    download.value.save_as(folder / f"decisions.{ending}")
    page.keyboard.press("Escape")
    return read_decisions(folder / f"decisions.{ending}")


@pytest.fixture(scope="module")
def trained(root: Path, tmp_path_factory: pytest.TempPathFactory):
    """Where the application answers, on the weights that ship with it."""
    with serving(Settings(), root, tmp_path_factory.mktemp("night") / "log.txt") as url:
        yield url


def test_two_people_inspect_by_keyboard_and_their_three_disagreements_become_a_queue(trained, root, tmp_path):
    files = sorted((root / "assets" / "examples").glob("*/spectrum.fits"))[:8]
    known = queue_of_files("", files)[0].objects
    with browsing(trained) as page:
        address = begin(page, trained, files, "ann")
        accepted: dict[int, float] = {}

        def first_person(place: int) -> None:
            if place == 2:
                type_redshift(page, 0.65)
            if place == 3:
                put_line_under_cursor(page, "[O II]")
            accepted[place] = redshift(page)
            keys(page, "4 g")
            if place == 4:
                keys(page, "u u 2 S c")
                page.keyboard.type("two of them")
                page.keyboard.press("Enter")

        took = sorted(steps(page, len(known), first_person))
        assert took[len(took) // 2] <= QUICK
        mine = {one.object_id: one for one in decisions_as(page, "csv", tmp_path)}
        assert len(mine) == len(known)
        for place, one in enumerate(known, start=1):
            assert mine[one.id].z == pytest.approx(accepted[place], abs=6e-6), "as it stood on the screen"
        undone = mine[known[3].id]
        assert (undone.quality, undone.kind, undone.issues, undone.comment) == (2, "", "S", "two of them")
        sure = [one for place, one in enumerate(known, start=1) if one.z_catalog and place not in (2, 3)]
        right = [abs(mine[one.id].z - one.z_catalog) < 0.0033 * (1 + one.z_catalog) for one in sure]
        assert sum(right) >= len(sure) - 2, "the best peaks are right, but for the example of a misread one"
    with browsing(trained) as page:
        page.goto(re.sub("&?$", "&by=bob", address))

        def second_person(place: int) -> None:
            type_redshift(page, accepted[place] + (0.01 if place == 5 else 0.0))
            quality = 2 if place == 4 else 1 if place == 6 else 4
            kind = "" if place == 4 else "s" if place == 7 else "g"
            keys(page, f"{quality} {kind}")

        steps(page, len(known), second_person)
        page.get_by_role("button", name="Merge").click()
        page.get_by_text("of 8 objects that two or more inspected").wait_for()
        page.get_by_role("button", name="Inspect the disagreements").click()
        page.get_by_text("1 of 3 · 0 done, 3 remaining").wait_for()
        for place in (5, 6, 7):
            assert page.locator(".aion-inspect .id").inner_text() == known[place - 1].id
            assert page.locator(".aion-inspect .said").inner_text().count("quality") == 2
            keys(page, "4 n")
        all_kept(page)


def test_what_is_decided_while_the_server_is_away_is_kept_when_it_is_back(trained, root, tmp_path):
    files = sorted((root / "assets" / "examples").glob("q*/spectrum.fits"))
    with browsing(trained) as page:
        begin(page, trained, files, "zoe")
        entry = {"z": 2.5, "quality": 4, "kind": "QSO", "issues": "", "comment": "typed before the crash"}
        queue = re.search(r"queue=(\w+)", page.url).group(1)
        page.evaluate(
            "([key, entry]) => localStorage.setItem(key, JSON.stringify(entry))",
            [
                f"aion-inspection/{queue}/zoe/tab-1",
                {"key": "tab-1", "place": 0, "decision": entry, "time": "2026-01-01T00:00:00Z"},
            ],
        )
        page.reload()
        shown(page, 1)
        all_kept(page)
        [one] = decisions_as(page, "csv", tmp_path)
        assert (one.quality, one.kind, one.comment) == (4, "QSO", "typed before the crash")


def test_undo_goes_on_after_a_reload(trained, root):
    files = sorted((root / "assets" / "examples").glob("*/spectrum.fits"))[:2]
    with browsing(trained) as page:
        begin(page, trained, files, "max")
        keys(page, "4 g n")
        shown(page, 2)
        keys(page, "3 u 2")
        all_kept(page)
        page.reload()
        shown(page, 1)
        place = page.locator(".aion-inspect .count")
        on = page.locator(".aion-inspect .choice .on")
        assert place.inner_text().endswith("2 done, 0 remaining")
        keys(page, "u")
        shown(page, 2)
        assert on.count() == 0, "the quality that was undone before the reload stays so"
        keys(page, "u")
        shown(page, 1)
        assert on.all_inner_texts() == ["4"]
        keys(page, "u u")
        assert place.inner_text().endswith("0 done, 2 remaining")
        all_kept(page)


def test_sixty_real_spectra_are_inspected_by_keyboard(trained, real_data, tmp_path):
    files = sorted(real_data.glob("spectra/sdss/*.fits"))[:60]
    with browsing(trained) as page:
        begin(page, trained, files, "ann")
        took = sorted(steps(page, 60, lambda place: keys(page, "4")))
        assert took[len(took) // 2] <= QUICK
        assert len(decisions_as(page, "csv", tmp_path)) == 60
