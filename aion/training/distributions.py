"""The simulated survey in two pictures, beside real distributions: what it contains, and its emission lines.

B objects. Magnitudes AB, fluxes in nanomaggies, wavelengths in vacuum Å, rest frame.
Nothing is trained or tuned on what is drawn here.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from torch import Generator, Tensor

from aion.constants import SPEED_OF_LIGHT
from aion.redshift_scores import Array, Floats
from aion.training.simulate.instruments import SPECTROGRAPHS
from aion.training.simulate.lines import NARROW_LINES
from aion.training.simulate.photometry import magnitudes
from aion.training.simulate.population import KINDS, MAG_RANGE, Population
from aion.training.simulate.sources import SourceSimulator
from aion.training.simulate.survey import SimulatedSurvey

COLORS = {"galaxy": "#2456c9", "quasar": "#d55e00", "star": "#a4478a"}
"""Of the classes, as in the explorer."""
_INK, _FAINT, _GRID = "#262b36", "#646c7c", "#e6e8ee"
_INSTRUMENTS = {"SDSS": (_INK, "-"), "BOSS": ("#008060", "--"), "DESI": ("#d55e00", "-.")}
_TYPES = {"star-forming": ("#2456c9", "o"), "starburst": ("#008060", "^"), "agn": ("#d55e00", "s")}
"""Passive galaxies are left out: no survey would measure their lines."""
DISTRIBUTION_SEED = 990_000_000
"""Added to the seed of the run: nothing else draws from here."""
_LEGEND: dict[str, Any] = {"frameon": False, "fontsize": 9, "markerscale": 2, "labelspacing": 0.25}
_BATCH = 200
"""Objects drawn at once."""


def write(
    survey: SimulatedSurvey, folder: Path, seed: int, *, objects: int = 4_000, galaxies: int = 1_200
) -> None:
    """``survey.png``, of ``objects`` whole objects, and ``survey-lines.png``,
    of the lines of ``galaxies`` galaxies, in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = Generator().manual_seed(seed * 1_000_003 + DISTRIBUTION_SEED)
    pictures = {"survey": survey_figure(draw(survey, objects, generator), survey.population)}
    pictures["survey-lines"] = lines_figure(*draw_lines(survey, galaxies, generator))
    for name, figure in pictures.items():
        _save(figure, folder / f"{name}.png")


@dataclass(frozen=True)
class Sample:
    """What the pictures show of B objects."""

    kind: Array
    spectrograph: Array
    z: Floats
    mag: Floats
    """r, as measured; NaN where the flux is negative."""
    color: Floats
    """g−z of HSC, as measured, without the reddening of the Milky Way."""
    signal_to_noise: Floats
    """Median per pixel."""
    radius: Floats
    """Half-light radius of the catalog, arcsec; 0 for points."""
    reddening: Floats
    """E(B−V), magnitudes."""


def draw(survey: SimulatedSurvey, count: int, generator: Generator) -> Sample:
    """``count`` objects, an equal number by each spectrograph."""
    columns: list[tuple[Array, ...]] = []
    for instrument in SPECTROGRAPHS:
        left = count // len(SPECTROGRAPHS)
        while left > 0:
            seen = survey.draw(min(left, _BATCH), generator, instrument=instrument, with_images=False)
            left -= len(seen.kind)
            s = seen.scalars
            color = (s["g_cmodel_mag"] - s["a_g"]) - (s["z_cmodel_mag"] - s["a_z"])
            values = (seen.z, magnitudes(s["FLUX_R"]), color, seen.signal_to_noise, s["SHAPE_R"], s["EBV"])
            names = np.array(seen.kind), np.full(len(seen.kind), instrument.name)
            columns.append((*names, *(value.double().numpy() for value in values)))
    return Sample(*(np.concatenate(parts) for parts in zip(*columns, strict=True)))


