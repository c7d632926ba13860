"""`python -m tests.io.conformance` writes docs/conformance.md: what each layout of the table gives when read.

tests/io/test_conformance.py fails where the page is not what the table says.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterable
from pathlib import Path

from aion.errors import AIONError, ChoiceNeededError
from aion.io import Entry, Overrides, SkyObject, read
from aion.modalities import Image, Spectrum
from tests.io import layouts
from tests.io.layouts import LAYOUTS, Layout

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"
HEADINGS = {
    "definitions": "Standards",
    "table_spectra": "Spectra in tables: FITS and VOTable",
    "wcs_spectra": "Spectra in FITS images",
    "survey_spectra": "Spectra of surveys",
    "campaign_surveys": "Spectra of surveys",
    "campaign_spectra": "Spectra of instruments, pipelines and programs",
    "ucd_spectra": "Spectra whose columns say by UCD what they are",
    "record_spectra": "Spectra in HDF5 and Parquet",
    "text_spectra": "Spectra in text",
    "campaign_tables": "Tables of archives",
    "memory": "Objects in memory",
    "campaign_images": "Images of archives",
    "attack_spectra": "Spectra that are easily misread",
    "attack_objects": "Objects, positions and redshifts that are easily misread",
    "attack_files": "Files and images that are easily misread",
    "images": "Images",
    "image_kinds": "Images",
    "image_refusals": "Images",
}
"""Module of tests/io/layouts -> heading, in the order of the page."""
INTRODUCTION = """# What is read, format by format

Each row is a file that a test builds as its definition says, reads, and compares with the right answer:
wavelengths in vacuum Å, flux in 1e-17 erg/s/cm2/Å, uncertainty, mask, position, redshift, bands. The last
column is the test: `make test ARGS="-k NAME"`. Units are named where they were converted. How reading
works, and what to do where something is asked or refused: [reading.md](reading.md).

- *Assumed*: the file does not say it. The report names it, a setting replaces it, `strict=True` refuses it.
- *Asked*: it can be read in several ways; one of the settings answers.
- *Refused*: with the sentence that a person reads.
- *With*: these settings were given.

