"""How the open analysis is looked at: what its widgets say, as the figures take it. Draws nothing."""

from aion.explorer import figures
from aion.explorer.results import Analysis
from aion.explorer.ui import image_panel, redshift_panel
from aion.explorer.ui.state import session


def shown(analysis: Analysis) -> figures.Shown:
    """The page as it is now. A swipe, which no figure is, becomes panels side by side."""
    extent, log = redshift_panel.density_shown()
    images = tuple(image_panel.shown(image, number) for number, image in enumerate(analysis.images))
    return figures.Shown(session().z, extent, log, redshift_panel.spectra_shown(), images)
