"""What a field is, and a module made of fields."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

TEXTS: Final = frozenset({"text", "textarea", "email", "phone", "website", "picklist", "autonumber"})
NUMBERS: Final = frozenset({"integer", "bigint", "double", "currency", "percent"})
#: Types of fields that an administrator may make unique.
UNIQUE_TYPES: Final = frozenset({"text", "email", "phone", "integer", "bigint", "website"})
JSON_TYPES: Final = {
    "integer": "integer",
    "bigint": "long",
    "double": "double",
    "currency": "double",
    "percent": "double",
    "boolean": "boolean",
    "lookup": "jsonobject",
    "ownerlookup": "jsonobject",
    "subform": "jsonarray",
    "multiselectpicklist": "jsonarray",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a module.

    Attributes:
        mandatory: The system needs it; ``required`` says so of a layout, which an administrator drew.
        to: The module that a lookup points into; "*" for any.
        columns: The fields of a subform's rows.
    """

    api_name: str
    data_type: str = "text"
    length: int = 255
    mandatory: bool = False
    required: bool = False
    unique: bool = False
    read_only: bool = False
    values: tuple[str, ...] = ()
    to: str = ""
    columns: tuple[Field, ...] = ()
    custom: bool = False
    label: str = ""
    id: str = ""

    @property
    def needed(self) -> bool:
        """Whether a record without it is refused."""
        return self.mandatory or self.required


@dataclass(slots=True)
class Module:
    """One module: its fields by API name, and the field whose value names a record."""

    api_name: str
    singular: str
    name_field: str
    fields: dict[str, Field] = field(default_factory=dict)
    check_field: str = ""
    custom: bool = False
    plural: str = ""
    id: str = ""
    layout_id: str = ""

    def uniques(self) -> Iterable[Field]:
        """The fields whose values no two records share."""
        return (one for one in self.fields.values() if one.unique)

    def subform(self) -> Field | None:
        """The subform, None where the module has none."""
        return next((one for one in self.fields.values() if one.data_type == "subform"), None)


def f(api_name: str, data_type: str = "text", length: int = 255, *, mandatory: bool = False,
      read_only: bool = False, to: str = "", columns: tuple[Field, ...] = (),
      values: tuple[str, ...] = ()) -> Field:  # fmt: skip
    """A standard field, spelled short."""
    return Field(api_name, data_type, length, mandatory=mandatory, read_only=read_only, to=to, columns=columns,
                 values=values)  # fmt: skip


SYSTEM: Final = (
    f("Owner", "ownerlookup", to="users"),
    f("Created_By", "ownerlookup", to="users", read_only=True),
    f("Modified_By", "ownerlookup", to="users", read_only=True),
    f("Created_Time", "datetime", read_only=True),
    f("Modified_Time", "datetime", read_only=True),
)
CURRENCY: Final = (f("Currency", "picklist", 120), f("Exchange_Rate", "double", 22))