This page is written by `python -m tests.io.conformance` from the table in `tests/io/layouts`.
"""
_NAMES = """
LAMOST SDSS SDSS-V DESI ESO JWST HST IRAF MUSE MPDAF PypeIt Gemini DRAGONS HSC PFS VIPERS GAMA DEEP2 SAMI
APOGEE Euclid WEAVE MaNGA HETDEX Gaia XP SPARCL MMU WCS HDU HDUs CSV TSV ECSV JSON VOTable UCD utype FITS npz
npy HDF5 RGB PNG JPEG TIFF WebP BMP AAOmega LRIS CALSPEC FUSE COS STIS IUE ESPRESSO FEROS PRISM BUNIT DR3 DR5
DR8 MRS VizieR astropy pandas specutils Spextool CFHT Pan-STARRS Rubin Hubble SkyMapper DECam MegaCam Chandra
"""
_WRITTEN = {name.lower(): name for name in _NAMES.split()} | {
    "sixdfgs": "6dFGS",
    "panstarrs": "Pan-STARRS",
    "twodfgrs": "2dFGRS",
    "twoslaq": "2SLAQ",
    "sdss5": "SDSS-V",
    "xshooter": "X-shooter",
}
"""Lower case -> as the field writes it."""


def load() -> list[Layout]:
    """Every layout, by heading."""
    for module in pkgutil.iter_modules(layouts.__path__):
        importlib.import_module(f"tests.io.layouts.{module.name}")
    modules = list(HEADINGS)
    return sorted(LAYOUTS, key=lambda layout: modules.index(_module(layout)))


def page() -> str:
    """The text of docs/conformance.md."""
    lines = [INTRODUCTION]
    heading = ""
    for layout in load():
        if HEADINGS[_module(layout)] != heading:
            heading = HEADINGS[_module(layout)]
            lines.append(
                f"\n## {heading}\n\n| what | what is read | definition | test |\n|---|---|---|---|\n"
            )
        cells = (_title(layout), result(layout), _links(layout.source), f"`{layout.name}`")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
    return "".join(lines)


def result(layout: Layout) -> str:
    """What reading gives, or the sentence of a refusal."""
    given = f" *With* {', '.join(f'`{one}`' for one in layout.settings)}." if layout.settings else ""
    try:
        objects = read(layout.build(), name=layout.file, overrides=Overrides.parse(layout.settings))
    except ChoiceNeededError as asked:
        return f"*Asked*: {' or '.join(f'`{one}`' for one in asked.choices)}.{given}"
    except AIONError as refusal:
        return f"*Refused*: {_plain(str(refusal))}.{given}"
    first = objects[0]
    parts = [f"{len(objects)} objects"] if len(objects) > 1 else []
    parts += _of_spectrum(first) + _of_image(first) + _of_catalog(first) + _facts(first)
    assumed = dict.fromkeys(entry.what for entry in _entries(first) if entry.how == "assumed")
    note = f" *Assumed*: {', '.join(assumed)}." if assumed else ""
    return f"{'; '.join(parts)}.{note}{given}"


def _entries(target: SkyObject) -> list[Entry]:
    return [entry for report in target.reports for entry in report.entries]


def _of_spectrum(target: SkyObject) -> list[str]:
    if not any(isinstance(modality, Spectrum) for modality in target.modalities):
        return []
    stated = {entry.what: entry for entry in reversed(_entries(target))}
    units = [
        f"{what.removesuffix(' unit')} {_plain(found[1])}"
        for what in ("wavelength unit", "flux unit")
        if (found := re.search(r"converted from (.*?)(;|$)", stated[what].note))
    ]
    noise, medium, mask = (stated.get(what) for what in ("uncertainty", "medium", "mask"))
    words = ["spectrum", *units, f"in {medium.value}" if medium else ""]
    if noise is not None:
        words.append("uncertainty estimated" if noise.value == "estimated" else noise.note)
    words.append(f"mask ({mask.value})" if mask and mask.value.startswith("non-zero") else "")
    words.append(f"{stated['joined'].value} joined" if "joined" in stated else "")
    return [", ".join(filter(None, words))]


def _of_image(target: SkyObject) -> list[str]:
    images = [modality for modality in target.modalities if isinstance(modality, Image)]
    return [f"image in {', '.join(image.bands)}" for image in images]


def _of_catalog(target: SkyObject) -> list[str]:
    names = [m.name for m in target.modalities if not isinstance(m, (Spectrum, Image))]
    return [f"photometry and shapes: {', '.join(names)}"] if names else []


def _facts(target: SkyObject) -> list[str]:
    there = {"position": target.ra, "redshift": target.z_reference, "class": target.kind or None}
    facts = [name for name, value in there.items() if value is not None]
    return [", ".join(facts)] if facts else []


def _module(layout: Layout) -> str:
    """Builders made in a loop are of the module too."""
    return layout.build.__module__.rpartition(".")[2]


def _title(layout: Layout) -> str:
    """``lamost_dr8`` -> ``LAMOST DR8 (header of a table with array rows)``."""
    words = _as_written(layout.name.split("_"))
    repeated = layout.subject.lower().split()[0] == words.lower().split()[0]
    return words if repeated else f"{words} ({layout.subject})"


def _as_written(words: Iterable[str]) -> str:
    text = " ".join(_WRITTEN.get(word, word) for word in words)
    first = text.split()[0]
    return text if first in _WRITTEN.values() else first.capitalize() + text[len(first) :]


def _links(source: str) -> str:
    return re.sub(r"https?://[^\s,;()]*[^\s,;().:]", lambda found: f"<{found[0]}>", source)


def _plain(text: str) -> str:
    """On one line, with nothing that Markdown would take for markup."""
    return re.sub(r"([*_<>\[\]`$])", r"\\\1", " ".join(text.split())).rstrip(".")


if __name__ == "__main__":
    PAGE.write_text(page())
