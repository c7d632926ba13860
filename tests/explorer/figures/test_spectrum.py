"""Figures of a spectrum: units and frame, masked pixels, lines, smoothing; and spectra that are compared."""

import base64
from dataclasses import replace

import numpy as np
import pytest
from astropy import units as u

from aion.catalog import SmallSpectrum
from aion.constants import SPEED_OF_LIGHT
from aion.explorer import figures
from aion.explorer.figures import DARK, LIGHT
from aion.lines import LINE, LineSet, own_line
from tests.explorer.figures import samples
from tests.explorer.figures.conftest import titles, trace


def test_the_axes_of_a_spectrum_state_units_and_frame():
    figure = figures.spectrum(samples.spectrum())
    assert "Observed wavelength, vacuum (Å)" in titles(figure, "x")
    assert "Flux (1e-17 erg s⁻¹ cm⁻² Å⁻¹)" in titles(figure, "y")
    assert "Residual (σ)" in titles(figure, "y")


def test_a_one_pixel_line_of_a_long_spectrum_is_drawn_at_full_height():
    figure = figures.spectrum(samples.spectrum(pixels=60_000))
    assert max(trace(figure, "Data").y) == 80.0
    assert len(trace(figure, "Data").x) < 10_000


def test_the_line_has_a_gap_over_masked_pixels_whose_values_are_a_click_away():
    result = samples.spectrum()
    flux = np.where(result.bad, 0.0, result.flux)  # as surveys fill what they mask
    figure = figures.spectrum(replace(result, flux=flux))
    drawn = {trace.name: trace for trace in figure.data}
    assert np.isnan(drawn["Data"].y[result.bad]).all() and np.isfinite(drawn["Data"].y[~result.bad]).all()
    assert drawn["Masked data"].visible == "legendonly" and (drawn["Masked data"].y == 0).all()
    assert len(drawn["Masked data"].x) == result.bad.sum()
    band = drawn["±1σ"].y
    assert band.min() > 0.5 * np.median(flux), "the band does not fall to the values of masked pixels either"


def test_masked_stretches_and_the_atmosphere_are_shaded():
    names = [shape.name for shape in figures.spectrum(samples.spectrum()).layout.shapes]
    assert names.count("masked") == 1
    assert {"telluric A band", "telluric B band", "5577 Å sky line"} <= set(names)


def test_lines_move_with_the_redshift():
    def place(z):
        return next(
            shape.x0
            for shape in figures.spectrum(samples.spectrum(), z=z).layout.shapes
            if shape.name == "Hβ"
        )

    assert place(0.1) == pytest.approx(4862.68 * 1.1)
    assert place(0.2) == pytest.approx(4862.68 * 1.2)
    assert not [shape for shape in figures.spectrum(samples.spectrum()).layout.shapes if shape.name == "Hβ"]


def test_overlay_spectra_are_divided_by_their_median_and_move_to_rest():
    spectrum = samples.small_spectrum()
    both = [
        figures.OverlaySpectrum("a", spectrum, 0.5),
        figures.OverlaySpectrum("b", SmallSpectrum(spectrum.wavelength, 7 * spectrum.flux), 1.0),
    ]
    seen, rest = figures.overlay_spectra(both), figures.overlay_spectra(both, rest=True)
    np.testing.assert_allclose(seen.data[0].y, seen.data[1].y, rtol=1e-6)
    assert np.nanmedian(seen.data[0].y) == pytest.approx(1)
    assert rest.data[1].x[0] == pytest.approx(spectrum.wavelength[0] / 2)
    assert "Rest wavelength" in rest.layout.xaxis.title.text
    assert "Observed wavelength" in seen.layout.xaxis.title.text


def test_a_small_spectrum_is_drawn_with_its_gap_in_a_kilobyte():
    url = figures.spark(samples.small_spectrum())
    drawing = base64.b64decode(url.split(",")[1]).decode()
    assert url.startswith("data:image/svg+xml") and drawing.count("M") == 2 and LIGHT.ink in drawing
    long = np.linspace(3600, 9800, 7781)
    assert len(figures.spark(SmallSpectrum(long, np.sin(long / 100)), theme=DARK)) < 4000


def test_at_rest_the_lines_stand_still_and_the_data_move():
    def at(z):
        return figures.spectrum(samples.spectrum(), z=z, view=figures.View(rest=True))

    def place(z):
        return next(shape.x0 for shape in at(z).layout.shapes if shape.name == "Hβ")

    assert place(0.1) == pytest.approx(place(0.2)) == pytest.approx(4862.68)
    assert trace(at(0.2), "Data").x[0] == pytest.approx(3800 / 1.2)
    assert "Rest wavelength at z = 0.2000, vacuum (Å)" in titles(at(0.2), "x")
    band = next(shape.path for shape in at(0.2).layout.shapes if shape.name == "telluric A band")
    assert f"{7592 / 1.2:.2f}" in band


