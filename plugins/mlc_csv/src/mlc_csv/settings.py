"""What the operator says of the folder and of the files in it."""

from pathlib import Path
from typing import Literal

from mlc import Settings
from mlc.records import ObjectType
from pydantic import Field, model_validator

from mlc_csv.columns import COLUMNS, names


class CsvSettings(Settings):
    folder: Path = Field(description="Whole path of the folder that holds inbox, outbox and archive.")
    currency: str = Field(pattern="^[A-Z]{3}$", description="Currency of amounts whose row names none, e.g. EUR.")
    columns: dict[str, str] = Field(default={}, description='Our column = your header, or "=" and a fixed value.')
    ignore: tuple[str, ...] = Field(default=(), description="Headers in your files that nobody needs.")
    delimiter: str = Field(default=",", min_length=1, max_length=1, description="What stands between two cells.")
    encoding: str = Field(default="utf-8", description="How the text is encoded, e.g. windows-1252.")
    decimal: Literal[".", ","] = Field(default=".", description="The decimal point of amounts.")
    thousands: Literal["", ".", ",", " ", "'"] = Field(default="", description="What groups thousands, if anything.")
    date: str = Field(default="%Y-%m-%d", description="How days are written, e.g. %d.%m.%Y.")
    checksums: bool = Field(default=False, description="Read a file only once its .sha256 file is there.")
    rest_s: int = Field(default=10, ge=0, description="Seconds that a file must have rested before it is read.")

    @model_validator(mode="after")
    def _consistent(self) -> "CsvSettings":
        known = {name for kind in COLUMNS for name in names(kind)}
        if not self.folder.is_absolute():
            raise ValueError("folder must be a whole path, from the root on")
        if strangers := set(self.columns) - known:
            raise ValueError(f"columns: {min(strangers)} is none of {', '.join(sorted(known))}")
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands cannot be the same")
        return self

    def header(self, name: str) -> str:
        """What the files call one of our columns."""
        return self.columns.get(name, name)

    def fixed(self, kind: ObjectType) -> dict[str, str]:
        """Columns that every row fills alike, and that no file has."""
        return {name: self.columns[name][1:] for name in names(kind) if self.header(name).startswith("=")}
