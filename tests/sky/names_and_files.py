"""The fake's Sesame (names), its file archives of SDSS and DESI, and its cone search of the Data Lab."""

import re
from io import BytesIO
from urllib.parse import unquote_plus

import numpy as np
from astropy.io import fits
from astropy.table import Table
from werkzeug import Response

from tests.sky.question import Question, page, text
from tests.sky.simulated_pixels import example_class, pixels
from tests.sky.simulated_sky import SPECTRA, SpectrumEntry, named
from tests.sky.tractor import cataloged, rows_in_cone, tractor_table

_SDSS_FILE = re.compile(
    r"dr17/(?:sdss|eboss)/spectro/redux/(26|103|104|v5_13_2)/spectra/(?:lite/|full/)?(\d{4,5})/"
    r"spec-(\d{4,5})-(\d{5})-(\d{4})\.fits"
)
_DESI_FILE = re.compile(
    r"dr1/spectro/redux/iron/healpix/main/(dark|bright)/(\d+)/(\d+)/coadd-main-\1-\3\.fits"
)
ARMS = {"B": (3600.0, 2751), "R": (5760.0, 2326), "Z": (7520.0, 2881)}
"""First wavelength (Å) and pixels of 0.8 Å."""


def sesame(question: Question) -> Response:
    """Text: a line ``%J ra dec = …`` of a known name, ``#! *** Nothing found ***`` of another.

    https://cds.unistra.fr/cgi-bin/Sesame ; ``/A?name`` and ``/SNV?name`` both ask all catalogs.
    """
    if not re.fullmatch(r"(?:-oI?/)?[ASNV]+", question.path):
        return page(404, "Not Found")
    name = unquote_plus(question.query)
    target = named(name)
    lines = [f"# {name}\t#Q9999999"]
    if target is None:
        lines.append("#! *** Nothing found *** ")
    else:
        lines += [
            "#=Sc=Simbad (from cache):    1     0ms",
            "%@ 9999999",
            f"%I.0 {target.name}",
            "%C.0 G",
            f"%J {target.ra:.8f} {target.dec:+.8f} = {_sexagesimal(target.ra / 15, 2)}"
            f" {'-' if target.dec < 0 else '+'}{_sexagesimal(abs(target.dec), 1)}",
            "%J.E [1.00 1.00 90] D 2020yCat.1350....0G",
            "#B 1",
        ]
    lines += ["", "#====Done (2026-Nov-01,12:00:00z)====", ""]
    return Response("\n".join(lines), content_type="text/plain")


def sdss(question: Question) -> Response:
    """A file of one spectrum: ``dr17/…/spectra/[lite/]PPPP/spec-PPPP-MMMMM-FFFF.fits``."""
    match = _SDSS_FILE.fullmatch(question.path)
    if match and match[2] == match[3]:
        run = tuple(map(int, match.groups()[2:]))
        kind = "BOSS" if match[1].startswith("v") else "SDSS"
        for entry in SPECTRA:
            if entry.release == f"{kind}-DR17" and entry.run == run:
                return _file(_spec_file(entry))
    return page(404, "404 Not Found")


def desi(question: Question) -> Response:
    """All spectra of a healpixel: ``dr1/spectro/redux/iron/healpix/main/dark/PPP/PPPPP/coadd-….fits``."""
    match = _DESI_FILE.fullmatch(question.path)
    if match and int(match[3]) // 100 == int(match[2]) and match[1] == "dark":
        inside = [one for one in SPECTRA if one.release == "DESI-DR1" and one.healpix == int(match[3])]
        if inside:
            return _file(_coadd_file(inside))
    return page(404, "404 Not Found")


def datalab(question: Question) -> Response:
    """A cone of Tractor as a VOTable: ``scs/ls_dr10/tractor?RA=&DEC=&SR=``, degrees."""
    if question.path != "scs/ls_dr10/tractor":
        return page(404, "Not Found")
    args = {name.upper(): value for name, value in question.args.items()}
    try:
        cone = [float(args[name]) for name in ("RA", "DEC", "SR")]
    except (KeyError, ValueError):
        return text("RA, DEC and SR are needed", 400)
    rows = rows_in_cone(*cone)
    table = tractor_table(rows or cataloged()[:1], "griz")[: len(rows)]
    table.remove_columns(["dchisq", "lc_flux_w1"])
    stream = BytesIO()
    table.write(stream, format="votable")
    return Response(stream.getvalue(), content_type="application/x-votable+xml")