def test_a_click_in_a_spectrum_gives_an_observed_wavelength_whatever_the_axis_shows():
    result = samples.spectrum()
    for name, shown in {"Data": result, "Decoded from tokens": samples.spectrum(with_data=False)}.items():
        picked = trace(figures.spectrum(shown, z=0.5, view=figures.View(rest=True)), name)
        np.testing.assert_allclose(picked.customdata[:, 0], np.asarray(picked.x) * 1.5, rtol=1e-6)
        np.testing.assert_allclose(picked.customdata[:, 0], shown.wavelength, rtol=1e-6)


def test_smoothing_changes_what_is_drawn_and_not_the_residual():
    plain, smoothed = (
        figures.spectrum(samples.spectrum(), view=figures.View(smoothing=pixels)) for pixels in (1, 9)
    )
    assert max(trace(smoothed, "Data, mean of 9 pixels").y) < max(trace(plain, "Data").y)
    np.testing.assert_array_equal(
        trace(plain, "(data − decoded) / σ").y, trace(smoothed, "(data − decoded) / σ").y
    )
    with pytest.raises(ValueError, match="odd number"):
        figures.View(smoothing=4)


def test_lines_at_rest_follow_no_redshift_and_every_line_has_its_name():
    assert figures.line_marks().follows and not figures.line_marks(view=figures.View(rest=True)).follows
    assert all(shape["label"]["text"] == shape["name"] for shape in figures.line_marks().shapes)


def test_emission_and_absorption_lines_are_chosen_apart():
    chosen = figures.View(LineSet(frozenset({"absorption"})))
    names = {
        shape.name
        for shape in figures.spectrum(samples.spectrum(), z=0.1, view=chosen).layout.shapes
        if shape.type == "line"
    }
    assert {"Ca H", "Ca K"} <= names and "Hβ" not in names


def test_an_own_line_is_drawn_in_its_color_and_its_name_is_no_markup():
    chosen = figures.View(LineSet(own=(own_line("<b>DIB</b>", 6284.0),)))
    [mark] = [one for one in figures.line_marks(view=chosen).shapes if one["name"] == "<b>DIB</b>"]
    assert (mark["x0"], mark["line"]["color"]) == (6284.0, figures.LIGHT.reference)
    assert mark["label"]["text"] == "&lt;b&gt;DIB&lt;/b&gt;"
    drawn = figures.spectrum(samples.spectrum(), z=0.1, view=chosen)
    [line] = [shape for shape in drawn.layout.shapes if shape.name == "<b>DIB</b>"]
    assert line.x0 == pytest.approx(6284.0 * 1.1)


def test_velocities_are_counted_from_a_line_at_the_redshift():
    line = LINE["Hβ 4863"]
    view = figures.View(around=line)
    drawn = figures.spectrum(samples.spectrum(), z=0.1, view=view)
    data = trace(drawn, "Data")
    velocity = SPEED_OF_LIGHT * (data.customdata[:, 0] / (1.1 * line.rest) - 1)
    np.testing.assert_allclose(data.x, velocity, atol=0.1)
    assert drawn.layout.xaxis.range == pytest.approx((-6000, 6000))
    assert "Velocity from Hβ at z = 0.1000 (km/s)" in titles(drawn, "x")
    places = {shape.name: shape.x0 for shape in drawn.layout.shapes if shape.type == "line"}
    assert places["Hβ"] == pytest.approx(0, abs=1e-6) and "Hα" not in places
    marks = figures.line_marks(view=view)
    assert not marks.follows
    assert {mark["name"]: mark["x0"] for mark in marks.shapes}["Hβ"] == pytest.approx(0, abs=1e-9)


def test_flux_per_frequency_and_magnitudes_are_those_of_the_flux_per_wavelength():
    result = samples.spectrum()
    nu, ab = (figures.spectrum(result, view=figures.View(flux=scale)) for scale in ("Fν", "AB"))
    wavelength = result.wavelength * u.AA
    flux = np.where(result.bad, np.nan, result.flux) * 1e-17 * u.erg / u.s / u.cm**2 / u.AA
    density = flux.to(u.uJy, u.spectral_density(wavelength))
    np.testing.assert_allclose(trace(nu, "Data").y, density.value, rtol=1e-5)
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(trace(ab, "Data").y, density.to(u.ABmag).value, rtol=1e-4)
    faint, bright = ab.layout.yaxis.range
    assert faint > bright and {"Flux density (µJy)", "AB magnitude"} <= {*titles(nu, "y"), *titles(ab, "y")}
    np.testing.assert_array_equal(
        trace(nu, "(data − decoded) / σ").y,
        trace(figures.spectrum(result), "(data − decoded) / σ").y,
    )