class _GlowingGas(SourceSimulator):
    """The same galaxies with their stars put out: what is left are the narrow lines."""

    def _add_narrow_lines(
        self,
        fine: Tensor,
        halpha: Tensor,
        agn: Tensor,
        sigma: Tensor,
        optical_depth: Tensor,
        generator: Generator,
    ) -> None:
        fine.zero_()
        super()._add_narrow_lines(fine, halpha, agn, sigma, optical_depth, generator)


def draw_lines(survey: SimulatedSurvey, count: int, generator: Generator) -> tuple[Array, dict[str, Floats]]:
    """Type (B,) of galaxies and the fluxes (B,) of their lines by name."""
    gas = _GlowingGas(survey.sources.templates)
    types: list[str] = []
    fluxes: list[dict[str, Floats]] = []
    for start in range(0, count, _BATCH):
        targets = survey.population.draw_kind("galaxy", min(_BATCH, count - start), generator)
        sources = gas.galaxies(targets, generator)
        types.extend(sources.subtype)
        fluxes.append(line_fluxes(gas.wavelength, sources.fine))
    return np.array(types), {name: np.concatenate([part[name] for part in fluxes]) for name in fluxes[0]}


_FITTED = ("Hβ 4863", "[O III] 5008", "[N II] 6550", "Hα 6565", "[N II] 6585", "[S II] 6718", "[S II] 6733")


def line_fluxes(wavelength: Tensor, flux: Tensor) -> dict[str, Floats]:
    """Fluxes (B,) of the lines of both diagrams in spectra ``flux`` (B, M) of lines alone,
    on the fine rest grid ``wavelength`` (M,).

    Gaussians of one width fitted together, for Hα and [N II] overlap;
    the width is that of Hβ, which stands alone.
    """
    center = torch.tensor(
        [line.wavelength for line in NARROW_LINES if line.name in _FITTED], dtype=torch.float64
    )
    velocity = SPEED_OF_LIGHT * (wavelength.double()[:, None].log() - center.log())  # (M, lines), km/s
    near = velocity.abs() < 1000.0
    hbeta = flux.double() * near[:, 0]
    sigma = ((hbeta * velocity[:, 0] ** 2).sum(1) / hbeta.sum(1)).sqrt()[:, None, None]
    some = near.any(1)
    shape = torch.exp(-0.5 * (velocity[some] / sigma) ** 2) / (
        (2 * torch.pi) ** 0.5 * sigma / SPEED_OF_LIGHT * center
    )
    found = torch.linalg.lstsq(shape, flux[:, some, None].double()).solution[..., 0]
    return dict(zip(_FITTED, found.T.numpy(), strict=True))


@dataclass(frozen=True)
class Boundary:
    """log [O III]5008/Hβ = a / (x − pole) + c, for x left of the pole:
    what lies beyond is not ionized by young stars alone."""

    name: str
    a: float
    pole: float
    c: float

    def height(self, x: Floats) -> Floats:
        """The curve at ``x``; NaN from the pole on."""
        return np.where(x < self.pole, self.a / np.where(x < self.pole, x - self.pole, -1.0) + self.c, np.nan)

    def is_beyond(self, x: Floats, y: Floats) -> Array:
        """Above the curve or right of its pole."""
        return (x >= self.pole) | (y > self.height(x))


@dataclass(frozen=True)
class Diagram:
    """[O III]/Hβ against one other ratio to Hα."""

    lines: tuple[str, ...]
    label: str
    boundaries: tuple[Boundary, ...]

    def place(self, fluxes: dict[str, Floats]) -> tuple[Floats, Floats]:
        """Both log ratios (B,)."""
        x = np.log10(np.sum([fluxes[name] for name in self.lines], axis=0) / fluxes["Hα 6565"])
        return x, np.log10(fluxes["[O III] 5008"] / fluxes["Hβ 4863"])


