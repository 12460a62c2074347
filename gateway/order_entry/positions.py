"""What every account bought and sold today: a fold of executions and busts."""

from matching.types import Side

BOUGHT, SOLD = 0, 1
_BUY = Side.BUY


class Positions:
    """Quantities by account and instrument, in the instrument's units: at most accounts times
    instruments. A broken trade is taken back; a new day begins at nothing."""

    __slots__ = ("_accounts", "last_prices")

    def __init__(self) -> None:
        self._accounts: dict[int, dict[int, list[int]]] = {}
        self.last_prices: dict[int, int] = {}
        """By instrument_id: of the latest execution, broken or not."""

    def note(self, account_id: int, instrument_id: int, side: Side, quantity: int) -> None:
        """A fill of the account; a negative quantity takes one back."""
        try:
            position = self._accounts[account_id][instrument_id]
        except KeyError:
            account = self._accounts.setdefault(account_id, {})
            position = account[instrument_id] = [0, 0]
        position[BOUGHT if side is _BUY else SOLD] += quantity

    def of(self, account_id: int) -> list[tuple[int, int, int]]:
        """(instrument_id, bought, sold) of what the account traded, ascending; what was broken in
        whole is left out."""
        account = self._accounts.get(account_id, {})
        return [
            (instrument_id, position[BOUGHT], position[SOLD])
            for instrument_id, position in sorted(account.items())
            if any(position)
        ]

    def clear(self) -> None:
        """A new day."""
        self._accounts.clear()
        self.last_prices.clear()
