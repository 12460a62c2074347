"""A venue for each test, killed afterwards whatever happened."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.venue_process import VenueProcess


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[VenueProcess]:
    """A running venue without configuration, on ports and data of its own."""
    folder = tmp_path / "venue"
    folder.mkdir()
    venue = VenueProcess(folder)
    try:
        venue.start()
        yield venue
    finally:
        venue.kill()
        # pytest shows captured output of failed tests only.
        print(venue.log)
