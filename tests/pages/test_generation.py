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


def test_how_it_is_drawn_stays_chosen_while_another_page_is_looked_at(upload) -> None:
    at = unfold(upload("sdss_spec.fits"), "generate")
    widget(at.selectbox, "generate-target").select("flux_r")
    widget(at.number_input, "generate-samples").set_value(2)
    widget(at.number_input, "generate-seed").set_value(7).run()
    at = at.switch_page("pages/model.py").run().switch_page("pages/analyze.py").run()
    at = unfold(at, "generate")
    assert widget(at.selectbox, "generate-target").value == "flux_r"
    kept = [widget(at.number_input, f"generate-{name}").value for name in ("samples", "seed")]
    assert kept == [2, 7] and not at.exception


def lab_finished(at):
    """The page once what was asked in the token lab is over."""
    end = time.monotonic() + PATIENCE
    while session(at).lab.job is not None and time.monotonic() < end:
        session(at).lab.job.wait(PATIENCE)
        at.run()
    assert not at.exception
    return at


def test_the_token_lab_maps_the_surprise_and_lists_what_is_most_surprising(upload) -> None:
    at = unfold(upload("sdss_spec.fits", "ls_cutout.fits.gz"), "tokens")
    assert {"tokens-tok_image", "tokens-tok_spectrum_sdss"} <= drawn(at).keys()
    widget(at.button, "lab-surprise").click().run()
    at = lab_finished(at)
    assert [one.key for one in session(at).lab.surprise] and "mean surprise" in shown(at)
    color = widget(at.selectbox, "lab-color")
    assert color.options == ["Surprise (nats)", "Entropy (nats)", "Residual (σ)", "Token id"]
    [table] = [one.value for one in at.dataframe if "Surprise (nats)" in one.value]
    assert len(table) == 10 and table["Surprise (nats)"][:5].is_monotonic_decreasing
    parts = [part for part in table["Part"] if part.startswith("SDSS spectrum")]
    assert len(parts) == 5 and all(float(part.split()[4]) < 9600 for part in parts)  # where the data end
    color.select("Residual (σ)").run()
    [table] = [one.value for one in at.dataframe if "Residual (σ)" in one.value]
    assert table["Residual (σ)"][:5].is_monotonic_decreasing
    session(at).switch(None)
    assert session(at).lab.surprise is None


def test_a_wavelength_range_is_marked_and_filled_in_with_its_mark(upload) -> None:
    at = unfold(upload("sdss_spec.fits"), "tokens")
    widget(at.number_input, "lab-from").set_value(5000.0)
    widget(at.number_input, "lab-to").set_value(5200.0).run()
    widget(at.button, "lab-range").click().run()
    marked = session(at).lab.marked["tok_spectrum_sdss"]
    assert marked == tuple(range(59, 68))
    assert "Let the model fill in 9 of 273 tokens" in [button.label for button in at.button]
    widget(at.button, "lab-fill").click().run()
    at = lab_finished(at)
    assert "**Generated, not observed**" in shown(at) and "9 tokens were drawn" in shown(at)
    assert "spectrum_sdss-fill-in-generated-not-observed" in drawn(at)
    session(at).look_at(0)
    assert session(at).lab.filled is None and not session(at).lab.marked


def test_a_range_without_a_token_is_told(upload) -> None:
    at = unfold(upload("sdss_spec.fits"), "tokens")
    widget(at.number_input, "lab-from").set_value(5200.0)
    widget(at.number_input, "lab-to").set_value(5000.0).run()
    widget(at.button, "lab-range").click().run()
    assert "No token lies between 5200 and 5000 Å" in shown(at)


def test_what_cannot_be_drawn_is_told(upload) -> None:
    at = unfold(upload("sdss_spec.fits"), "generate")
    widget(at.selectbox, "generate-target").select("spectrum_sdss")
    at.run()
    widget(at.button, "generate-start").click().run()
    at = finished(at)
    assert "Nothing is left to read" in shown(at) and session(at).generated is None
