"""Results and reports as tables and short texts for people: numbers with their digits and units."""

import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pandas as pd

from aion.constants import NANOMAGGY_ZERO_POINT
from aion.exact_redshift import ExactRedshift
from aion.explorer.redshift.line_evidence import Votes
from aion.explorer.results import Analysis, Check, ImageResult, Retrieval, ScalarResult, SpectrumResult
from aion.explorer.results.occlusion import TokenGroup
from aion.io import Entry, Report, SkyObject
from aion.lines import line_label
from aion.modalities import MODALITIES, Image, Spectrum
from aion.plain_text import as_text
from aion.redshift import Interval, RedshiftPDF

NUMBERS = "Catalog numbers"
"""The switch for all of them."""


def decisions(report: Report) -> pd.DataFrame:
    """One row per decision of reading, in Markdown: what was found, and how, from where or why."""
    rows = [
        (as_text(entry.what), as_text(entry.value), _known(entry))
        for entry in report.entries
        if entry.how != "dropped"
    ]
    return pd.DataFrame(rows, columns=["Quantity", "Value", "How it is known"])


def _known(entry: Entry) -> str:
    how = f"**{entry.how}**" if entry.how in ("assumed", "you set") else entry.how
    return f"{how}: {as_text(entry.note)}" if entry.note else how


def unused(report: Report) -> pd.DataFrame:
    """One row for each part of the file that was not used."""
    rows = [
        (entry.value if entry.what == "not used" else f"{entry.what}: {entry.value}", entry.note)
        for entry in report.entries
        if entry.how == "dropped"
    ]
    return pd.DataFrame(rows, columns=["Not used", "What it is, or why"])


def inspection_title(target: SkyObject) -> str:
    """What the files are, and whether anything had to be assumed."""
    formats = " + ".join(dict.fromkeys(report.format for report in target.reports))
    entries = [entry for report in target.reports for entry in report.entries]
    counts = [(how, sum(entry.how == how for entry in entries)) for how in ("assumed", "dropped", "you set")]
    counts_text = ", ".join(
        f"{count} {how if how != 'you set' else 'set by you'}" for how, count in counts if count
    )
    return f"What was read: {formats}" + (f" ({counts_text})" if counts_text else "")


def target_name(target: SkyObject) -> str:
    """For the list of objects in a file."""
    parts = [target.id, *([target.kind] if target.kind else [])]
    parts += [f"z {target.z_reference:.4f}"] if target.z_reference is not None else []
    parts += [f"S/N {target.snr:.1f}"] if target.snr is not None and math.isfinite(target.snr) else []
    return " · ".join(parts)


def unjoined_files(targets: Sequence[SkyObject]) -> list[str]:
    """Which files are not of one object with the others, and why, a sentence for each."""
    reports = [report for target in targets for report in target.reports]
    apart = [
        (report.source, entry.note)
        for report in reports
        for entry in report.entries
        if entry.what == "joined"
    ]
    return [f"{source} is not taken for the same object: {why}." for source, why in dict(apart).items()]


def kinds(target: SkyObject) -> tuple[str, ...]:
    """What is known of an object: ``("SDSS spectrum", "5 catalog numbers")``."""
    wide = [stream_name(key) for key in target.streams if issubclass(MODALITIES[key], (Image, Spectrum))]
    others = len(target.streams) - len(wide)
    return (*wide, *([f"{others} catalog {'number' if others == 1 else 'numbers'}"] if others else []))


def place(target: SkyObject) -> tuple[str, str]:
    """Position in degrees and in sexagesimal, ICRS; empty where it is not known."""
    if target.ra is None or target.dec is None:
        return "", ""
    return f"RA {target.ra:.5f}°  Dec {target.dec:+.5f}°".replace("-", "−"), sexagesimal(
        target.ra, target.dec
    )