BPT = Diagram(
    ("[N II] 6585",),
    "log [N II] 6585 / Hα",
    (Boundary("Kewley+01", 0.61, 0.47, 1.19), Boundary("Kauffmann+03", 0.61, 0.05, 1.30)),
)
SULFUR = Diagram(
    ("[S II] 6718", "[S II] 6733"), "log [S II] 6718, 6733 / Hα", (Boundary("Kewley+01", 0.72, 0.32, 1.30),)
)


def survey_figure(sample: Sample, population: Population) -> Figure:
    """Colors, magnitudes, redshifts, S/N, sizes, reddening; the real ``population`` where it has a say."""
    figure = Figure(figsize=(10, 6.4), dpi=120, layout="constrained")
    axes = figure.subplots(2, 3).ravel()
    real = tuple(
        column.numpy() for column in (population.galaxy_mag, population.galaxy_z, population.galaxy_color)
    )
    _colors(axes[0], sample, *real[1:])
    _counts(
        axes[1], sample, sample.mag, real[0], np.arange(MAG_RANGE[0], MAG_RANGE[1] + 0.6, 0.5), "r (AB mag)"
    )
    _counts(axes[2], sample, sample.z, real[1], np.arange(-0.05, 5.01, 0.1), "redshift")
    _signal(axes[3], sample)
    _sizes(axes[4], sample)
    _reddening(axes[5], sample)
    for axis in axes:
        _dress(axis)
    return figure


def lines_figure(types: Array, fluxes: dict[str, Floats]) -> Figure:
    """Where the lines of simulated galaxies fall, beside the boundaries that real galaxies obey."""
    figure = Figure(figsize=(10, 4.6), dpi=120, layout="constrained")
    for axis, diagram in zip(figure.subplots(1, 2, sharey=True), (BPT, SULFUR), strict=True):
        x, y = diagram.place(fluxes)
        for name, (color, marker) in _TYPES.items():
            chosen = types == name
            beyond = 100 * diagram.boundaries[0].is_beyond(x[chosen], y[chosen]).sum() / max(chosen.sum(), 1)
            label = f"{name.replace('agn', 'AGN')}, {chosen.sum()}: {beyond:.0f} % beyond Kewley+01"
            axis.scatter(
                x[chosen], y[chosen], s=12, marker=marker, color=color, alpha=0.55, linewidths=0, label=label
            )
        for boundary, style in zip(diagram.boundaries, ("-", "--"), strict=False):
            grid = np.linspace(-2.0, boundary.pole - 0.01, 400)
            axis.plot(grid, boundary.height(grid), style, color=_INK, label=boundary.name)
        axis.set(xlim=(-1.7, 0.7), ylim=(-1.3, 2.5), xlabel=diagram.label, ylabel="log [O III] 5008 / Hβ")
        axis.legend(loc="upper left", **_LEGEND)
        _dress(axis)
    return figure


def running_percentiles(x: Floats, y: Floats, edges: Floats, percents: Sequence[float]) -> Floats:
    """(bins, percents) of the finite ``y`` in bins of ``x``; NaN where a bin holds fewer than 20."""
    place = np.digitize(x, edges) - 1
    bins = [y[(place == number) & np.isfinite(y)] for number in range(len(edges) - 1)]
    rows = [
        np.percentile(values, percents) if len(values) >= 20 else np.full(len(percents), np.nan)
        for values in bins
    ]
    return np.array(rows)


def number_counts(values: Floats, edges: Floats, *, total: int | None = None) -> Floats:
    """Objects in each bin, as many as there are or scaled as if they were ``total`` in all;
    those outside the bins count in the total."""
    counts = np.histogram(values, edges)[0].astype(float)
    return counts if total is None else counts * (total / len(values))


