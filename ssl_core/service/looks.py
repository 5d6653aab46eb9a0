"""What a page may see of a run, many times a second; nothing here changes a run."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from ssl_core.service.pictures import MapSet, Snapshot, UmapFrame
from ssl_core.service.reader import Reader
from ssl_core.service.store import RunFolder
from ssl_core.service.umap_client import UmapClient


class Looks(ABC):
    """The half of a service that only looks.

    Args:
        umap_client: computes UMAP layouts, None if the server offers none.
    """

    def __init__(self, umap_client: UmapClient | None) -> None:
        self._reader, self._umap_client = Reader(), umap_client

    @abstractmethod
    def _folder(self, run_id: str) -> RunFolder:
        """Where a run is.

        Raises:
            UnknownRun: if there is no such run.
        """

    def latest(self, run_id: str) -> Snapshot | None:
        """The last tick, None before the first; cheap while nothing changed."""
        return self._reader.latest(self._folder(run_id))

    def history(self, run_id: str, since: int = 0) -> list[dict[str, Any]]:
        """Ticks from index ``since`` on, oldest first; do not edit them."""
        return self._reader.history(self._folder(run_id), since)

    def map_set(self, run_id: str) -> MapSet | None:
        """The images on the map, None before the run began."""
        return self._reader.map_set(self._folder(run_id))

    def umap(self, run_id: str) -> UmapFrame | None:
        """The last background layout, None before the first."""
        return self._reader.umap(self._folder(run_id))

    def request_umap(self, run_id: str) -> bool:
        """Have the latest features laid out; asking again meanwhile is free.

        Returns:
            Whether a layout is on its way: what could not be laid out once is not tried
            again.
        """
        folder = self._folder(run_id)
        return self._umap_client is not None and self._umap_client.request(folder)

    def checkpoint(self, run_id: str) -> Path | None:
        """The folder of the run's last checkpoint, None before the first."""
        path = self._folder(run_id).checkpoint
        return path if (path / "card.json").is_file() else None