_STREAM_NAMES = {
    "tok_image": "Legacy Survey image",
    "tok_image_hsc": "HSC image",
    "tok_spectrum_sdss": "SDSS spectrum",
    "tok_spectrum_desi": "DESI spectrum",
    "tok_segmap": "Legacy Survey segmentation map",
    "catalog": "Legacy Survey catalog",
    "tok_z": "redshift",
}


def stream_name(key: str) -> str:
    """A token stream for people; published names of numbers are what astronomers call them."""
    return _STREAM_NAMES.get(key) or (MODALITIES[key].name if key in MODALITIES else key)


def part(group: TokenGroup) -> str:
    """Where tokens lie on the data: Å, or rows and columns of the field."""
    name = stream_name(group.key)
    if group.stretch is not None:
        return f"{name}, {group.stretch[0]:.0f} to {group.stretch[1]:.0f} Å"
    if group.patch is not None:
        row, column, size = group.patch
        return f"{name}, rows {row} to {row + size - 1}, columns {column} to {column + size - 1}"
    return f"{name}, its brightness" if group.key.startswith("tok_spectrum") else name


def stream_group(key: str) -> str:
    """A stream among the kinds of data: each image and spectrum by its name, all numbers as one."""
    return stream_name(key) if issubclass(MODALITIES[key], (Image, Spectrum)) else NUMBERS


def switch_groups(analysis: Analysis) -> dict[str, tuple[str, ...]]:
    """Label -> token keys that are switched together: each image, each spectrum, all numbers of a catalog."""
    readable = [key for key in analysis.tokens if analysis.ignored.get(key, "switched off") == "switched off"]
    groups: dict[str, tuple[str, ...]] = {}
    for key in readable:
        groups[stream_group(key)] = (*groups.get(stream_group(key), ()), key)
    numbers = groups.pop(NUMBERS, ())
    return groups | ({NUMBERS: numbers} if numbers else {})


def redshift_facts(analysis: Analysis) -> pd.DataFrame:
    """The numbers beside p(z)."""
    pdf, reference = analysis.redshift, analysis.z_reference
    rows = [
        *([("Exact, from lines", str(analysis.exact[0]))] if analysis.exact else []),
        ("68 % region", _intervals(pdf, pdf.ci68)),
        ("95 % region", _intervals(pdf, pdf.ci95)),
        ("Mode", f"{pdf.mode:.4f}"),
        ("Median", f"{pdf.median:.4f}"),
        ("Mean", f"{pdf.mean:.4f}"),
    ]
    if reference is not None:
        rows.append(("Reference z", f"{reference:.5f}"))
        rows.append(("Δz / (1 + z)", f"{(analysis.z - reference) / (1 + reference):+.5f}".replace("-", "−")))
    return pd.DataFrame(rows, columns=["", "z"])


def peaks(analysis: Analysis, evidence: Sequence[Votes]) -> pd.DataFrame:
    """One row per listed peak, most probable first: its probability, the exact redshift in it, and how many
    of the lines there are found."""
    pdf = analysis.redshift
    table = pd.DataFrame(
        {
            "Peak": [f"{peak.z:.4f}" for peak in pdf.peaks],
            "Probability": [f"{peak.probability:.1%}" for peak in pdf.peaks],
            "68 % of the peak": [f"{peak.low:.4f}–{peak.high:.4f}" for peak in pdf.peaks],
            "Lines found": [f"{vote.found_count} of {len(vote.measured_lines)}" for vote in evidence],
            "S/N of its lines, total": [with_sign(vote.total) for vote in evidence],
        }
    )
    table = table if any(vote.lines for vote in evidence) else table.iloc[:, :3]
    if analysis.exact:
        exact = [
            f"{one.z:.5f}" if isinstance(one, ExactRedshift) else "not refined" for one in analysis.exact
        ]
        table.insert(3, "Exact, from lines", exact)
    return table


FLUX, WIDTH, SIGNIFICANCE = "Flux (1e-17 erg/s/cm²)", "Equivalent width, rest (Å)", "S/N"
"""Columns of the lines at an exact redshift."""


