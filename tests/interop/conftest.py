"""A venue for each test or each module, killed afterwards whatever happened."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.venue_process import VenueProcess
from tests.interop.victim import Victim


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[VenueProcess]:
    """A running venue without configuration, on ports and data of its own."""
    yield from _running(tmp_path / "venue")


@pytest.fixture(scope="module")
def shared_venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VenueProcess]:
    """One venue for all tests of a module, none of which may matter to the next."""
    yield from _running(tmp_path_factory.mktemp("shared") / "venue")


@pytest.fixture(scope="module")
def _long_trading(shared_venue: VenueProcess) -> Iterator[Victim]:
    victim = Victim(shared_venue.ports["ouch42"])
    yield victim
    victim.leave()


@pytest.fixture
def victim(_long_trading: Victim) -> Iterator[Victim]:
    """A client that trades before and after each test of the module."""
    _long_trading.trade_on()
    yield _long_trading
    _long_trading.trade_on()


def _running(folder: Path) -> Iterator[VenueProcess]:
    folder.mkdir()
    venue = VenueProcess(folder)
    try:
        venue.start()
        yield venue
    finally:
        venue.kill()
        # pytest shows captured output of failed tests only.
        print(venue.log)
