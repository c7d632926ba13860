"""The weights of an engine: what is known of them, what they read, which are refused; and its settings."""

import pytest
import torch

from aion.errors import ConfigError, WeightsNotFoundError
from aion.explorer.engine import Engine
from aion.explorer.settings import Settings


def test_what_the_weights_do_not_read_is_ignored_with_the_reason(tiny_weights, tmp_path, make_object):
    from aion.model import AION, AIONConfig

    model = AION.from_pretrained(tiny_weights)
    few = AIONConfig(
        dim=32,
        encoder_depth=1,
        decoder_depth=1,
        num_heads=4,
        domains_in=("tok_image", "tok_z"),
        domains_out=("tok_z",),
    )
    AION(few).save_pretrained(tmp_path)
    (tmp_path / "codecs").mkdir()
    for name in ("image", "spectrum", "Z"):
        (tmp_path / "codecs" / name).symlink_to(tiny_weights / "codecs" / name)
    engine = Engine(Settings(model=str(tmp_path), catalog=tmp_path / "none"))
    analysis = engine.analyze(make_object(1))
    assert analysis.used == ("tok_image",) and analysis.neighbors == ()
    assert "not a stream" in analysis.ignored["tok_spectrum_sdss"]
    assert "no codec for FLUX_G" in analysis.ignored["tok_flux_g"]
    engine.close()
    assert model.config.dim == 32


def test_what_the_model_is_is_known(engine, tiny_weights):
    info = engine.info
    assert info.id == str(tiny_weights) and info.revision is None and len(info.sha256) == 64
    assert info.device == "cpu"
    assert info.parameters > 1000 and "tok_z" in info.writes and "tok_image" in info.reads
    assert info.title == str(tiny_weights) and info.notice is None
    assert {"aion", "torch", "numpy"} <= info.versions.keys()


def test_the_card_of_an_embedded_model_gives_its_title_and_notice(tiny_weights, tmp_path):
    for path in tiny_weights.iterdir():
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "model_card.json").write_text(
        '{"title": "AION-sim (embedded)", "notice": "trained on a simulated survey"}'
    )
    engine = Engine(Settings(model=str(tmp_path), catalog=tmp_path / "none"))
    assert engine.info.title == "AION-sim (embedded)"
    assert engine.info.notice == "trained on a simulated survey"
    engine.close()


def test_warming_up_reports_its_progress_to_the_end(engine):
    steps = []
    engine.warm_up(lambda step, share: steps.append((step, share)))
    shares = [share for _, share in steps]
    assert shares == sorted(shares) and steps[-1] == ("Ready", 1.0)
    assert any("codec" in step for step, _ in steps)


def test_weights_that_cannot_be_used_are_refused(tmp_path, tiny_weights):
    with pytest.raises(WeightsNotFoundError, match="no folder"):
        Engine(Settings(model=str(tmp_path / "nowhere")))
    with pytest.raises(ConfigError, match="AION_DEVICE"):
        Settings(device="tpu")
    if not torch.cuda.is_available():
        with pytest.raises(ConfigError, match="no CUDA device"):
            Engine(Settings(model=str(tiny_weights), device="cuda"))


def test_settings_come_from_the_environment_and_hide_the_token(tmp_path):
    settings = Settings.from_environment(
        {"AION_MODEL": "a/b", "AION_CATALOG": str(tmp_path), "HF_TOKEN": "secret", "AION_DEVICE": ""}
    )
    assert settings.model == "a/b" and settings.catalog == tmp_path and settings.device == "auto"
    assert settings.token == "secret"
    assert "secret" not in repr(settings)
    assert Settings.from_environment({}).model.endswith("aion-sim")