def line_fluxes(exact: ExactRedshift) -> pd.DataFrame:
    """The lines that the spectrum covers at an exact redshift, with errors."""
    return pd.DataFrame(
        [
            {
                "Line": line_label(one.line),
                FLUX: _with_error(one.flux, one.error),
                WIDTH: _with_error(one.equivalent_width, one.equivalent_width_error),
                SIGNIFICANCE: f"{one.significance:.1f}",
            }
            for one in exact.lines
        ]
    )


def line_numbers(exact: ExactRedshift) -> pd.DataFrame:
    """The numbers of `line_fluxes`."""
    return pd.DataFrame(
        [{FLUX: one.flux, WIDTH: one.equivalent_width, SIGNIFICANCE: one.significance} for one in exact.lines]
    )


def _with_error(value: float, error: float) -> str:
    return f"{with_sign(value)} ± {error:.1f}" if math.isfinite(error) else "no continuum"


def votes_table(evidence: Sequence[Votes]) -> pd.DataFrame:
    """One row per line, one column per redshift; empty where the redshift puts the line outside the data."""
    found = {line_votes.line: None for vote in evidence for line_votes in vote.lines}
    columns = {f"z = {vote.z:.4f}": {one.line: one for one in vote.lines} for vote in evidence}
    table = pd.DataFrame(
        {
            "Line": [
                f"{line_label(line)} ({line.feature})" for line in sorted(found, key=lambda line: line.rest)
            ]
        }
    )
    for name, held in columns.items():
        table[name] = [
            "" if line not in held else with_sign(held[line].significance)
            for line in sorted(found, key=lambda line: line.rest)
        ]
    table.loc[len(table)] = [
        "Total",
        *(
            f"{with_sign(vote.total)} ({vote.found_count} of {len(vote.measured_lines)} found)"
            for vote in evidence
        ),
    ]
    return table


def check(result: Check) -> str:
    """One line of Markdown; a sign and a word of its own beside the color of an icon."""
    sign = ":green[:material/check:] fine" if result.passed else ":orange[:material/warning:] look"
    return f"{sign} · **{as_text(result.name)}**: {as_text(result.value)}"


def with_sign(value: float) -> str:
    """``+4.2``, ``−1.0``; a dash where there is no number."""
    return f"{value:+.1f}".replace("-", "−") if math.isfinite(value) else "–"


def weights_name(title: str) -> str:
    """Weights for people; of a folder, the last parts of its path."""
    path = Path(title)
    return "/".join(path.parts[-2:]) if path.is_absolute() else title


def _intervals(pdf: RedshiftPDF, intervals: tuple[Interval, ...]) -> str:
    """The two that hold most, in increasing z."""
    most = sorted(sorted(intervals, key=lambda interval: -pdf.coverage(*interval))[:2])
    shown = ", ".join(f"{low:.4f} – {high:.4f}" for low, high in most)
    return shown + (f" and {len(intervals) - 2} more" if len(intervals) > 2 else "")


def band_letter(band: str) -> str:
    """``"DES-G"`` -> ``"g"``, as it is called where the camera is known."""
    return band.rpartition("-")[2].lower()


def bands(image: ImageResult) -> pd.DataFrame:
    """Per band, how far the decoded image is from the original."""
    assert image.residual_rms is not None and image.flux_ratio is not None
    return pd.DataFrame(
        {
            "Band": image.bands,
            "Residual rms (nanomaggies per pixel)": [f"{value:.3g}" for value in image.residual_rms],
            "Flux kept": [f"{value:.1%}" if math.isfinite(value) else "–" for value in image.flux_ratio],
        }
    )


def spectrum_summary(spectrum: SpectrumResult) -> str:
    """How well the tokens kept a spectrum."""
    pixels = f"{len(spectrum.wavelength):,} pixels, {int(spectrum.bad.sum()):,} masked"
    if spectrum.flux is None:
        return "Decoded from the tokens of the catalog; the original spectrum is not stored."
    chi2 = (
        ""
        if spectrum.reduced_chi2 is None
        else f"Reduced χ² of the decoded spectrum {spectrum.reduced_chi2:.2f} · "
    )
    return f"{chi2}{pixels}"


