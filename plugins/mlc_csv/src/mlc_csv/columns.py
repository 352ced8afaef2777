"""Which columns each kind of record has, in our words. Settings say what your files call them."""

from dataclasses import dataclass

from mlc.records import ObjectType


@dataclass(frozen=True, slots=True)
class Columns:
    """``key`` tells records apart; rows with the same key are the lines of one record. ``needed`` must be there."""

    key: tuple[str, ...]
    needed: tuple[str, ...]
    allowed: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.key, *self.needed, *self.allowed)


COLUMNS = {
    ObjectType.ACCOUNT: Columns(("account",), ("account_name",), ("pays",)),
    ObjectType.VENDOR: Columns(
        ("vendor_id",),
        ("vendor_name",),
        ("tax_number", "currency", "email", "phone", "street", "city", "postal_code", "country"),
    ),
    ObjectType.BILL: Columns(
        ("vendor_id", "bill_number"),
        ("issue_date", "amount"),
        ("vendor_name", "due_date", "currency", "total", "status", "memo", "description", "account")
        + ("tax_code", "tax_percent", "tax", "record_key"),
    ),
    ObjectType.PAYMENT: Columns(
        ("payment_number",),
        ("payment_date", "vendor_id", "bill_number", "amount"),
        ("vendor_name", "currency", "account", "method", "reference", "record_key"),
    ),
}
