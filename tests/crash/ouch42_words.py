"""What an OUCH 4.2 client says and is told; layouts as `tests.interop` read them."""

from tests.crash.ledger import Told
from tests.interop import ouch42_definitions as ouch


class Ouch42Words:
    """Orders go by their tokens, which are the client's own ids."""

    wire = "ouch"
    port = "ouch42"
    opening: bytes = b""
    """Said first after each login."""

    def enter(
        self, client_id: str, buys: bool, quantity: int, cents: int, symbol: str, ioc: bool
    ) -> bytes:
        kind = ouch.IMMEDIATE_OR_CANCEL if ioc else ouch.MARKET_HOURS
        side = "B" if buys else "S"
        return ouch.enter_order(client_id, side, quantity, symbol, cents * 100, kind)

    def cancel(self, named: str) -> bytes:
        return ouch.cancel_order(named)

    def replace(self, client_id: str, named: str, quantity: int, cents: int) -> bytes:
        return ouch.replace_order(named, client_id, quantity, cents * 100)

    def told(self, payload: bytes) -> Told:
        """A message in words that all wires share. Raises AssertionError for a wrong one."""
        if payload[:1] == b"B":
            return Told("other")
        match ouch.decode(payload):
            case ouch.Accepted() as message:
                return Told("accepted", message.token)
            case ouch.Executed() as message:
                return Told(
                    "filled",
                    message.token,
                    match_number=message.match_number,
                    quantity=message.shares,
                    cents=message.price // 100,
                )
            case ouch.Replaced() as message:
                return Told(
                    "replaced",
                    message.token,
                    message.previous_token,
                    quantity=message.shares,
                    cents=message.price // 100,
                )
            case ouch.Canceled() as message:
                return Told("canceled", message.token, quantity=message.decrement)
            case ouch.Rejected() as message:
                return Told("rejected", message.token)
            case _:
                return Told("other")