def comparison(views: Mapping[str, Collection[str]], used: Collection[str]) -> str:
    """What of an object is compared with a catalog, for people; empty where that is all that was read."""
    if not views:
        return "No object of this catalog is known by the same numbers, so similarity says less here."
    if [set(streams) for streams in views.values()] == [set(used)]:
        return ""
    parts = " and ".join(f"the {view}" for view in views)
    alone = "(each alone, then averaged)" if len(views) > 1 else "alone"
    return (
        f"Compared by {parts} {alone}: no object of this catalog is known by the same data as were read here."
    )


def retrieval(retrievals: tuple[Retrieval, ...]) -> pd.DataFrame:
    """How well each way of searching works, with what chance gives behind the stroke."""

    def share(value: float, chance: float | None) -> str:
        return "–" if chance is None or not math.isfinite(value) else f"{_share(value)} / {_share(chance)}"

    rows = {
        "Compared": [row.comparison for row in retrievals],
        "Same class / shuffled": [share(row.purity, row.purity_shuffled) for row in retrievals],
        "Same redshift / shuffled": [share(row.redshift, row.redshift_shuffled) for row in retrievals],
    }
    for k in sorted({k for row in retrievals for k in row.recall}):
        found = [share(row.recall.get(k, math.nan), row.recall_shuffled.get(k)) for row in retrievals]
        rows[f"Itself in the first {k} / chance"] = found
    return pd.DataFrame(rows)


def across(retrievals: tuple[Retrieval, ...]) -> str:
    """How often an object is found by its other kind of data, in one sentence; empty without such pairs."""
    crossing = [row for row in retrievals if row.recall]
    if not crossing:
        return ""
    k = max(crossing[0].recall)
    shares = " and ".join(f"{_share(row.recall[k])} ({row.comparison})" for row in crossing)
    return (
        f"Across kinds of data the right object is among the first {k} for {shares} of the queries, "
        f"by chance for {_share(crossing[0].recall_shuffled[k])}: good for finding objects of the same kind, "
        "not for finding one object."
    )


def _share(value: float) -> str:
    """With a second decimal where the first says little."""
    return f"{value:.2%}" if value < 0.01 else f"{value:.1%}"


def scalars(results: tuple[ScalarResult, ...]) -> pd.DataFrame:
    """Numbers given, numbers kept, and AB magnitudes of fluxes in nanomaggies."""
    table = pd.DataFrame(
        {
            "Quantity": [result.name for result in results],
            "Unit": [result.unit for result in results],
            "Given": [result.original for result in results],
            "Kept by its token": [result.decoded for result in results],
            "AB magnitude": [_magnitude(result) for result in results],
        }
    )
    empty = [
        name
        for name, held in (
            ("AB magnitude", any(table["AB magnitude"])),
            ("Given", table["Given"].notna().any()),
        )
        if not held
    ]
    return table.drop(columns=empty)


def _magnitude(result: ScalarResult) -> str:
    if not result.unit.lower().startswith("nanomagg"):
        return ""
    flux = result.original if result.original is not None else result.decoded
    return f"{NANOMAGGY_ZERO_POINT - 2.5 * math.log10(flux):.3f}" if flux > 0 else "non-detection"


def sexagesimal(ra: float, dec: float) -> str:
    """``10:41:32.78 -00:50:57.5`` from degrees."""
    hours = f"{_sixtieths(ra / 15, 2)}"
    return f"{hours} {'−' if dec < 0 else '+'}{_sixtieths(abs(dec), 1)}"


def _sixtieths(value: float, digits: int) -> str:
    total = round(value * 3600, digits)
    minutes, seconds = divmod(total, 60)
    whole, minutes = divmod(int(minutes), 60)
    return f"{whole:02d}:{minutes:02d}:{seconds:0{3 + digits}.{digits}f}"
