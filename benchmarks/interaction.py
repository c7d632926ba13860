"""What a person waits for in a running explorer: the embedded model, headless Chromium, `make interaction`.

Every interaction is done again and again with the mouse. The clock is the browser's: it starts with the event
(its own time stamp) and stops in the first frame in which the page shows what was asked for:

- z slider → lines: the mouse takes the coarse slider of z to another place;
  the first line of the spectrum has moved.
- z slider → all: the same move; figures, tables and the typed number are those of the new z,
  and the server is at rest.
- object → Analyze: a row of the Catalog's table is clicked;
  figures, neighbors and the last part stand, the server is at rest.
- page: a link of the navigation is clicked;
  title and last part of the page stand, figures are drawn, the server is at rest.
- box on the map: the mouse lets go of a box over the map of all objects;
  gallery and table are those of the box, the server is at rest.
- neighbors: the engine's search in the catalog, in this process, no page.

Beside it stands what depends little on who else uses the machine: CPU time of the server and of the browser,
and bytes that the server sent, each the median of one interaction until the page is at rest. Nothing here is
asserted in tests.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from application import CHROMIUM, ROOT, WAIT, chromium, serving

VIEW = {"width": 1280, "height": 900}
EXAMPLE = "quasar-low-z"
TICK = os.sysconf("SC_CLK_TCK")

_CLOCK = """
window.clock = {
  // Milliseconds from the next event of this kind until each claim holds; null while one does not.
  start(event, claims) {
    const took = (this.took = claims.map(() => null))
    const holds = claims.map((claim) => new Function(`return (${claim})`))
    addEventListener(event, ({ timeStamp }) => {
      const look = () => {
        holds.forEach((claim, i) => {
          if (took[i] === null && claim()) took[i] = performance.now() - timeStamp
        })
        if (took.includes(null)) requestAnimationFrame(look)
      }
      requestAnimationFrame(look)
    }, { capture: true, once: true })
  },
}
window.shown = {
  figure: (key) => document.querySelector(`.st-key-${key} .js-plotly-plot`),
  atRest: () => document.querySelector(".stApp").dataset.testScriptState === "notRunning"
    && !document.querySelector("[data-stale=true]"),
  titled: (title) => document.querySelector("h1")?.innerText === title,
  drawn: (count) => document.querySelectorAll(".js-plotly-plot .main-svg .xy").length >= count,
  text: (words) => document.querySelector(".stMain").innerText.includes(words),
  // Pixels from the left edge of the spectrum to its first line.
  line: () => {
    const plot = shown.figure("spectrum-0")
    const isLine = (shape) => shape.type === "line" && shape.yref === "paper"
    const mark = plot?.layout?.shapes?.findIndex(isLine)
    const path = plot?.querySelector(`.shapelayer path[data-index="${mark}"]`)
    return path && path.getBoundingClientRect().x - plot.getBoundingClientRect().x
  },
  typed: () => document.querySelector(".st-key-z-typed input")?.value,
}
"""

AT_REST = "shown.atRest()"
"""Asked before all text of a page is, which costs the browser a layout in every frame."""


@dataclass
class Measured:
    """One kind of interaction, one number for each time it was done."""

    what: str
    bar: float | None = None
    """Milliseconds; None: no bar."""
    took: list[float] = field(default_factory=list)
    """Milliseconds."""
    server: list[float] = field(default_factory=list)
    """CPU milliseconds of the server."""
    browser: list[float] = field(default_factory=list)
    """CPU milliseconds of the browser."""
    sent: list[float] = field(default_factory=list)
    """Bytes from the server."""

    def row(self) -> str:
        """Of the table."""
        middle, slow = (
            median(self.took),
            quantiles(self.took, n=10)[-1] if len(self.took) > 1 else self.took[0],
        )
        bar = "" if self.bar is None else f"≤ {self.bar:,.0f} ms"
        met = "" if self.bar is None else "yes" if middle <= self.bar else "no"
        cpu = [f"{median(spent):,.0f} ms" if spent else "" for spent in (self.server, self.browser)]
        sent = f"{median(self.sent) / 1e3:,.0f} kB" if self.sent else ""
        return " | ".join(
            ["", self.what, f"{middle:,.0f} ms", f"{slow:,.0f} ms", bar, met, *cpu, sent, ""]
        ).strip()


class Bench:
    """A page in the browser, the processes behind it and a clock."""

    def __init__(self, page: Any, address: str, server: int, repeats: int) -> None:
        self.page, self.address, self.repeats, self._server = page, address, repeats, server
        self._received = 0
        page.set_default_timeout(1000 * WAIT)
        page.add_init_script(_CLOCK)
        page.on("websocket", lambda socket: socket.on("framereceived", self._count))

    def open(self, where: str, claim: str) -> None:
        """Go there and wait until it shows what it should, and is at rest."""
        self.page.goto(f"{self.address}/{where}")
        self.wait(f"{claim} && {AT_REST}")

    def wait(self, claim: str) -> None:
        """Until the page shows it."""
        self.page.wait_for_function(f"() => {claim}", polling=50)

    def time(self, event: str, act: Callable[[], None], *claims: tuple[str, Measured]) -> None:
        """Do it once: each claim's time goes to its measurement, and what it cost until all hold."""
        server, browser, received = cpu(self._server), cpu(os.getpid(), among="chrom"), self._received
        self.page.evaluate(
            "([event, claims]) => clock.start(event, claims)", [event, [claim for claim, _ in claims]]
        )
        act()
        self.wait("clock.took.every((took) => took !== null)")
        cost = (
            cpu(self._server) - server,
            cpu(os.getpid(), among="chrom") - browser,
            float(self._received - received),
        )
        for took, (_, measured) in zip(self.page.evaluate("clock.took"), claims, strict=True):
            measured.took.append(took)
            for spent, to in zip(cost, (measured.server, measured.browser, measured.sent), strict=True):
                to.append(spent)

    def _count(self, frame: str | bytes) -> None:
        self._received += len(frame)


