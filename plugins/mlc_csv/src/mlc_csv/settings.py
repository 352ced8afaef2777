"""Which columns each kind of file has, in our words, and what the operator says of the folder and its files."""

from typing import Literal

from mlc import Settings
from mlc.records import ObjectType
from pydantic import Field

#: What tells records apart (rows that share it are the lines of one record), what else every row fills, what it may.
COLUMNS = {
    ObjectType.ACCOUNT: ("account", "account_name", "pays"),
    ObjectType.VENDOR: ("vendor_id", "vendor_name", "tax_number currency email"),
    ObjectType.BILL: ("vendor_id bill_number", "issue_date amount",
                      "due_date currency total status memo description account tax_code tax"),
    ObjectType.PAYMENT: ("payment_number", "vendor_id payment_date amount", "bill_number currency account reference"),
}  # fmt: skip


def names(kind: ObjectType, parts: int = 3) -> list[str]:
    """Of one part those that tell records apart, of two all that every row fills, of three all."""
    return " ".join(COLUMNS[kind][:parts]).split()


class CsvSettings(Settings):
    folder: str = Field(pattern="^/", description="Whole path of the folder that holds inbox, outbox and archive.")
    currency: str = Field(pattern="^[A-Z]{3}$", description="Currency of amounts whose row names none, e.g. EUR.")
    columns: dict[str, str] = Field(default={}, description="Our column = the header in your files.")
    ignore: tuple[str, ...] = Field(default=(), description="Headers in your files that nobody needs.")
    delimiter: str = Field(default=",", min_length=1, max_length=1, description="What stands between two cells.")
    encoding: str = Field(default="utf-8", description="How the text is encoded, e.g. windows-1252.")
    amounts: Literal["1234.56", "1,234.56", "1 234.56", "1'234.56", "1234,56", "1.234,56", "1 234,56", "1'234,56"] = (
        Field(default="1234.56", description="How your files write this amount.")
    )
    date: str = Field(default="%Y-%m-%d", description="How days are written, e.g. %d.%m.%Y.")
    checksums: bool = Field(default=False, description="Read a file only once its .sha256 file is there.")
    rest_s: int = Field(default=10, ge=0, description="Seconds that a file must have rested before it is read.")

    def header(self, name: str) -> str:
        """What the files call one of our columns."""
        return self.columns.get(name, name)
