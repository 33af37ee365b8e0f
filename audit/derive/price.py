"""What a usable pair costs once what cannot be used is out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from audit.result import number

PER: Final = ("delivery", "row")


@dataclass(frozen=True, slots=True)
class Price:
    """What was paid."""

    amount: float
    currency: str
    per: str = "delivery"
    """For the whole delivery, or for each source row read."""

    def total(self, read: int) -> float:
        """Return the price of a delivery of so many rows."""
        return self.amount * read if self.per == "row" else self.amount

    def told(self, read: int, usable: int) -> dict[str, Any]:
        """Return the account: price, what a row read and what a usable pair costs; null where there is none.

        Args:
            read: source rows.
            usable: pairs that can be trained on.
        """
        total = self.total(read)
        return {
            "amount": number(self.amount),
            "currency": self.currency,
            "per": self.per,
            "total": number(total),
            "read": read,
            "usable": usable,
            "a_row": number(total / read) if read else None,
            "a_usable_pair": number(total / usable) if usable else None,
        }
