"""FITS spectra of any layout: tables, images with a WCS, HDUs, rows; and what only specutils has loaders for.

https://specutils.readthedocs.io/en/stable/spectrum1d.html#list-of-loaders
"""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import registry as io_registry

from aion.errors import FormatError
from aion.io.content import Record
from aion.io.fits_file import FitsFile, Hdu
from aion.io.fits_header import cards
from aion.io.fits_layouts import has_spectrum_columns, spectrum_records
from aion.io.objects import Entry, Overrides
from aion.io.readers.sdss import PIXEL_BITS
from aion.io.registry import Found, check_count, reader
from aion.io.roles import ARMS, Role, label, name_words
from aion.io.rows import advice_for_positions, facts, identity, kind_of, photometry, with_header
from aion.io.spectra import SpectrumArrays, build_spectrum, ivar_of, join_arms
from aion.io.spectrum_records import are_parts, spectrum_arrays
from aion.io.units import medium_of

_OTHER_STARS = {"guide", "standard", "std", "telluric", "sky"}
"""Words of HDUs that are not of the target."""


@reader("FITS spectrum", FitsFile, matches=lambda file: True)
def read_fits(file: FitsFile, overrides: Overrides) -> list[Found]:
    """Spectra of a FITS file of none of the kinds above.

    Raises:
        FormatError: neither roles of arrays nor specutils make a spectrum of it; says what its HDUs are.
    """
    try:
        records = spectrum_records(file)
    except FormatError as exc:
        return _by_specutils(file, overrides, exc)
    return _of_records(file, records, overrides) if records else _by_specutils(file, overrides, None)


def _of_records(file: FitsFile, records: list[tuple[Hdu, Record]], overrides: Overrides) -> list[Found]:
    check_count(len(records))
    records = _main_ones(records)
    spectra = [spectrum_arrays(record, overrides, **_conventions(file, record)) for _, record in records]
    ids = {identity(with_header(record, cards(hdu.header))) for hdu, record in records} - {None}
    if len(ids) < 2 and are_parts(spectra):
        spectra, records = [join_arms(spectra, overrides)], records[:1]
    used = {place for _, record in records for place in record.places.values()}
    beside = [hdu for hdu in file.hdus[1:] if not any(place.endswith(hdu.title) for place in used)]
    unused = tuple(Entry("not used", hdu.title, "dropped", _told(hdu)) for hdu in beside)
    hdus = [hdu.number for hdu, _ in records]
    found = []
    for (hdu, record), arrays in zip(records, spectra, strict=True):
        stated = (
            record.meta if len(records) == 1 else cards(hdu.header) if hdus.count(hdu.number) == 1 else {}
        )
        known = facts(with_header(record, {**stated, **_beside(file)} if len(records) == 1 else stated))
        spectrum = build_spectrum(arrays, overrides)
        scalars, scalar_entries = photometry(record)
        kind = kind_of(with_header(record, stated))
        entries = (*spectrum.entries, *scalar_entries, *known.entries, *unused)
        found.append(
            replace(
                spectrum,
                id=known.id,
                modalities=(*spectrum.modalities, *scalars),
                ra=known.ra,
                dec=known.dec,
                z_reference=known.z,
                kind=kind,
                entries=entries,
            )
        )
    return found


def _beside(file: FitsFile) -> dict[str, Any]:
    """What tables of one row say of the one spectrum of the file."""
    tables = [
        hdu
        for hdu in file.tables()
        if hdu.count("NAXIS2") == 1
        and not has_spectrum_columns(hdu)
        and not _OTHER_STARS & set(name_words(hdu.name))
    ]
    said = [cards(hdu.header) | dict(hdu.table().row(0).values) for hdu in tables]
    return {name: value for one in said for name, value in one.items() if np.ndim(value) == 0}


def _main_ones(records: list[tuple[Hdu, Record]]) -> list[tuple[Hdu, Record]]:
    """Without HDUs beside the spectrum that are none of its own: a model, the sky, single exposures.

    Bxspf-B and Horne-B, COADD_B and B-1234.
    """
    of_objects = [pair for pair in records if label(pair[0].name).role in (Role.FLUX, Role.OTHER)]
    records = of_objects or records
    groups = [set(label(hdu.name).group) - ARMS for hdu, _ in records]
    return [record for record, group in zip(records, groups, strict=True) if not group] or records


