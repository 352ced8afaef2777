"""Which columns each kind of file has, in our words."""

from dataclasses import dataclass

from mlc.records import ObjectType

MONEY = frozenset({"amount", "total", "tax"})
DAYS = frozenset({"issue_date", "due_date", "payment_date"})
#: What the lines of one record may say differently; on all else they have to agree.
OF_A_LINE = frozenset({"amount", "tax", "tax_code", "account", "description"})


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows that share their ``keys`` are the lines of one record. Every row fills these and the ``needed`` ones."""

    keys: tuple[str, ...]
    needed: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.keys, *self.needed, *self.others)


COLUMNS = {
    ObjectType.ACCOUNT: Columns(("account",), ("account_name",), ("pays",)),
    ObjectType.VENDOR: Columns(("vendor_id",), ("vendor_name",), ("tax_number", "currency", "email")),
    ObjectType.BILL: Columns(
        ("vendor_id", "bill_number"),
        ("issue_date", "amount"),
        ("due_date", "currency", "total", "status", "memo", "description", "account", "tax_code", "tax"),
    ),
    ObjectType.PAYMENT: Columns(
        ("payment_number", "bill_number"),
        ("vendor_id", "payment_date", "amount"),
        ("currency", "account", "reference"),
    ),
}
