"""The part of the Analyze page that generates: asked for, marked, and gone with its object."""

import time

from tests.pages.conftest import PATIENCE, drawn, session, shown, unfold, widget


def finished(at):
    """The page once the generation is over."""
    end = time.monotonic() + PATIENCE
    while session(at).generation is not None and time.monotonic() < end:
        session(at).generation.wait(PATIENCE)
        at.run()
    return at


def test_what_is_missing_comes_first_and_is_drawn_when_asked_for(upload) -> None:
    at = unfold(upload("sdss_spec.fits"), "generate")
    choice = widget(at.selectbox, "generate-target")
    assert choice.options[0] == "Legacy Survey image (missing)"
    assert "SDSS spectrum (to be withheld)" in choice.options
    assert session(at).generated is None
    choice.select("flux_r")
    widget(at.number_input, "generate-samples").set_value(2)
    at.run()
    widget(at.button, "generate-start").click().run()
    at = finished(at)
    made = session(at).generated
    assert made.target == "flux_r" and made.samples == 2 and made.used == ("tok_spectrum_sdss",)
    assert "**Generated, not observed**" in shown(at) and "2 × MaskGIT, seed 0" in shown(at)
    names = [key for key in drawn(at) if "generated-not-observed" in key]
    assert names == ["flux_r-numbers-generated-not-observed"]
    session(at).look_at(0)
    assert session(at).generated is None


def test_what_cannot_be_drawn_is_told(upload) -> None:
    at = unfold(upload("sdss_spec.fits"), "generate")
    widget(at.selectbox, "generate-target").select("spectrum_sdss")
    at.run()
    widget(at.button, "generate-start").click().run()
    at = finished(at)
    assert "Nothing is left to read" in shown(at) and session(at).generated is None
