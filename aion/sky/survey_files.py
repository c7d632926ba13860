"""Spectra from the files of their surveys, for when SPARCL does not give them: of SDSS and BOSS by plate, MJD
and fiber, of DESI by TARGETID and position.

https://data.sdss.org/datamodel/files/BOSS_SPECTRO_REDUX/RUN2D/spectra/PLATE4/spec.html
and https://desidatamodel.readthedocs.io/en/latest/DESI_SPECTRO_REDUX/SPECPROD/healpix/
"""

import hashlib
from functools import partial
from io import BytesIO

import numpy as np
from astropy import units as u
from astropy.coordinates import Latitude, Longitude
from astropy.io import fits
from cdshealpix.nested import lonlat_to_healpix

from aion.errors import AIONError, ArchiveError, NothingThereError
from aion.io import Provenance, read
from aion.io.plate_fiber import PlateFiber
from aion.sky.archive import Archive, Request
from aion.sky.fetched import Fetched
from aion.sky.fits_answer import fits_problem
from aion.sky.remote_file import RemoteFile
from aion.sky.search_progress import SearchProgress
from aion.sky.services import SERVICE_NAMES
from aion.sky.sparcl import ArchiveSpectrum

FIRST_OF_BOSS = 3510
"""Plates from here on are of the spectrographs of BOSS: https://www.sdss.org/dr17/spectro/spectro_basics/"""
SDSS_RUNS = ("sdss/spectro/redux/26", "sdss/spectro/redux/103", "sdss/spectro/redux/104")
"""Folders of SDSS-I and II: the main survey, SEGUE, and stellar clusters."""
BOSS_RUNS = ("eboss/spectro/redux/v5_13_2",)
PROGRAMS = ("dark", "bright", "backup")
"""Of DESI's main survey; the one with the most spectra first."""
DEPTH = 6
"""Of the pixels of the sky (64 sides, nested) by which the files of DESI are divided."""
ARMS = ("B", "R", "Z")


def fetch_sdss_file(fiber: PlateFiber, archive: Archive, progress: SearchProgress | None = None) -> Fetched:
    """The ``spec-lite`` file of a spectrum of SDSS or BOSS.

    Raises:
        NothingThereError: data release 17 has none of this plate, day and fiber.
        ArchiveError: the archive does not answer, or with something else.
    """
    nothing = NothingThereError(f"SDSS DR17 has no file of a spectrum {fiber.text}")
    for run in BOSS_RUNS if fiber.plate >= FIRST_OF_BOSS else SDSS_RUNS:
        request = Request(
            "sdss",
            f"dr17/{run}/spectra/lite/{fiber.plate:04d}/spec-{fiber.text}.fits",
            step="SDSS file",
            problem=partial(_wrong_spec, fiber=fiber),
            nothing={404: str(nothing)},
        )
        try:
            answer = archive.ask(request, progress)
        except NothingThereError:
            continue
        [target] = read(answer.data)
        assert target.ra is not None and target.dec is not None, "it has no problem"
        return Fetched.of(answer, f"spec-{fiber.text}.fits", "SDSS", (target.ra, target.dec), service="sdss")
    raise nothing


def fetch_desi_row(
    spectrum: ArchiveSpectrum, archive: Archive, progress: SearchProgress | None = None
) -> Fetched:
    """The spectrum of a target, out of the coadd of its pixel of the sky, as a coadd of one target; with the
    redshift that SPARCL states, as coadds have none.

    Raises:
        NothingThereError: the coadds of the main survey have no such target there.
        ArchiveError: the archive does not answer, or with something else.
    """
    where = (Longitude(spectrum.ra * u.deg), Latitude(spectrum.dec * u.deg))
    pixel = int(lonlat_to_healpix(*where, DEPTH)[0])
    nothing = NothingThereError(
        f"the coadds of DESI DR1 (main survey, {', '.join(PROGRAMS)}) have no TARGETID {spectrum.id} in "
        f"healpixel {pixel}"
    )
    for program in PROGRAMS:
        path = f"dr1/spectro/redux/iron/healpix/main/{program}/{pixel // 100}/{pixel}"
        path += f"/coadd-main-{program}-{pixel}.fits"
        request = Request("desi", path, step="DESI file", nothing={404: str(nothing)})
        try:
            with RemoteFile(request, archive, progress) as coadd:
                found = _row_of(coadd, spectrum)
        except NothingThereError:
            continue
        if found is not None:
            data, count = found
            note = f"one of {count:,} targets of that file, with SPARCL's redshift; SHA-256 of this part"
            digest = hashlib.sha256(data).hexdigest()
            origin = Provenance(coadd.url, coadd.time, digest, "DESI", None, note, SERVICE_NAMES["desi"])
            return Fetched(f"DESI-DR1-{spectrum.id}.fits", data, origin, spectrum.ra, spectrum.dec)
    raise nothing