def _colors(axis: Axes, sample: Sample, real_z: Floats, real_color: Floats) -> None:
    edges = np.concatenate([np.arange(0.0, 1.0, 0.05), np.arange(1.0, 2.01, 0.2)])
    center, chosen = (edges[1:] + edges[:-1]) / 2, sample.kind == "galaxy"
    z, color, blue = sample.z[chosen], sample.color[chosen], COLORS["galaxy"]
    low, middle, high = running_percentiles(real_z, real_color, edges, (5, 50, 95)).T
    axis.fill_between(center, low, high, color=_FAINT, alpha=0.25, linewidth=0, label="real (HSC), 5–95 %")
    axis.plot(center, middle, color=_INK, label="real median")
    axis.scatter(z, color, s=3, color=blue, alpha=0.4, linewidths=0, label="simulated galaxies")
    axis.plot(center, running_percentiles(z, color, edges, (50,)), "--", color=blue, label="simulated median")
    axis.set(xlim=(0, 2), ylim=(-0.5, 7.5), xlabel="redshift", ylabel="g−z (HSC, AB mag)")
    axis.legend(loc="upper right", **_LEGEND)


def _counts(axis: Axes, sample: Sample, values: Floats, real: Floats, edges: Floats, label: str) -> None:
    """Number counts of each class; those of real galaxies scaled to as many as were simulated."""
    for kind in KINDS:
        axis.stairs(
            number_counts(values[sample.kind == kind], edges),
            edges,
            color=COLORS[kind],
            linewidth=1.6,
            label=kind,
        )
    scaled = number_counts(real, edges, total=int((sample.kind == "galaxy").sum()))
    axis.stairs(scaled, edges, color=_INK, linestyle=":", linewidth=1.6, label="real galaxies (HSC), scaled")
    axis.set(yscale="log", ylim=(0.7, 5_000), xlabel=label, ylabel="objects per bin")
    axis.legend(loc="upper right", **_LEGEND)


def _signal(axis: Axes, sample: Sample) -> None:
    edges = np.geomspace(0.5, 80, 17)
    for name, (color, style) in _INSTRUMENTS.items():
        counts = number_counts(sample.signal_to_noise[sample.spectrograph == name], edges)
        axis.stairs(counts, edges, color=color, linestyle=style, linewidth=1.6, label=name)
    axis.set(xscale="log", xlabel="S/N per pixel (median of a spectrum)", ylabel="spectra per bin")
    axis.xaxis.set_major_formatter("{x:g}")
    axis.legend(loc="lower center", **_LEGEND)


def _sizes(axis: Axes, sample: Sample) -> None:
    galaxies = sample.kind == "galaxy"
    chosen = galaxies & (sample.radius > 0)
    label = f"galaxies; {100 * (1 - chosen.sum() / max(galaxies.sum(), 1)):.0f} % are unresolved"
    axis.scatter(
        sample.mag[chosen],
        sample.radius[chosen],
        s=4,
        color=COLORS["galaxy"],
        alpha=0.4,
        linewidths=0,
        label=label,
    )
    axis.set(
        yscale="log",
        xlim=(MAG_RANGE[0], MAG_RANGE[1] + 0.5),
        xlabel="r (AB mag)",
        ylabel="half-light radius (arcsec)",
    )
    axis.yaxis.set_major_formatter("{x:g}")
    axis.legend(loc="upper right", **_LEGEND)


def _reddening(axis: Axes, sample: Sample) -> None:
    edges = np.arange(0, 0.45, 0.02)
    axis.stairs(number_counts(sample.reddening, edges), edges, color=_INK, linewidth=1.6)
    axis.set(yscale="log", ylim=(0.7, None), xlabel="E(B−V) of the Milky Way (mag)", ylabel="objects per bin")


def _dress(axis: Axes) -> None:
    axis.grid(color=_GRID, linewidth=0.6)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(colors=_FAINT)


def _save(figure: Figure, path: Path) -> None:
    """As a PNG with a palette: a third of the size."""
    drawn = io.BytesIO()
    figure.savefig(drawn)
    with Image.open(drawn) as picture:
        picture.convert("RGB").quantize(128).save(path, optimize=True)
