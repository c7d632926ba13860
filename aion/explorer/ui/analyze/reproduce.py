"""The same numbers without the page: as Python and as a command, for the object that is open."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import streamlit as st

from aion.explorer.export.reproduce import Recipe
from aion.explorer.results import Analysis
from aion.explorer.ui.analyze import image_panel, redshift_panel
from aion.explorer.ui.shared import layout
from aion.explorer.ui.shared.session import Session, current_session


def recipe(analysis: Analysis, session: Session) -> Recipe:
    """What the open analysis was made of, and how it is looked at."""
    images = tuple(image_panel.image_options(image, number) for number, image in enumerate(analysis.images))
    return Recipe(
        id=analysis.id,
        files=tuple(_path(file) for file in session.files),
        weights=analysis.model.sha256,
        overrides=session.overrides,
        use=None if session.use is None else analysis.used,
        prior=session.prior,
        recalibration=session.recalibration_name,
        place=_place(session),
        shown=replace(redshift_panel.display_options(), images=images),
    )


def reproduce_panel(analysis: Analysis) -> None:
    """Text to copy; both run in a folder that holds the files, and give the numbers of the page."""
    layout.fold(
        "These numbers again: as Python, as a command",
        partial(_texts, analysis),
        icon=":material/terminal:",
        key="again",
    )


def _texts(analysis: Analysis) -> None:
    analysis_recipe = recipe(analysis, current_session())
    if current_session().origin == "upload":
        st.caption("Run it where the uploaded files are; the rest of the settings is in it.")
    if current_session().origin == "sky":
        st.caption(
            "It asks the archives as this page did."
            if analysis_recipe.place
            else "Run it where these files are: the session bundle under Download has them."
        )
    if current_session().origin == "own":
        st.caption(
            "Run it with `AION_CATALOG` set to the folder of your catalog: download it on the Batch page "
            "and unpack it."
        )
    python, command = st.tabs(["Python", "Command"])
    python.code(analysis_recipe.python(), language="python")
    command.code(analysis_recipe.command(), language="bash", wrap_lines=True)


def _place(session: Session) -> tuple[str, str] | None:
    """Under which option of the command line the archives give the files that are open; None where other
    spectra than the best were chosen, or the files are not of archives."""
    finding = session.finding
    names = [getattr(file, "name", "") for file in session.files]
    if finding is None or session.origin != "sky" or names != [file.name for file in finding.files()]:
        return None
    place = finding.place
    if place.how == "id" and place.spectrum is not None and place.spectrum.id.isdigit():
        return "targetid", place.spectrum.id
    return ("name" if place.how == "name" else "at"), place.text


def _path(file: object) -> str:
    """Of an example, as seen from the folder in which the application was started; of an upload, its name."""
    if isinstance(file, Path):
        return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)
    return str(getattr(file, "name", "file"))
