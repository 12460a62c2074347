"""What an OUCH 5.0 client says and is told; layouts as `tests.interop` read them."""

from tests.crash.ledger import Told
from tests.interop import ouch50_definitions as ouch


class Ouch50Words:
    """Orders go by UserRefNums, given in the order of the requests; ids travel along as ClOrdIDs.

    A request that is said again keeps its number: the venue must answer each number once.
    """

    wire = "ouch50"
    port = "ouch50"
    opening = ouch.account_query()
    """The answer stands among the answers to orders, and so must tell the number after them."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._ids: dict[int, str] = {}
        self._answered = 0
        """The highest number that was answered."""

    def _number(self, client_id: str) -> int:
        number = self._numbers.setdefault(client_id, len(self._numbers) + 1)
        self._ids[number] = client_id
        return number

    def enter(
        self, client_id: str, buys: bool, quantity: int, cents: int, symbol: str, ioc: bool
    ) -> bytes:
        return ouch.enter_order(
            *(self._number(client_id), "B" if buys else "S", quantity, symbol, cents * 100),
            ouch.IMMEDIATE_OR_CANCEL if ioc else ouch.DAY,
            order_id=client_id,
        )

    def cancel(self, named: str) -> bytes:
        return ouch.cancel_order(self._numbers[named])

    def replace(self, client_id: str, named: str, quantity: int, cents: int) -> bytes:
        old, new = self._numbers[named], self._number(client_id)
        return ouch.replace_order(old, new, quantity, cents * 100, order_id=client_id)

    def told(self, payload: bytes) -> Told:
        """A message in words that all wires share. Raises AssertionError for a wrong one."""
        match ouch.decode(payload):
            case ouch.Accepted() as message:
                return Told("accepted", self._first_answer(message))
            case ouch.Executed() as message:
                return Told(
                    "filled",
                    self._id(message.number),
                    match_number=message.match_number,
                    quantity=message.quantity,
                    cents=message.price // 100,
                )
            case ouch.Replaced() as message:
                return Told(
                    "replaced",
                    self._first_answer(message),
                    self._id(message.previous),
                    quantity=message.quantity,
                    cents=message.price // 100,
                )
            case ouch.Canceled() as message:
                return Told("canceled", self._id(message.number), quantity=message.decrement)
            case ouch.Rejected() as message:
                return Told("rejected", self._first_answer(message))
            case ouch.NextNumber() as message:
                expected = self._answered + 1
                assert message.number == expected, f"expected number {expected}, got {message}"
        return Told("other")

    def _id(self, number: int) -> str:
        return self._ids.get(number, f"UserRefNum {number}")

    def _first_answer(self, message: ouch.Accepted | ouch.Replaced | ouch.Rejected) -> str:
        """The id of an order whose number must be above all that were answered before."""
        assert message.number > self._answered, f"{self._answered} was answered before {message}"
        self._answered = message.number
        client_id = self._id(message.number)
        assert message.order_id == client_id, f"expected {client_id}, got {message}"
        return client_id
