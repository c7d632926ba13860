"""docs/conformance.md is what the table of layouts says, and every layout names a definition."""

import re

from tests.io.conformance import PAGE, load, page

STANDARDS = """
votable_columns_by_utype fits_columns_by_utype votable_columns_by_ucd eso_phase3_by_utype
lamost_dr3 lamost_dr5 lamost_dr8 lamost_mrs
sdss_spspec sdss_spec_with_exposures sdss_spec_lite sdss_spplate sdss5_speclite mwm_star
desi_coadd desi_spectra desi_cframe desi_redrock jwst_x1d
mmu_sdss mmu_desi mmu_galah mmu_vipers mmu_apogee mmu_chandra
iraf_onedspec_linear bunit_unknown_loglinear equispec apall_four_bands
multispec_linear multispec_log multispec_chebyshev multispec_legendre multispec_cubic_spline
"""
"""How the names of their layouts begin or end."""


def test_the_conformance_page_is_what_the_table_of_layouts_says() -> None:
    assert PAGE.read_text() == page(), "write it again: python -m tests.io.conformance"


def test_every_standard_has_a_layout() -> None:
    names = " ".join(layout.name for layout in load())
    assert not [name for name in STANDARDS.split() if name not in names]


def test_every_layout_says_where_it_is_defined() -> None:
    assert not [layout.name for layout in load() if not re.search(r"\w{3}", layout.source)]
