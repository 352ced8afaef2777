"""What the operator says about the folder and the files in it."""

import codecs
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from mlc import Settings
from mlc.records import ObjectType
from pydantic import Field, field_validator, model_validator

from mlc_csv.columns import COLUMNS

NAMES = {kind: f"{kind.value}s*.csv" for kind in COLUMNS}


class CsvSettings(Settings):
    folder: Path = Field(description="Folder that holds the folders inbox, outbox and archive, e.g. /srv/exchange.")
    currency: str = Field(pattern="^[A-Z]{3}$", description="Currency of amounts whose row names none, e.g. EUR.")
    names: dict[ObjectType, str] = Field(default={}, description='Files to read, e.g. { bill = "INV_*.csv" }.')
    columns: dict[str, str] = Field(
        default={}, description='Our column = your header, or "=" and what is the same in every row.'
    )
    ignore: tuple[str, ...] = Field(default=(), description="Headers that nobody needs.")
    delimiter: str = Field(default=",", min_length=1, max_length=1, description="What stands between two cells.")
    encoding: str = Field(default="utf-8", description="How the text is encoded, e.g. windows-1252.")
    decimal: Literal[".", ","] = Field(default=".", description="The decimal point of amounts.")
    thousands: Literal["", ".", ",", " ", "'"] = Field(default="", description="What groups thousands, if anything.")
    date: str = Field(default="%Y-%m-%d", description="How dates are written, e.g. %d.%m.%Y.")
    checksums: bool = Field(default=False, description="Read a file only when its .sha256 file is there.")
    rest_s: int = Field(default=10, ge=0, description="Seconds that a file must have rested before it is read.")

    @field_validator("folder")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        if not value.expanduser().is_absolute():
            raise ValueError("the folder must be a whole path, from the root on")
        return value.expanduser()

    @model_validator(mode="after")
    def _consistent(self) -> "CsvSettings":
        known = sorted({name for columns in COLUMNS.values() for name in columns.all})
        for name in self.columns:
            if name not in known:
                raise ValueError(f"columns: {name!r} is no column; known are {', '.join(known)}")
        if strangers := set(self.names) - set(COLUMNS):
            raise ValueError(f"names: a {min(strangers)} cannot be read from a file")
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands cannot be the same")
        day = datetime(2026, 11, 20, tzinfo=UTC)
        if datetime.strptime(day.strftime(self.date), self.date).replace(tzinfo=UTC) != day:
            raise ValueError(f"date: {self.date!r} does not tell day, month and year")
        codecs.lookup(self.encoding)
        return self

    def pattern(self, kind: ObjectType) -> str:
        """The names of files that hold this kind of record."""
        return self.names.get(kind, NAMES[kind])

    def header(self, column: str) -> str:
        return self.columns.get(column, column)
