"""What the embedded model is asked to reach: each bar points at one number of one table of the report."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aion.training.metrics import Row

REAL = "real spectra, {part}: "
"""Title of the tables of one part of the real set."""
Limits = tuple[float | None, float | None]
"""Lowest and highest value that will do; None = any."""


@dataclass(frozen=True)
class Bar:
    """One number and what it should be."""

    quantity: str
    title: str
    sample: str
    key: str
    wanted: Limits
    moonshot: Limits = (None, None)

    def judged(self, tables: Mapping[str, Mapping[str, Row]]) -> Row:
        """The row of the table of bars; ``met`` is None when nothing was measured."""
        found = tables.get(self.title, {}).get(self.sample, {})
        measured = found.get(self.key)
        met = within(measured, self.wanted) if isinstance(measured, (int, float)) else None
        return {
            "quantity": self.quantity,
            "sample": f"{self.title}; {self.sample}",
            "bar": shown(self.wanted),
            "moonshot": shown(self.moonshot),
            "measured": measured,
            "n": found.get("n", 0),
            "met": met,
        }


def within(value: float, limits: Limits) -> bool:
    """Whether the value keeps both limits."""
    low, high = limits
    return (low is None or value >= low) and (high is None or value <= high)


def shown(limits: Limits) -> str:
    """For people."""
    low, high = limits
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    return f"≥ {low:g}" if low is not None else f"≤ {high:g}" if high is not None else ""


def judge(tables: Mapping[str, Mapping[str, Row]]) -> list[Row]:
    """Every bar; those on real spectra over all of them once the reserved half was read,
    over the development half before."""
    part = "all" if any(title.startswith(REAL.format(part="all")) for title in tables) else "development"
    return [
        bar.judged(tables)
        for bar in (*_real(REAL.format(part=part)), *_simulated_redshifts(), *_simulated_tokens())
    ]


def _real(real: str) -> Iterator[Bar]:
    bright = "galaxies and quasars, S/N >= 5"
    redshifts, checks = f"{real}redshifts", f"{real}checks"
    yield Bar("|Δz|/(1+z) < 0.01", redshifts, bright, "within 0.01", (0.97, None), (1.0, None))
    yield Bar("|Δz|/(1+z) < 0.003", redshifts, bright, "within 0.003", (0.95, None), (0.99, None))
    yield Bar(
        "Noise added to S/N 2: |Δz|/(1+z) < 0.01",
        checks,
        "noise added to S/N 2",
        "within 0.01",
        (0.93, None),
        (0.98, None),
    )
    yield Bar(
        "Noise added to S/N 1: |Δz|/(1+z) < 0.01",
        checks,
        "noise added to S/N 1",
        "within 0.01",
        (0.75, None),
        (0.9, None),
    )
    yield Bar("σ_NMAD of Δz/(1+z)", redshifts, bright, "sigma_NMAD", (None, 0.001), (None, 0.0003))
    yield Bar(
        "Misses beyond 0.01 with peak probability > 0.9",
        redshifts,
        bright,
        "sure misses",
        (None, 0),
        (None, 0),
    )
    yield Bar(
        "68 % region covers the truth", redshifts, bright, "68 % region covers", (0.55, 0.80), (0.63, 0.73)
    )
    yield Bar(
        "Stars recognised (mode < 0.005)",
        f"{real}stars and sky",
        "stars",
        "mode below 0.005",
        (0.95, None),
        (1.0, None),
    )
    yield Bar(
        "Sky fibres: highest peak probability",
        f"{real}stars and sky",
        "sky",
        "highest peak probability",
        (None, 0.5),
        (None, 0.3),
    )
    yield Bar(
        "Wavelengths stretched: the moved redshift",
        checks,
        "stretched, moved redshift",
        "within 0.01",
        (0.95, None),
    )
    yield Bar(
        "Wavelengths stretched: the old redshift",
        checks,
        "stretched, old redshift",
        "within 0.01",
        (None, 0.01),
    )
    for null in ("smoothed continuum", "reversed", "flat with real noise", "shuffled truths"):
        yield Bar(
            f"Null input, {null}: |Δz|/(1+z) < 0.01", checks, f"null, {null}", "within 0.01", (None, 0.08)
        )
    key = "reduced chi2 of (decoded - data)"
    yield Bar("Spectra decoded: reduced χ²", f"{real}spectra decoded", "all", key, (0.8, 1.3))
    lines = f"{real}line fluxes decoded"
    yield Bar(
        "Line fluxes (S/N > 10) decoded: 80 % within", lines, "all", "80 % within", (None, 0.15), (None, 0.05)
    )


def _simulated_redshifts() -> Iterator[Bar]:
    spectra, photometry = "simulated: redshifts from spectra", "simulated: photometric redshifts"
    bright, galaxies = "galaxies and quasars, S/N >= 3", "image and fluxes: galaxies, r < 21"
    yield Bar(
        "Outliers |Δz|/(1+z) > 0.003", spectra, bright, "outliers beyond 0.003", (None, 0.03), (None, 0.005)
    )
    yield Bar("Photometric σ_NMAD", photometry, galaxies, "sigma_NMAD", (None, 0.03), (None, 0.015))
    yield Bar(
        "Photometric outliers > 0.15",
        photometry,
        galaxies,
        "outliers beyond 0.15",
        (None, 0.06),
        (None, 0.02),
    )
    for title, sample in ((spectra, "galaxies and quasars, all"), (photometry, galaxies)):
        yield Bar(
            "Largest |coverage − nominal| at 10…90 %",
            title,
            sample,
            "largest coverage error",
            (None, 0.05),
            (None, 0.02),
        )
        yield Bar("PIT against uniform (KS)", title, sample, "PIT KS", (None, 0.06), (None, 0.02))


def _simulated_tokens() -> Iterator[Bar]:
    """What tokens and embeddings keep, and what is generated."""
    key = "rms of (decoded - truth) / sigma"
    yield Bar(
        "Spectra decoded: rms against the truth / σ", "simulated: spectra decoded", "all", key, (None, 0.5)
    )
    lines = "simulated: line fluxes decoded"
    yield Bar(
        "Line fluxes (S/N > 10) decoded: 80 % within", lines, "all", "80 % within", (None, 0.15), (None, 0.05)
    )
    for camera in ("Legacy Survey", "HSC"):
        sample = f"{camera}, all"
        yield Bar(
            "Images decoded: residual rms / noise",
            "simulated: images decoded",
            sample,
            "residual rms / pixel noise",
            (None, 1.15),
        )
        yield Bar(
            "Images decoded: 68 % of fluxes within",
            "simulated: images decoded",
            sample,
            "68 % of fluxes within",
            (None, 0.03),
        )
    neighbors = "simulated: neighbors"
    yield Bar("Neighbors of a spectrum: same class", neighbors, "spectrum: same class", "same", (0.85, None))
    sample = "spectrum: redshift, galaxies and quasars"
    yield Bar(
        "Neighbors of a spectrum: median |Δz|/(1+z)", neighbors, sample, "median |dz|/(1+z)", (None, 0.02)
    )
    for camera in ("Legacy Survey", "HSC"):
        sample = f"{camera} image: same morphology, galaxies"
        yield Bar(
            "Neighbors of an image: same morphology over random", neighbors, sample, "ratio", (2.5, None)
        )
    generated = "simulated: spectra generated from a Legacy Survey image"
    yield Bar("Image → spectrum: continuum rms, median", generated, "sample, all", "rms, median", (None, 0.2))
    yield Bar(
        "Image → spectrum: continuum rms, level matched",
        generated,
        "sample, all",
        "rms of shape, median",
        (None, 0.2),
    )
    yield Bar(
        "Image → spectrum: 68 % band covers", generated, "sample, all", "68 % band covers", (0.55, 0.80)
    )
    for pair in ("SDSS among DESI", "DESI among SDSS", "Legacy Survey among HSC", "HSC among Legacy Survey"):
        yield Bar(
            "Twin of an object: median rank",
            "simulated: twins",
            f"{pair}: all",
            "median rank",
            (None, 5),
            (None, 1),
        )
    for book in ("spectrum", "image"):
        yield Bar("Codes of the codebook used", "codes used", book, "share used", (0.6, None))