def _conventions(file: FitsFile, record: Record) -> dict[str, Any]:
    """What the data model of a survey says where the file itself does not; fields of `SpectrumArrays`."""
    if str(record.meta.get("DMODCLS", "")).startswith(("OneSpec", "SpecObj")):
        return {
            "mask_sense": ("good", "PypeIt: 1 = good"),
            "medium": ("vacuum", "PypeIt writes vacuum by default"),
        }
    if "FIBERMAP" in file.names:
        return {
            "mask_sense": ("bad", "DESI: 0 = good"),
            "medium": ("vacuum", "DESI stores vacuum wavelengths"),
        }
    if "FIBRES" in file.names:  # https://github.com/Samreay/Marz, js/extractor.js
        return {"medium": ("air", "2dfdr: air unless VACUUM says otherwise")}
    if {"FLUXTBL", "FLUX_TABLE"} & file.names:  # https://github.com/Subaru-PFS/datamodel, datamodel.txt
        known = {"wavelength_unit": "nm", "flux_unit": "nJy", "mask_sense": ("bad", "PFS: 0 = good")}
        return known | {"medium": ("vacuum", "PFS stores vacuum wavelengths")}
    if "V_ASTRA" in record.meta:
        known = {
            "medium": ("vacuum", "SDSS-V stores vacuum wavelengths"),
            "mask_sense": ("bad", "SDSS-V: 0 = good"),
        }
        return known | {"flux_unit": "1e-17 erg/s/cm2/Angstrom"}
    telescope = str(record.meta.get("TELESCOP", "")).strip()
    if telescope == "LAMOST":
        return {"mask_sense": ("bad", "LAMOST: ANDMASK, 0 = good")}
    if "SDQFLAGS" in record.meta:
        bits = int(record.meta["SDQFLAGS"])
        return {"mask_sense": ("bad", f"{telescope}: bits of SDQFLAGS = {bits}"), "mask_bits": bits}
    if telescope == "JWST":
        return {"mask_sense": ("bad", "JWST: bit 1, DO_NOT_USE"), "mask_bits": 1}
    if "PLATEID" in record.meta:
        note = "SDSS: bits 16-31 of and_mask, which speak of single pixels"
        return {
            "mask_sense": ("bad", note),
            "mask_bits": PIXEL_BITS,
            "medium": ("vacuum", "SDSS stores vacuum wavelengths"),
        }
    return {}


def _by_specutils(file: FitsFile, overrides: Overrides, problem: FormatError | None) -> list[Found]:
    """What specutils makes of the file; `problem` is why the roles of its arrays made nothing of it."""
    try:
        spectra = _spectra(file)
    except FormatError as exc:
        raise problem or exc from exc
    header = {key: value for hdu in reversed(file.hdus) for key, value in cards(hdu.header).items()}
    found = [build_spectrum(arrays, overrides) for one in spectra for arrays in _each_line(one, header)]
    if len(found) > 1:
        return found
    known = facts(with_header(Record({}), header))
    return [
        replace(
            found[0],
            id=known.id,
            ra=known.ra,
            dec=known.dec,
            z_reference=known.z,
            entries=(*found[0].entries, *known.entries),
        )
    ]


def _spectra(file: FitsFile) -> list[Any]:
    """By specutils, which wants a file on disk; some of its loaders choose by the name."""
    from specutils import Spectrum, SpectrumList

    problem: Exception | None = None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload.fits"
        path.write_bytes(file.data)
        for kind in (Spectrum, SpectrumList):
            try:
                spectra = [kind.read(str(path), format=loader) for loader in _loaders(kind, path)[:1]]
                spectra = list(spectra[0]) if spectra and kind is SpectrumList else spectra
            except Exception as exc:
                problem = exc
                continue
            if spectra:
                return spectra
    hdus = "; ".join(f"{hdu.title}: {_told(hdu)}" for hdu in file.hdus[:6])
    columns = (name for hdu in file.tables() for name in hdu.columns)
    raise FormatError(
        f"the FITS file holds {hdus}. Expected are a spectrum, an image (bands, height, width) or a table "
        "of SDSS, DESI, the Legacy Survey "
        f"or HSC, or a spectrum that specutils reads{advice_for_positions(columns)}"
    ) from problem


def _loaders(kind: Any, path: Path) -> list[str]:
    """The loaders that take the file for their survey's; those for any file would guess what ours did not."""
    found = io_registry.identify_format("read", kind, str(path), None, [str(path)], {})
    return [name for name in found if name not in ("wcs1d-fits", "tabular-fits")]


def _told(hdu: Hdu) -> str:
    """Its pixels or columns in a few words."""
    if hdu.shape:
        return "x".join(map(str, hdu.shape)) + " values"
    return f"columns {', '.join(sorted(hdu.columns)[:6])}" if hdu.columns else "empty"


def _each_line(spectrum: Any, header: dict[str, Any]) -> list[SpectrumArrays]:
    """Spectra in the rows of a specutils object; an image cube is none."""
    flux = np.asarray(spectrum.flux.value, dtype=np.float64)
    wavelength = spectrum.spectral_axis
    if flux.ndim > 2:
        raise FormatError(f"the file holds a cube of spectra {flux.shape}; extract one spectrum first")
    sigma = _sigma(spectrum.uncertainty, flux.shape)
    mask = (
        np.asarray(spectrum.mask)
        if spectrum.mask is not None and np.shape(spectrum.mask) == flux.shape
        else None
    )
    flux = np.atleast_2d(flux)
    sigma, mask = (np.atleast_2d(part) if part is not None else None for part in (sigma, mask))
    return [
        SpectrumArrays(
            wavelength=np.asarray(wavelength.value, dtype=np.float64),
            flux=flux[i],
            ivar=ivar_of(None, sigma[i] if sigma is not None else None),
            mask=mask[i].astype(np.float64) if mask is not None else None,
            mask_sense=("bad", "specutils: True = bad"),
            wavelength_unit=str(wavelength.unit),
            flux_unit=str(spectrum.flux.unit),
            medium=medium_of(header),
            entries=(Entry("wavelength", "specutils", "header"), Entry("flux", "specutils", "header")),
        )
        for i in range(len(flux))
    ]


def _sigma(uncertainty: Any, shape: tuple[int, ...]) -> Any:
    """Standard deviation of each pixel; None without."""
    from astropy.nddata import InverseVariance, StdDevUncertainty, VarianceUncertainty

    if not isinstance(uncertainty, (StdDevUncertainty, VarianceUncertainty, InverseVariance)):
        return None
    values = np.asarray(uncertainty.represent_as(StdDevUncertainty).array, dtype=np.float64)
    return values if values.shape == shape else None