def moving_z(bench: Bench) -> list[Measured]:
    """The coarse slider, to another z between 0.1 and 0.9 each time."""
    lines, everything = Measured("z slider → lines moved", 50), Measured("z slider → everything at the new z")
    bench.open(f"?example={EXAMPLE}", "shown.line() && shown.text('Tokens:')")
    track = bench.page.locator(".st-key-z-slid [role=group]").first
    track.scroll_into_view_if_needed()
    width = track.bounding_box()["width"]
    for turn in range(bench.repeats + 1):
        bench.page.evaluate("window.before = [shown.line(), shown.typed()]")
        moved = "Math.abs(shown.line() - before[0]) > 5"
        z = 0.1 + 0.8 * ((0.618 * turn) % 1)  # far from the one before, never the same
        act = lambda z=z: track.click(position={"x": width * z / 5, "y": 12})  # noqa: E731
        bench.time(
            "pointerdown",
            act,
            (moved, lines),
            (f"{moved} && shown.typed() !== before[1] && {AT_REST}", everything),
        )
        bench.page.wait_for_timeout(300)
    return [lines, everything]


PAGES = {
    "Catalog": "shown.titled('Catalog') && document.querySelector('.stDataFrame canvas') && shown.drawn(2)",
    "Similar": "shown.titled('Similar objects') && shown.text('How well this works')"
    " && document.querySelector('.aion-object')",
    "Model": "shown.text('Software') && document.querySelector('[role=tab]')",
    "Analyze": "shown.text('Tokens:') && shown.drawn(3)",
}
"""Link of the navigation -> what the page shows when it is whole, with an object open on Analyze."""
BARS = {"Catalog": 600, "Similar": 400, "Model": 400, "Analyze": 700}
"""Milliseconds until then, on an idle machine of two cores."""


def switching(bench: Bench) -> list[Measured]:
    """Round all pages by the links at the top, with an example open."""
    measured = {name: Measured(f"page → {name}", bar) for name, bar in BARS.items()}
    bench.open(f"?example={EXAMPLE}", PAGES["Analyze"])
    for _ in range(bench.repeats + 1):
        for name, claim in PAGES.items():
            link = bench.page.get_by_test_id("stTopNavLink").filter(has_text=name)
            bench.time("click", link.click, (f"{AT_REST} && {claim}", measured[name]))
            bench.page.wait_for_timeout(300)
    return list(measured.values())


