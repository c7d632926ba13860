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
        for bar in (
            *_real(REAL.format(part=part)),
            *_simulated_redshifts(),
            *_simulated_tokens(),
            *_generated(),
        )
    ]


def _real(real: str) -> Iterator[Bar]:
    bright = "galaxies and quasars, S/N >= 5"
    redshifts, checks = f"{real}redshifts", f"{real}checks"
    yield Bar("|Δz|/(1+z) < 0.01", redshifts, bright, "within 0.01", (0.97, None), (1.0, None))
    yield Bar("|Δz|/(1+z) < 0.003", redshifts, bright, "within 0.003", (0.95, None), (0.99, None))
    for level, wanted, moonshot in ((2, 0.93, 0.98), (1, 0.75, 0.9)):
        quantity, sample = f"Noise added to S/N {level}: |Δz|/(1+z) < 0.01", f"noise added to S/N {level}"
        yield Bar(quantity, checks, sample, "within 0.01", (wanted, None), (moonshot, None))
    yield Bar("σ_NMAD of Δz/(1+z)", redshifts, bright, "sigma_NMAD", (None, 0.001), (None, 0.0003))
    quantity = "Misses beyond 0.01 with peak probability > 0.9"
    yield Bar(quantity, redshifts, bright, "sure misses", (None, 0), (None, 0))
    key = "68 % region covers"
    yield Bar(f"{key} the truth", redshifts, bright, key, (0.55, 0.80), (0.63, 0.73))
    yield from _exact(f"{real}exact redshifts")
    quantity, empty = "Stars recognised (mode < 0.005)", f"{real}stars and sky"
    yield Bar(quantity, empty, "stars", "mode below 0.005", (0.95, None), (1.0, None))
    key = "highest peak probability"
    yield Bar(f"Sky fibres: {key}", empty, "sky", key, (None, 0.5), (None, 0.3))
    for redshift, limits in (("moved redshift", (0.95, None)), ("old redshift", (None, 0.01))):
        quantity = f"Wavelengths stretched: the {redshift}"
        yield Bar(quantity, checks, f"stretched, {redshift}", "within 0.01", limits)
    for null in ("smoothed continuum", "reversed", "flat with real noise", "shuffled truths"):
        quantity = f"Null input, {null}: |Δz|/(1+z) < 0.01"
        yield Bar(quantity, checks, f"null, {null}", "within 0.01", (None, 0.08))
    key = "reduced chi2 of (decoded - data)"
    yield Bar("Spectra decoded: reduced χ²", f"{real}spectra decoded", "all", key, (0.8, 1.3))
    yield _line_fluxes(f"{real}line fluxes decoded")


_HARM_AND_TIME: tuple[tuple[str, str, Limits], ...] = (
    ("farther from the truth than the bin", "farther than the bin", (None, 0.01)),
    ("ms a spectrum", "ms a spectrum", (None, 50.0)),
)
"""Of exact redshifts, real and simulated: name, key, limits."""


def _exact(title: str) -> Iterator[Bar]:
    both = "galaxies and quasars, S/N >= 5"
    for plural, wanted in (("galaxies", 0.00015), ("quasars", 0.0005)):
        yield Bar("Exact redshifts: σ_NMAD", title, f"{plural}, S/N >= 5", "sigma_NMAD", (None, wanted))
    for name, key, limits in _HARM_AND_TIME:
        yield Bar(f"Exact redshifts: {name}", title, both, key, limits)


