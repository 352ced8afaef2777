"""Which columns each kind of file has, in our words."""

from mlc.records import ObjectType

#: What tells records apart (rows that share it are the lines of one record), what else every row fills, what it may.
COLUMNS = {
    ObjectType.ACCOUNT: ("account", "account_name", "pays"),
    ObjectType.VENDOR: ("vendor_id", "vendor_name", "tax_number currency email"),
    ObjectType.BILL: ("vendor_id bill_number", "issue_date amount",
                      "due_date currency total status memo description account tax_code tax"),
    ObjectType.PAYMENT: ("payment_number", "vendor_id payment_date amount", "bill_number currency account reference"),
}  # fmt: skip
MONEY = frozenset({"amount", "total", "tax"})
DAYS = frozenset({"issue_date", "due_date", "payment_date"})
#: Where the lines of one record may differ.
OF_A_LINE = frozenset({"amount", "tax", "tax_code", "account", "description", "bill_number"})


def names(kind: ObjectType, parts: int = 3) -> list[str]:
    """Of one part those that tell records apart, of two all that every row fills, of three all."""
    return " ".join(COLUMNS[kind][:parts]).split()
