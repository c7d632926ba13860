"""What a column, an HDU, a row of an image or a dataset is: one vocabulary for every kind of file.

A name is taken apart into words (``flux_err``, ``ERR_FLUX``, ``fluxErr``, ``FLUXERR`` are the same two); a
UCD or utype of the Virtual Observatory goes before the name. Knows no file format and no number of it.
UCD1+: https://www.ivoa.net/documents/UCD1+/ ; utypes: https://www.ivoa.net/documents/SpectrumDM/ (table 1).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache


class Role(StrEnum):
    """What an array of a spectrum is."""

    WAVELENGTH = "wavelength"
    FLUX = "flux"
    ERROR = "standard deviation"
    VARIANCE = "variance"
    INVERSE_VARIANCE = "inverse variance"
    WEIGHT = "weight"
    MASK = "mask"
    RESOLUTION = "resolution"
    MODEL = "model"
    SKY = "sky"
    COUNTS = "counts"
    RESPONSE = "flux of one count"
    OTHER = "other"


UNCERTAINTIES = (Role.INVERSE_VARIANCE, Role.ERROR, Role.VARIANCE, Role.WEIGHT)

# The first row that one of the words of a name is in decides: a mask of the flux is a mask, an error of the
# wavelength none.
_WORDS = {
    Role.MASK: "mask masks bitmask pixmask mmask dq dqf qual quality flag flags bpm badpix bad goodpix "
    "good usable valid ok",
    Role.RESOLUTION: "resolution res lsf fwhm wresl wres wdisp disp dispersion wsig psf specres seeing",
    Role.SKY: "sky background bkg bg bgd subsky skysub backgr",
    Role.RESPONSE: "sensfunc",
    Role.MODEL: "model models bestfit fit synth synthetic template continuum cont syn normalized "
    "normalised norm "
    "normalization smoothed ratio best telluric throughput response sens flat contamination contam",
    Role.COUNTS: "raw counts count gross net adu dn electrons npix nexp exptime exposure time",
    Role.INVERSE_VARIANCE: "ivar ivars invvar inverse inv invv",
    Role.VARIANCE: "var variance variances vari cov covar covariance",
    Role.ERROR: "error errors err errs sigma sig std stdev stddev dev unc uncert uncertainty uncertainties "
    "noise rms e ferr eflux "
    "dflux df deviation se",
    Role.WEIGHT: "weight weights wht wgt wt",
    Role.WAVELENGTH: "wavelength wavelengths wave waves wav lambda lambdas lam wl wvl loglam loglambda "
    "lnlambda lnlam "
    "frequency freq wavenumber energy awav",
    Role.FLUX: "flux fluxes flam fnu flx flambda fluxdensity fl",
}
_WEAK_FLUX = frozenset(re.findall(r"\w+", "spectrum spectra spec data sci intensity signal science"))
"""Words that mean the flux only where nothing else does: ``spectrum_lambda`` is a wavelength, ``spectrum`` a
flux."""
_WHOLE = {
    "f_lambda": Role.FLUX, "f_lam": Role.FLUX, "f_nu": Role.FLUX, "flux_lambda": Role.FLUX,
    "flux_nu": Role.FLUX,
    "spectral_axis": Role.WAVELENGTH, "log_lambda": Role.WAVELENGTH, "x": Role.OTHER,
    "vacuum": Role.OTHER, "bin_lo": Role.OTHER, "bin_hi": Role.OTHER,
}  # fmt: skip
"""Names that are more than their words."""
_NEUTRAL = frozenset(
    re.findall(
        r"\w+",
        "and the of in pix pixel pixels array arr value values vector obs observed main final coadd "
        "combined total object obj "
        "vac vacuum air angstrom angstroms ang aa nm um micron helio heliocentric bary stat statistical "
        "density per unit log "
        "rest restframe "
        "log10 ln one 1 1d 0 s a cm erg target source tot opt optimal horne extract extracted extraction",
    )
)
_KNOWN = {word: role for role, words in _WORDS.items() for word in words.split()}
_GLUED = sorted(
    (word for word in (*_KNOWN, *_NEUTRAL, *_WEAK_FLUX, "or") if len(word) > 1), key=len, reverse=True
)
_UCDS = (  # the first whose words are all in the UCD; https://www.ivoa.net/documents/UCD1+/20180527/
    (("stat.error", "em."), ("phot.",), Role.OTHER),
    (("stat.error", "phot."), (), Role.ERROR),
    (("stat.variance",), (), Role.VARIANCE),
    (("stat.weight",), (), Role.WEIGHT),
    (("meta.code.qual",), (), Role.MASK),
    (("meta.code.error",), (), Role.MASK),
    (("instr.background",), (), Role.SKY),
    (("instr.skylevel",), (), Role.SKY),
    (("spect.continuum",), (), Role.MODEL),
    (("stat.fit",), (), Role.MODEL),
    (("phot.flux.density",), (), Role.FLUX),
    (("phot.flux",), (), Role.FLUX),
    (("phot.count",), (), Role.COUNTS),
    (("spect.resolution",), (), Role.RESOLUTION),
    (("em.wl",), ("phot.", "stat.", "instr."), Role.WAVELENGTH),
    (("em.freq",), ("phot.", "stat.", "instr."), Role.WAVELENGTH),
    (("em.energy",), ("phot.", "stat.", "instr."), Role.WAVELENGTH),
    (("em.wavenumber",), ("phot.", "stat.", "instr."), Role.WAVELENGTH),
)
_UTYPES = (
    ("spectralaxis.value", Role.WAVELENGTH),
    ("fluxaxis.value", Role.FLUX),
    ("fluxaxis.accuracy.staterror", Role.ERROR),
    ("fluxaxis.accuracy.qualitystatus", Role.MASK),
    ("fluxaxis.quality", Role.MASK),
    ("backgroundmodel.value", Role.SKY),
    ("spectralaxis.", Role.OTHER),
    ("fluxaxis.", Role.OTHER),
)
ARMS = frozenset(
    re.findall(r"\w+", "b g r z blue red green nir uvb vis ir uv arm ccd chip upper lower left right i y")
)
"""Words that tell the cameras of one spectrograph apart."""


@dataclass(frozen=True)
class Meaning:
    """What a name, a UCD or a utype says."""

    role: Role
    group: tuple[str, ...] = ()
    """Words that say which of several: ``("b",)`` of ``flux_b``; empty for the main one."""
    by: str = ""
    """The UCD or utype that says so; empty where the name does."""


@lru_cache(maxsize=4096)
def label(name: str, ucd: str = "", utype: str = "") -> Meaning:
    """What an array of this name is."""
    lower_ucd, lower_utype = ucd.lower(), utype.lower()
    for wanted, unwanted, role in _UCDS:
        if all(part in lower_ucd for part in wanted) and not any(part in lower_ucd for part in unwanted):
            main, uncalibrated = "meta.main" in lower_ucd, "uncalib" in lower_ucd
            return _stated(role, name, f"UCD {ucd}", main=main, uncalibrated=uncalibrated)
    for part, role in _UTYPES:
        if part in lower_utype:
            return _stated(role, name, f"utype {utype}", main=_is_main(lower_utype))
    return _by_name(name)


def _stated(role: Role, name: str, by: str, *, main: bool, uncalibrated: bool = False) -> Meaning:
    """What a UCD or utype states. One that says flux of a model or of the sky is less than the name says."""
    by_name = _by_name(name)
    if role is Role.FLUX and not main and by_name.role in (Role.MODEL, Role.SKY):
        return by_name
    return Meaning(role, _variant(name, main, uncalibrated), by)


def _variant(name: str, main: bool, uncalibrated: bool) -> tuple[str, ...]:
    """The group of an array whose role a UCD or utype gives; a name that says nothing of its role sets
    none apart."""
    by_name = _by_name(name)
    if main or (by_name.role is Role.OTHER and not uncalibrated):
        return ()
    return by_name.group or (tuple(name_words(name)) if uncalibrated else ())


def _is_main(utype: str) -> bool:
    """The Spectrum data model's own axes; ESO and others put variants under names of their own."""
    return utype.startswith(("spec:", "spectrum.", "ssa:", "data.", "sed:"))


