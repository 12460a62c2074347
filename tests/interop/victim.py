"""A client in good order, on whom nobody else's mistakes may have any effect."""

from tests.interop import ouch42_definitions as ouch
from tests.interop.soup_packets import RawSoup, packet

PRICE = 187 * ouch.PRICE_UNIT
NAME = "TRADER"


class Victim:
    """Each of its orders is answered as if it were alone."""

    def __init__(self, port: int) -> None:
        self._line = RawSoup.login(port, NAME, idle_ms="99999")
        assert ouch.decode(self._line.message()) == ouch.SystemEvent("S")
        self._orders = 0
        self._last_reference = 0

    def trade_on(self) -> None:
        """Enter, reduce, replace and cancel; every answer is checked."""
        self._orders += 1
        old, new = f"V{self._orders}", f"W{self._orders}"
        self._line.order(
            ouch.enter_order(old, "B", 100, "TSLA", PRICE),
            ouch.cancel_order(old, 60),
            ouch.replace_order(old, new, 50, PRICE - 100),
            ouch.cancel_order(new),
        )
        told = [ouch.decode(self._line.message()) for _ in range(4)]
        entered, replaced = told[0].order_reference, told[2].order_reference
        lives = ouch.MARKET_HOURS
        assert told == [
            ouch.Accepted(old, "B", 100, "TSLA", PRICE, lives, entered, "L"),
            ouch.Canceled(old, 40, "U"),
            ouch.Replaced(new, 50, PRICE - 100, replaced, "L", old, stock="TSLA"),
            ouch.Canceled(new, 50, "U"),
        ]
        assert self._last_reference < entered < replaced
        self._last_reference = replaced

    def leave(self) -> None:
        """Nothing was told that is not checked above, and it can all be told again."""
        self._line.send(packet("O"))
        assert self._line.rest() == []
        assert set(self._line.types) <= set("ASH")
        self._line.close()