def _sexagesimal(value: float, places: int) -> str:
    """Hours or degrees, minutes and seconds."""
    seconds = round(value * 3600, places)
    whole, rest = divmod(seconds, 60)
    return f"{int(whole) // 60:02d}:{int(whole) % 60:02d}:{rest:0{places + 3}.{places}f}"


def _file(data: bytes) -> Response:
    return Response(data, content_type="application/fits")


def _spec_file(entry: SpectrumEntry) -> bytes:
    """https://data.sdss.org/datamodel/files/BOSS_SPECTRO_REDUX/RUN2D/spectra/PLATE4/spec.html"""
    found = pixels(entry)
    plate, mjd, fiber = entry.run
    kind, z = example_class(entry.target.example)
    primary = fits.PrimaryHDU()
    primary.header.update(
        {"PLUG_RA": entry.target.ra, "PLUG_DEC": entry.target.dec, "TELESCOP": "SDSS 2.5-M"}
    )
    primary.header.update({"PLATEID": plate, "MJD": mjd, "FIBERID": fiber})
    coadd = {
        "flux": found.flux.astype(np.float32),
        "loglam": np.log10(found.wavelength).astype(np.float32),
        "ivar": found.ivar.astype(np.float32),
        "and_mask": found.mask.astype(np.int32),
        "or_mask": found.mask.astype(np.int32),
        "wdisp": np.ones(len(found.flux), np.float32),
        "sky": np.zeros(len(found.flux), np.float32),
        "model": found.flux.astype(np.float32),
    }
    about = {
        "SPECOBJID": [str(entry.specid % 2**64).rjust(22)], "PLUG_RA": [entry.target.ra],
        "PLUG_DEC": [entry.target.dec], "CLASS": [kind], "Z": [z], "Z_ERR": [2e-5], "ZWARNING": [0],
        "PLATE": [plate], "MJD": [mjd], "FIBERID": [fiber], "SPECPRIMARY": [int(entry.is_primary)],
    }  # fmt: skip
    return _packed(
        primary,
        fits.BinTableHDU(Table(coadd), name="COADD"),
        fits.BinTableHDU(Table(about), name="SPECOBJ"),
        fits.BinTableHDU(Table({"LINENAME": ["H_alpha"], "LINEWAVE": [6564.6]}), name="SPZLINE"),
    )


def _coadd_file(entries: list[SpectrumEntry]) -> bytes:
    """https://desidatamodel.readthedocs.io/en/latest/DESI_SPECTRO_REDUX/SPECPROD/healpix/"""
    fibermap = {
        "TARGETID": [entry.targetid for entry in entries],
        "COADD_FIBERSTATUS": [0] * len(entries),
        "TARGET_RA": [entry.target.ra for entry in entries],
        "TARGET_DEC": [entry.target.dec for entry in entries],
        "OBJTYPE": ["TGT"] * len(entries),
    }
    hdus: list[fits.ImageHDU | fits.CompImageHDU | fits.BinTableHDU] = [
        fits.BinTableHDU(Table(fibermap), name="FIBERMAP")
    ]
    for arm, (start, count) in ARMS.items():
        part = slice(round((start - 3600) / 0.8), round((start - 3600) / 0.8) + count)
        found = [pixels(entry) for entry in entries]
        flux, ivar, mask = (
            np.stack([getattr(one, name)[part] for one in found]) for name in ("flux", "ivar", "mask")
        )
        hdus += [
            fits.ImageHDU(found[0].wavelength[part], name=f"{arm}_WAVELENGTH"),
            fits.ImageHDU(flux.astype(np.float32), name=f"{arm}_FLUX"),
            fits.ImageHDU(ivar.astype(np.float32), name=f"{arm}_IVAR"),
            fits.CompImageHDU(mask.astype(np.int32), name=f"{arm}_MASK"),
        ]
    return _packed(fits.PrimaryHDU(), *hdus)


def _packed(*hdus: fits.PrimaryHDU | fits.ImageHDU | fits.BinTableHDU) -> bytes:
    stream = BytesIO()
    fits.HDUList([*hdus]).writeto(stream)
    return stream.getvalue()
