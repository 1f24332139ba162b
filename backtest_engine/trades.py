"""Round trips: from the first copy bought while flat to the last one sold."""

from dataclasses import dataclass

from backtest_engine.result import Result

DUST = 1e-9  # of a copy


@dataclass(frozen=True)
class Trade:
    """Days count from the result's first. `gain` is after fees; `closed` None while it is open."""

    instrument: int
    opened: int
    closed: int | None
    copies: float
    paid: float
    received: float
    decided: int

    @property
    def gain(self) -> float:
        """Received over paid, minus 1; of what is still open, only what has come back."""
        return self.received / self.paid - 1.0


def trades_of(result: Result) -> list[Trade]:
    """In the order they were closed, then the open ones by instrument."""
    going: dict[int, Trade] = {}
    held: dict[int, float] = {}
    done: list[Trade] = []
    told = result.fills
    rows = zip(
        told.instrument, told.day, told.copies, told.price, told.fee, told.decided, strict=True
    )
    for instrument, day, copies, price, fee, decided in rows:
        key, money = int(instrument), float(copies * price + fee)
        trade = going.get(key)
        if trade is None:
            trade = Trade(key, int(day), None, 0.0, 0.0, 0.0, int(decided))
        bought, spent = max(float(copies), 0.0), max(money, 0.0)
        trade = Trade(
            key,
            trade.opened,
            None,
            trade.copies + bought,
            trade.paid + spent,
            trade.received + max(-money, 0.0),
            trade.decided,
        )
        held[key] = held.get(key, 0.0) + float(copies)
        if held[key] > DUST:
            going[key] = trade
            continue
        going.pop(key, None)
        held[key] = 0.0
        parts = (trade.copies, trade.paid, trade.received, trade.decided)
        done.append(Trade(key, trade.opened, int(day), *parts))
    return done + [going[key] for key in sorted(going)]
