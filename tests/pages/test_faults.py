"""What nobody foresaw: a page says that it is a fault of the program, the log has the traceback,
and the next question is answered."""

from aion.explorer.engine import reconstruction
from aion.explorer.settings import Settings
from aion.explorer.ui.shared import server


def broken(*given, **more):
    raise KeyError("nothing of that name")


def test_a_fault_in_the_engine_is_told_on_the_page_and_logged(upload, monkeypatch, caplog):
    upload("ls_cutout.fits.gz")  # the model is started
    with monkeypatch.context() as patch:
        patch.setattr(reconstruction, "spectrum_result", broken)
        at = upload("sdss_spec.fits")
    assert not at.exception and not at.metric
    [error] = at.error
    assert error.value.startswith("A fault of this program, not of what it was given")
    assert "nothing of that name" in error.value
    assert "Traceback" in caplog.text and "in broken" in caplog.text
    at.run()
    assert not at.error and at.metric, "the same object is asked about again, and answered"


def test_a_fault_while_the_model_starts_is_told_and_logged(settings, monkeypatch, caplog):
    monkeypatch.setattr("aion.explorer.engine.Engine", broken)
    startup = server.Startup(Settings(model=settings.model))
    startup._thread.join(10)
    assert startup.problem is not None and startup.problem.startswith("a fault of this program")
    assert "in broken" in caplog.text