def _by_name(name: str) -> Meaning:
    bare = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if bare in _WHOLE:
        return Meaning(_WHOLE[bare])
    parts = name_words(name)
    roles = [_KNOWN[part] for part in parts if part in _KNOWN]
    rest = tuple(part for part in parts if part not in _KNOWN and part not in _NEUTRAL | _WEAK_FLUX)
    role = next((role for role in _WORDS if role in roles), None)
    if role in (Role.ERROR, Role.VARIANCE, Role.INVERSE_VARIANCE, Role.WEIGHT) and Role.WAVELENGTH in roles:
        return Meaning(Role.OTHER)
    if role is None and "stat" in parts:  # a variance in the files of MUSE; STAT_ERR is an error all the same
        role = Role.VARIANCE
    if role is None and _WEAK_FLUX & set(parts):
        role = Role.FLUX
    return Meaning(role or Role.OTHER, rest)


@lru_cache(maxsize=4096)
def name_words(name: str) -> list[str]:
    """``"fluxVariance"`` -> ``["flux", "variance"]``; glued words are parted where words of the
    vocabulary fill them."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    parts = re.findall(r"[a-z]+|\d+", spaced.lower())
    return [word for part in parts for word in (_parted(part) or [part])]


def _parted(part: str) -> list[str] | None:
    if part in _KNOWN or part in _NEUTRAL or part in _WEAK_FLUX or not part:
        return [part] if part else []
    for word in _GLUED:
        if part.startswith(word):
            rest = _parted(part[len(word) :])
            if rest is not None and all(len(one) > 1 for one in rest):
                return [word, *rest]
    return None


def marks_good(name: str) -> bool:
    """Whether the name of a mask says that it marks the pixels that are good."""
    return bool({"good", "goodpix", "usable", "valid", "ok"} & set(name_words(name)))


def marks_bad(name: str) -> bool:
    """Whether the name of a mask says that it marks the pixels that are bad."""
    return bool({"bad", "badpix", "bpm"} & set(name_words(name)))


@dataclass(frozen=True)
class Layout:
    """Which arrays make one spectrum, by name; the others are `unused`, under what they are."""

    group: tuple[str, ...]
    roles: Mapping[Role, str]
    unused: Mapping[str, Role]


def layouts(labels: Mapping[str, Meaning], order: Iterable[Role] = UNCERTAINTIES) -> list[Layout]:
    """The spectra that arrays of these labels make: one of the main group, or one for each camera or
    extraction.

    A group without wavelengths of its own has those of the main group.
    """
    groups: dict[tuple[str, ...], dict[Role, str]] = {}
    for name in sorted(labels, key=_plainness):
        groups.setdefault(labels[name].group, {}).setdefault(labels[name].role, name)
    main = groups.get((), {})
    shared = {role: main[role] for role in (Role.WAVELENGTH, Role.MASK) if role in main}
    complete = {
        group: shared | roles
        for group, roles in groups.items()
        if Role.FLUX in roles and (Role.WAVELENGTH in roles or Role.WAVELENGTH in shared)
    }
    # what has the words of another and more is a variant of it: RED_DATA_NOSS of RED_DATA
    complete = {
        group: roles
        for group, roles in complete.items()
        if not any(set(other) < set(group) for other in complete)
    }
    found = [Layout(group, _used(roles, order), {}) for group, roles in complete.items()]
    taken = {name for one in found for name in one.roles.values()}
    unused = {name: one.role for name, one in labels.items() if name not in taken}
    return [replace(one, unused=unused if one is found[0] else {}) for one in found]


def _used(roles: Mapping[Role, str], order: Iterable[Role]) -> dict[Role, str]:
    """Of the arrays of one spectrum those that are read: one uncertainty of the several that may say the
    same."""
    uncertainty = next((role for role in order if role in roles), Role.OTHER)
    wanted = (Role.WAVELENGTH, Role.FLUX, uncertainty, Role.MASK, Role.RESPONSE)
    return {role: roles[role] for role in wanted if role in roles and role is not Role.OTHER}


def _plainness(name: str) -> tuple[bool, int, bool, bool, int, str]:
    """Which of two names of one role is meant: as observed before at rest, strong words before weak,
    vacuum before air, linear before logarithm, short.
    """
    parts = name_words(name)
    weak = not any(part in _KNOWN for part in parts) and name.lower() not in _WHOLE
    at_rest = bool({"rest", "restframe"} & set(parts))
    logarithm = bool({"loglam", "log", "loglambda", "ln"} & set(parts))
    return (at_rest, weak, "air" in parts, logarithm, len(parts), name)
