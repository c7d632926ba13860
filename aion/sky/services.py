"""Which services are asked, how fast, and what is said of their data. Asks nothing itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Self

from aion.errors import ConfigError

PACE: Mapping[str, float] = {"viewer": 0.5, "sparcl": 0.25, "sesame": 0.15, "sdss": 0.5, "desi": 0.25}
"""Service -> seconds between the starts of two requests; one at a time."""

EXAMPLES = (
    "150.1021 +2.2058",
    "10:00:24.5 +02:12:21",
    "NGC 4151",
    "TARGETID 39627835576420141",
    "266-51630-53",
)
"""What a person may type to look a place up, one of each spelling."""
SERVICE_NAMES: Mapping[str, str] = {
    "viewer": "viewer of the Legacy Surveys",
    "sparcl": "SPARCL",
    "sesame": "Sesame",
    "sdss": "files of SDSS DR17",
    "desi": "files of DESI DR1",
}
"""For people."""

KINDS = ("image", "hsc", "photometry", "spectrum")
"""What can be asked for at a place."""

ACKNOWLEDGMENTS: Mapping[str, str] = {
    "Legacy Surveys": "The Legacy Surveys consist of the Dark Energy Camera Legacy Survey (DECaLS), the "
    "Beijing-Arizona Sky Survey (BASS) and the Mayall z-band Legacy Survey (MzLS); images and photometry: "
    "Legacy Surveys / D. Lang (Perimeter Institute). https://www.legacysurvey.org/acknowledgment/",
    "HSC": "The Hyper Suprime-Cam (HSC) collaboration includes the astronomical communities of Japan, Taiwan "
    "and Princeton University; data of the HSC-SSP public data release 3 (Aihara et al. 2022), by way of "
    "the Legacy Surveys viewer. https://hsc-release.mtk.nao.ac.jp/doc/index.php/acknowledging-hsc__pdr3/",
    "SDSS": "Funding for the Sloan Digital Sky Survey IV has been provided by the Alfred P. Sloan "
    "Foundation, the U.S. Department of Energy Office of Science, and the Participating Institutions; data "
    "release 17. https://www.sdss.org/collaboration/citing-sdss/",
    "DESI": "This research used data obtained with the Dark Energy Spectroscopic Instrument (DESI), data "
    "release 1. https://data.desi.lbl.gov/doc/acknowledgments/",
    "SPARCL": "Spectra were retrieved with SPARCL at the Astro Data Lab of NSF NOIRLab. "
    "https://astrosparcl.datalab.noirlab.edu/",
    "Sesame": "Names were resolved by Sesame of the CDS, Strasbourg, with SIMBAD, NED and VizieR. "
    "https://cds.unistra.fr/",
}
"""Whose data -> what a paper that uses them says."""


@dataclass(frozen=True)
class Services:
    """Base URLs of the services, without a slash at the end, and where their answers are kept.

    Raises:
        ConfigError: a URL that is none, or a size or a pace below zero.
    """

    viewer: str = "https://www.legacysurvey.org/viewer"
    """Images and photometry: the viewer of the Legacy Surveys."""
    sparcl: str = "https://astrosparcl.datalab.noirlab.edu/sparc"
    """Spectra of SDSS, BOSS and DESI."""
    sesame: str = "https://cds.unistra.fr/cgi-bin/nph-sesame"
    """Names -> positions."""
    sdss: str = "https://data.sdss.org/sas"
    """Files of single spectra of SDSS and BOSS, where SPARCL does not answer."""
    desi: str = "https://data.desi.lbl.gov/public"
    """Coadds of DESI, where SPARCL does not answer."""
    cache: Path = Path.home() / ".cache" / "aion-explorer" / "sky"
    """Folder of the answers, which do not change within a data release."""
    cache_bytes: int = 2 * 2**30
    """What the folder may hold; what was not asked for the longest goes first."""
    pace: Mapping[str, float] = field(default_factory=lambda: PACE)

    def __post_init__(self) -> None:
        for name in PACE:
            url = getattr(self, name)
            if not url.startswith(("http://", "https://")):
                raise ConfigError(f"the URL of {name} is {url!r}; one that begins with https:// is expected")
            object.__setattr__(self, name, url.rstrip("/"))
        if self.cache_bytes < 0 or any(seconds < 0 for seconds in self.pace.values()):
            raise ConfigError("the size of the sky's cache and the pace of its services are 0 or more")

    @classmethod
    def from_texts(cls, texts: Mapping[str, str]) -> Self:
        """Of field names and texts: ``{"viewer": "https://…", "cache": "/data/sky", "cache_bytes": "1e9",
        "pace": "0.2"}``, where one pace holds for all services.

        Raises:
            ConfigError: a field that is none, or a text that is no number where one is expected.
        """
        unknown = texts.keys() - {one.name for one in fields(cls)}
        if unknown:
            raise ConfigError(f"{', '.join(sorted(unknown))}: the sky has no such setting")
        values: dict[str, object] = dict(texts)
        try:
            if "cache_bytes" in texts:
                values["cache_bytes"] = int(float(texts["cache_bytes"]))
            if "pace" in texts:
                values["pace"] = dict.fromkeys(PACE, float(texts["pace"]))
        except ValueError as exc:
            raise ConfigError(f"the size of the sky's cache and its pace are numbers: {exc}") from exc
        if "cache" in texts:
            values["cache"] = Path(texts["cache"])
        return cls(**values)  # type: ignore[arg-type]
