"""One text looked up in the archives, in a thread of its own, so that whoever asked can look on and stop."""

from aion.sky.archive import Archive
from aion.sky.gather import Finding, gather
from aion.sky.resolve import SkyPlace, resolve
from aion.sky.search_progress import SearchProgress
from aion.stoppable import StoppableWork


class Search(StoppableWork[SearchProgress]):
    """Where the text is in the sky, and what the archives have there."""

    def __init__(self, text: str, archive: Archive) -> None:
        self.text = text
        self.place: SkyPlace | None = None
        """None until it is known."""
        self.finding: Finding | None = None
        """None until it is done; and where there is a problem, or it was stopped."""
        self._archive = archive
        super().__init__(SearchProgress(), "aion-sky-search")

    def _work(self) -> None:
        self.place = resolve(self.text, self._archive, self.progress)
        self.finding = gather(self.place, self._archive, self.progress)
