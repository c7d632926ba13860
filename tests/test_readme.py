"""What README says is so: its Python runs, its links and make targets exist,
its configuration is the one that is read."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from aion.explorer.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
EMBEDDED = ROOT / "assets" / "models" / "aion-sim"
SPECTRUM = ROOT / "tests" / "data" / "sdss_spec.fits"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, tiny_weights: Path) -> Path:
    """A folder in which the names of README exist: a spectrum, the embedded model
    and, in place of the Hub's, a tiny one."""
    weights = EMBEDDED if (EMBEDDED / "config.json").is_file() else tiny_weights
    for name, target in {
        "assets/models/aion-sim": weights,
        "polymathic-ai/aion-base": tiny_weights,
        "spectrum.fits": SPECTRUM,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).symlink_to(target)
    return tmp_path


def test_the_python_of_the_readme_runs_from_top_to_bottom(folder: Path) -> None:
    script = "\n".join(blocks("python"))
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"z = \d", done.stdout)


def test_the_make_targets_and_files_it_names_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", README, flags=re.DOTALL))
    targets = set(re.findall(r"\bmake ([a-z]+)", "\n".join([*blocks("console"), *inline])))
    assert {"app", "test"} <= targets
    assert not {target for target in targets if not re.search(rf"^{target}:", makefile, flags=re.MULTILINE)}
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert link.startswith(("https://", "docs/images/")) or (ROOT / link).exists(), link


def test_the_configuration_it_lists_is_the_one_that_is_read() -> None:
    named = dict(re.findall(r"^\| `(AION_\w+|HF_TOKEN)` \| (.*?) \|", README, flags=re.MULTILINE))
    other = {
        "AION_DEVICE": "cpu",
        "AION_PRECISION": "float32",
        "AION_SKY": "no",
        "AION_ALADIN": "https://other",
    }
    changed = {name: Settings.from_environment({name: other.get(name, "other")}) for name in named}
    assert all(settings != Settings() for settings in changed.values())
    assert named.keys() == {
        "AION_MODEL",
        "AION_REVISION",
        "AION_DEVICE",
        "AION_PRECISION",
        "AION_CATALOG",
        "AION_RECALIBRATION",
        "AION_INDEXES",
        "AION_OWN",
        "AION_HEADS",
        "AION_INSPECTION",
        "AION_SKY",
        "AION_ALADIN",
        "HF_TOKEN",
    }
    for name, value in {"AION_MODEL": Settings().model, "AION_CATALOG": str(Settings().catalog)}.items():
        assert named[name].strip("`") == str(Path(value).relative_to(ROOT))


def test_the_commands_it_shows_are_understood() -> None:
    from aion.__main__ import _parser

    shown = [line for block in blocks("console") for line in block.splitlines() if line.startswith("$ aion ")]
    assert len(shown) == 19
    for line in shown:
        _parser().parse_args(line.split("#")[0].split()[2:])
