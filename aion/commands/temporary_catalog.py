"""A catalog of files that is thrown away: what the model says of them is asked once, and not kept."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aion.explorer.engine import Engine


@contextmanager
def temporary_catalog(files: Sequence[str], engine: "Engine", *, with_p_z: bool = False) -> Iterator[Path]:
    """The folder of the catalog of any input of ``aion batch``, until the end of the block.

    Raises:
        InputError: nothing in them can be read.
    """
    from aion.explorer.survey.opening import open_source
    from aion.explorer.survey.run import Here, run

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "catalog"
        run(open_source(files), out, Here(engine), engine, label="your", with_p_z=with_p_z)
        yield out