def _simulated_redshifts() -> Iterator[Bar]:
    spectra, photometry = "simulated: redshifts from spectra", "simulated: photometric redshifts"
    bright, galaxies = "galaxies and quasars, S/N >= 3", "image and fluxes: galaxies, r < 21"
    quantity, key = "Outliers |Δz|/(1+z) > 0.003", "outliers beyond 0.003"
    yield Bar(quantity, spectra, bright, key, (None, 0.03), (None, 0.005))
    yield Bar("Photometric σ_NMAD", photometry, galaxies, "sigma_NMAD", (None, 0.03), (None, 0.015))
    quantity, key = "Photometric outliers > 0.15", "outliers beyond 0.15"
    yield Bar(quantity, photometry, galaxies, key, (None, 0.06), (None, 0.02))
    exact, sample = "simulated: exact redshifts", "galaxies, S/N 5-10"
    for name, key, limits in (
        ("σ_NMAD", "sigma_NMAD", (None, 0.0001)),
        ("width of (z − truth) / error", "pull width", (0.8, 1.3)),
        *_HARM_AND_TIME,
    ):
        yield Bar(f"Exact redshifts: {name}", exact, sample, key, limits)
    for title, sample in ((spectra, "galaxies and quasars, all"), (photometry, galaxies)):
        quantity = "Largest |coverage − nominal| at 10…90 %"
        yield Bar(quantity, title, sample, "largest coverage error", (None, 0.05), (None, 0.02))
        yield Bar("PIT against uniform (KS)", title, sample, "PIT KS", (None, 0.06), (None, 0.02))


def _simulated_tokens() -> Iterator[Bar]:
    """What tokens and embeddings keep."""
    quantity, key = "Spectra decoded: rms against the truth / σ", "rms of (decoded - truth) / sigma"
    yield Bar(quantity, "simulated: spectra decoded", "all", key, (None, 0.5))
    yield _line_fluxes("simulated: line fluxes decoded")
    images = "simulated: images decoded"
    for camera in ("Legacy Survey", "HSC"):
        sample = f"{camera}, all"
        quantity = "Images decoded: residual rms / noise"
        yield Bar(quantity, images, sample, "residual rms / pixel noise", (None, 1.15))
        key = "68 % of fluxes within"
        yield Bar(f"Images decoded: {key}", images, sample, key, (None, 0.03))
    neighbors = "simulated: neighbors"
    yield Bar("Neighbors of a spectrum: same class", neighbors, "spectrum: same class", "same", (0.85, None))
    quantity = "Neighbors of a spectrum: median |Δz|/(1+z)"
    sample = "spectrum: redshift, galaxies and quasars"
    yield Bar(quantity, neighbors, sample, "median |dz|/(1+z)", (None, 0.02))
    for camera in ("Legacy Survey", "HSC"):
        quantity = "Neighbors of an image: same morphology over random"
        sample = f"{camera} image: same morphology, galaxies"
        yield Bar(quantity, neighbors, sample, "ratio", (2.5, None))
    for pair in ("SDSS among DESI", "DESI among SDSS", "Legacy Survey among HSC", "HSC among Legacy Survey"):
        quantity, key = "Twin of an object: median rank", "median rank"
        yield Bar(quantity, "simulated: twins", f"{pair}: all", key, (None, 5), (None, 1))
    for book in ("spectrum", "image"):
        yield Bar("Codes of the codebook used", "codes used", book, "share used", (0.6, None))


def _generated() -> Iterator[Bar]:
    """What is drawn from other data; a 68 % band should cover that, give or take what some objects know."""
    spectra, key, limits = (
        "simulated: spectra generated from a Legacy Survey image",
        "68 % band covers",
        (0.6, 0.76),
    )
    for name, rms in (("", "rms, median"), (", level matched", "rms of shape, median")):
        yield Bar(f"Image → DESI spectrum: continuum rms{name}", spectra, "DESI, all", rms, (None, 0.2))
    for survey in ("DESI", "SDSS"):
        yield Bar(f"Image → {survey} spectrum: {key}", spectra, f"{survey}, all", key, limits)
        for catalog in ("Legacy Survey fluxes", "HSC magnitudes"):
            quantity, sample = f"{survey} spectrum → {catalog}: {key}", f"{survey} spectrum: {catalog}"
            yield Bar(quantity, "simulated: photometry generated", sample, key, limits)
    for sample in ("Legacy Survey image from a DESI spectrum", "HSC image from a Legacy Survey image"):
        yield Bar(f"{sample}: {key}", "simulated: images generated", sample, key, limits)


def _line_fluxes(title: str) -> Bar:
    quantity, key = "Line fluxes (S/N > 10) decoded: 80 % within", "80 % within"
    return Bar(quantity, title, "all", key, (None, 0.15), (None, 0.05))
