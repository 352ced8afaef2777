"""Accounts, departments, classes, locations → canonical master data. Pure."""

from mlc.errors import MappingError
from mlc.records import Account, AccountClass, Dimension, DimensionKind, ObjectType

from mlc_bill import SYSTEM
from mlc_bill.entities import KINDS
from mlc_bill.parts import MapContext, ref, source_meta
from mlc_bill.schemas import Row, fact, flag, inner, text
from mlc_bill.statuses import ACCOUNT_CLASSES, MONEY_ACCOUNTS, UNPOSTABLE


def account(row: Row, context: MapContext) -> Account:
    name = _name(row, "account")
    fields = {"source": source_meta(row, context, "account"), "name": name}
    if "account" in row:
        kind = text(inner(row, "account"), "type")
        fields |= {
            "code": text(inner(row, "account"), "number"),
            "account_type": kind,
            "classification": ACCOUNT_CLASSES.get(kind or "", AccountClass.OTHER),
            "postable": kind not in UNPOSTABLE,
            "money": kind in MONEY_ACCOUNTS,
        }
    if "parentId" in row:
        fields["parent"] = ref(row, ObjectType.ACCOUNT, "parentId")
    if "archived" in row:
        fields["active"] = flag(row, "archived") is not True
    return Account.model_validate(fields)


def dimension(row: Row, context: MapContext) -> Dimension:
    listed = fact(row, "list")
    kind = next((one for one in KINDS if one.list == listed), None)
    fields = {
        "source": source_meta(row, context, "classification"),
        "name": _name(row, "classification"),
        "kind": DimensionKind.CUSTOM if kind is None else kind.kind,
    }
    if kind is not None:
        fields |= {"set_id": kind.list, "set_name": kind.entity.what}
    if "shortName" in row:
        fields["code"] = text(row, "shortName")
    if "parentId" in row:
        fields["parent"] = ref(row, ObjectType.DIMENSION, "parentId")
    if "archived" in row:
        fields["active"] = flag(row, "archived") is not True
    return Dimension.model_validate(fields)


def _name(row: Row, what: str) -> str:
    people = " ".join(part for part in (text(row, "firstName"), text(row, "lastName")) if part)
    name = text(row, "name") or people
    if not name:
        raise MappingError(f"BILL sent a {what} without a name.", field="name", system=SYSTEM)
    return name