def opening(bench: Bench) -> list[Measured]:
    """Another row of the Catalog's table each time."""
    opened = Measured("object of the Catalog → full Analyze page", 1500)
    bench.open("catalog", PAGES["Catalog"])
    table = bench.page.locator(".stDataFrame")
    for turn in range(bench.repeats + 1):
        table.scroll_into_view_if_needed()
        bench.page.wait_for_timeout(500)
        act = lambda row=turn % 10: table.click(position={"x": 60, "y": 35 * row + 52})  # noqa: E731
        shown = (
            "shown.text('Tokens:') && shown.text('Most similar objects') && shown.drawn(2)"
            " && document.querySelector('.aion-object')"
        )
        bench.time("click", act, (f"{AT_REST} && {shown}", opened))
        bench.page.get_by_test_id("stTopNavLink").filter(has_text="Catalog").click()
        bench.wait(f"{PAGES['Catalog']} && {AT_REST}")
    return [opened]


def marking(bench: Bench) -> list[Measured]:
    """A box over the upper right of the map, then nothing marked again."""
    marked = Measured("box on the map → gallery and table")
    bench.open("catalog", PAGES["Catalog"])
    for _ in range(bench.repeats + 1):
        mouse, plot = bench.page.mouse, bench.page.locator(".js-plotly-plot").first
        plot.scroll_into_view_if_needed()
        plot.hover()
        plot.locator("[data-title='Box Select']").click()
        area = plot.locator(".nsewdrag").first.bounding_box()
        mouse.move(area["x"] + 0.5 * area["width"], area["y"] + 0.05 * area["height"])
        mouse.down()
        mouse.move(area["x"] + 0.95 * area["width"], area["y"] + 0.45 * area["height"], steps=5)
        bench.time(
            "mouseup",
            mouse.up,
            (f"shown.text('Unmark') && document.querySelector('.aion-object') && {AT_REST}", marked),
        )
        bench.page.wait_for_timeout(300)
        bench.page.get_by_role("button", name="Unmark").click()
        bench.wait(f"!shown.text('Unmark') && shown.drawn(2) && {AT_REST}")
    return [marked]


def searching(repeats: int) -> Measured:
    """The neighbors of objects of the catalog, by image and spectrum, without filters."""
    sys.path.insert(0, str(ROOT))
    from aion.catalog import ALL, Catalog
    from aion.explorer.settings import Settings

    folder = Settings.from_environment().catalog
    assert folder is not None
    catalog = Catalog.load(folder)
    measured = Measured(f"neighbors among {len(catalog):,} objects, in the engine", 50)
    for row in range(repeats + 1):
        start = perf_counter()
        catalog.neighbors({ALL: catalog.index.vector(row)}, 100)
        measured.took.append(1e3 * (perf_counter() - start))
    return measured


def cpu(pid: int, *, among: str | None = None) -> float:
    """CPU milliseconds of a process so far; ``among``: of all its descendants with this in their name."""
    if among is None:
        user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return 1e3 * (int(user) + int(system)) / TICK
    return sum(cpu(child) for child, name in _descendants(pid) if among in name)


def _descendants(pid: int) -> Iterator[tuple[int, str]]:
    """Process id and name."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            yield child, Path(f"/proc/{child}/comm").read_text().strip()
            yield from _descendants(child)


@contextmanager
def bench(repeats: int) -> Iterator[Bench]:
    """The application and a browser for it."""
    with serving() as (address, pid), chromium() as browser:
        yield Bench(browser.new_page(viewport=VIEW), address, pid, repeats)


PARTS: dict[str, Callable[[Bench], list[Measured]]] = {
    "z": moving_z,
    "pages": switching,
    "object": opening,
    "box": marking,
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Seconds between a hand and the page, in a browser.")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--only", nargs="+", choices=[*PARTS, "neighbors"], default=[*PARTS, "neighbors"])
    options = parser.parse_args()
    if CHROMIUM is None:
        print("this needs chromium (Debian: apt-get install chromium)", file=sys.stderr)
        return 2
    load = f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"load of the machine at the start: {load}; median and p90 of {options.repeats}\n")
    print("| what | median | p90 | bar | met | server CPU | browser CPU | sent |")
    print("|---|---|---|---|---|---|---|---|")
    for name in options.only:
        if name == "neighbors":
            found = [searching(options.repeats)]
        else:
            with bench(options.repeats) as running:
                found = PARTS[name](running)
        for measured in found:
            print(_without_first(measured).row(), flush=True)
    return 0


def _without_first(measured: Measured) -> Measured:
    """The first time warms up."""
    return Measured(
        measured.what,
        measured.bar,
        measured.took[1:],
        measured.server[1:],
        measured.browser[1:],
        measured.sent[1:],
    )


if __name__ == "__main__":
    raise SystemExit(main())
