"""Runs that are killed at random moments, and at last one that is not.

``python -m tests.explorer.survey.killed FILES OUT WEIGHTS CATALOG``. Everything is imported once; each run is
a fork of this process, which itself has no threads.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import torch

from aion.explorer.engine import Engine
from aion.explorer.settings import Settings
from aion.explorer.survey import opening
from aion.explorer.survey.opening import open_source
from aion.explorer.survey.run import Here, run

KILLS = 20
LONGEST = 5.0
"""Seconds that a run is taken to need at most: on a busy machine more of them are killed early."""


def start(folder: Path, out: Path, settings: Settings) -> int:
    """The process of a run."""
    child = os.fork()
    if child:
        return child
    try:
        engine = Engine(settings)
        done = run(open_source([folder]), out, Here(engine), engine, with_p_z=True).is_complete
    except BaseException as exc:
        print(repr(exc), file=sys.stderr)
        os._exit(2)
    os._exit(0 if done else 1)


def main(folder: Path, out: Path, settings: Settings) -> int:
    """Kill so many runs, each some time after it began; the exit code of the last."""
    began = time.monotonic()
    os.waitpid(start(folder, out.with_name("undisturbed"), settings), 0)
    takes = min(time.monotonic() - began, LONGEST)
    chance = random.Random(0)
    for _ in range(KILLS):
        child = start(folder, out, settings)
        time.sleep(chance.uniform(0.1, 0.7) * takes)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(os.waitpid(start(folder, out, settings), 0)[1])


if __name__ == "__main__":
    torch.set_num_threads(1)
    opening.FILES = 3
    files, out, weights, catalog = sys.argv[1:]
    settings = Settings(model=weights, device="cpu", precision="float32", catalog=Path(catalog))
    sys.exit(main(Path(files), Path(out), settings))