def find_sdss_file(
    fiber: PlateFiber, archive: Archive, progress: SearchProgress | None = None
) -> ArchiveSpectrum:
    """What the file of a spectrum says of it, as SPARCL would; raises as `fetch_sdss_file` does."""
    file = fetch_sdss_file(fiber, archive, progress)
    [target] = read(file.data)
    return ArchiveSpectrum(
        sparcl_id="",
        release="BOSS-DR17" if fiber.plate >= FIRST_OF_BOSS else "SDSS-DR17",
        id=fiber.text,
        ra=file.ra,
        dec=file.dec,
        z=target.z_reference,
        z_error=None,
        z_warning=None,
        kind=target.kind.partition("/")[0],
        is_primary=False,
    )


def _wrong_spec(data: bytes, fiber: PlateFiber) -> str | None:
    """What is wrong with bytes that should be the file of a spectrum."""
    problem = fits_problem(data)
    if problem is not None:
        return problem
    try:
        [target, *_] = read(data)
    except AIONError as exc:
        return f"sent a file that is no spectrum: {exc}"
    if target.id != fiber.text or target.ra is None or target.dec is None:
        return f"sent the spectrum {target.id}, which was not asked for"
    return None


def _row_of(coadd: RemoteFile, spectrum: ArchiveSpectrum) -> tuple[bytes, int] | None:
    """A coadd of one target as a file, and of how many it was; None where it is not among them.

    Raises:
        ArchiveError: the file is no coadd.
    """
    try:
        with fits.open(coadd, memmap=False, lazy_load_hdus=True) as hdus:
            table = hdus["FIBERMAP"].data
            rows = np.flatnonzero(table["TARGETID"] == int(spectrum.id))
            if not len(rows):
                return None
            row = int(rows[0])
            parts = [fits.BinTableHDU(table[row : row + 1], name="FIBERMAP")]
            for arm in ARMS:
                name = f"{arm}_WAVELENGTH"
                parts.append(fits.ImageHDU(hdus[name].data, name=name))
                for name in (f"{arm}_FLUX", f"{arm}_IVAR", f"{arm}_MASK"):
                    parts.append(fits.ImageHDU(hdus[name].section[row][None], name=name))
            count = len(table)
    except (OSError, KeyError, IndexError, TypeError, ValueError) as exc:
        raise ArchiveError(f"{coadd.url} is no coadd of DESI that can be read: {exc}") from exc
    stream = BytesIO()
    fits.HDUList([fits.PrimaryHDU(), *parts, *_redshift(spectrum)]).writeto(stream)
    return stream.getvalue(), count


def _redshift(spectrum: ArchiveSpectrum) -> list[fits.BinTableHDU]:
    """As a file of redshifts has it; none where none is known."""
    if spectrum.z is None:
        return []
    columns = [
        fits.Column("TARGETID", "K", array=[int(spectrum.id)]),
        fits.Column("Z", "D", array=[spectrum.z]),
        fits.Column("ZWARN", "K", array=[spectrum.z_warning or 0]),
        fits.Column("SPECTYPE", "6A", array=[spectrum.kind]),
    ]
    return [fits.BinTableHDU.from_columns(columns, name="REDSHIFTS")]
