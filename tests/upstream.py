"""Run code inside the published package, `polymathic-aion` 0.0.2, in a process of its own:
both packages are called `aion`.

The package is looked for in the folder named by `AION_UPSTREAM`,
else in `.cache/upstream` (`make test` puts it there).
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
HOW = "pip install --no-deps --target .cache/upstream polymathic-aion==0.0.2"

_PROLOGUE = """
import sys, warnings
warnings.filterwarnings("ignore")
import numpy as np, torch
torch.set_num_threads(1)
torch.manual_seed(0)
inputs = dict(np.load(sys.argv[1]))
outputs = {}
"""
_EPILOGUE = """
as_array = lambda value: value.detach().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
np.savez(sys.argv[2], **{name: as_array(value) for name, value in outputs.items()})
"""


def upstream_folder() -> Path:
    """Where the published package is installed; skips the test where it is not."""
    folder = Path(os.environ.get("AION_UPSTREAM") or ROOT / ".cache" / "upstream")
    if not (folder / "aion" / "model.py").is_file():
        pytest.skip(f"the published package is not in {folder}; put it there with: {HOW}")
    return folder


def run_upstream(script: str, **inputs: Any) -> dict[str, np.ndarray[Any, Any]]:
    """Arrays that `script` puts into the dict `outputs`;
    it finds the keyword arguments as arrays in the dict `inputs`.

    numpy (`np`) and torch are imported, torch is seeded with 0 and runs on one thread.
    Pass paths as strings: `str(inputs["folder"])`.
    """
    folder = upstream_folder()
    with TemporaryDirectory() as scratch:
        given, made = Path(scratch) / "inputs.npz", Path(scratch) / "outputs.npz"
        np.savez(given, **{name: _array(value) for name, value in inputs.items()})
        environment = {
            **os.environ,
            "PYTHONPATH": str(folder),
            "OMP_NUM_THREADS": "1",
            "HF_HUB_OFFLINE": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = [sys.executable, "-c", _PROLOGUE + script + _EPILOGUE, str(given), str(made)]
        done = subprocess.run(
            command, env=environment, cwd=scratch, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"the published package failed:\n{done.stderr[-3000:]}")
        with np.load(made) as outputs:
            return dict(outputs)


def _array(value: Any) -> np.ndarray[Any, Any]:
    return np.asarray(value.detach() if hasattr(value, "detach") else value)
