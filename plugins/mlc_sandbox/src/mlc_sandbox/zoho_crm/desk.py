"""What people do in the vendor's own screens, asked for through the control calls.

``POST /_sandbox/objects/{module}``: without ``id`` creates, with ``id`` changes the named fields, with ``action``
presses a button. People are checked like the API, but neither locks nor blueprints stop them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.toolkit.standin import UnknownChange
from mlc_sandbox.zoho_crm import deletions, records
from mlc_sandbox.zoho_crm.crm import Cause, Crm, Record
from mlc_sandbox.zoho_crm.fields import SYSTEM, UNIQUE_TYPES, Field, Module
from mlc_sandbox.zoho_crm.scopes import EVERYTHING
from mlc_sandbox.zoho_crm.standard import numbered

if TYPE_CHECKING:
    from mlc_sandbox.zoho_crm.app import ZohoCrmStandIn

Action = Callable[[Crm, Module, str, Record, Cause], Record]


def change(standin: ZohoCrmStandIn, kind: str, asked: Record) -> Record:
    """Does it and answers with the record as it then stands (empty when it is gone)."""
    crm = standin.crm
    told = {name: value for name, value in asked.items() if name not in ("id", "action", "type")}
    key, action = str(asked.get("id") or ""), asked.get("action")
    if "find" in told:
        key = _found(crm, kind, told.pop("find"))
    cause: Cause = {"kind": "ui", "action": action or ("change" if key else "create"), "type": kind, "workflows": True}
    if kind in _SETTINGS:
        return _SETTINGS[kind](standin, key, told, cause)
    module = crm.module(kind)
    if action in (None, "create", "edit"):
        if not key:
            return records.create(crm, module, told, cause)
        return records.update(crm, module, key, told, cause)
    if action not in _ACTIONS:
        raise UnknownChange(f"no action {action!r} on {kind}; there are {', '.join(sorted(_ACTIONS))}")
    return _ACTIONS[str(action)](crm, module, key, told, cause)


def _found(crm: Crm, kind: str, values: Record) -> str:
    """The id of the one record that has these values, as a person finds it on a screen. Raises UnknownChange."""
    found = [row["id"] for row in crm.store.all(kind) if all(row.get(name) == value for name, value in values.items())]
    if len(found) != 1:
        raise UnknownChange(f"{len(found)} records of {kind} have {values}")
    return str(found[0])


def _delete(crm: Crm, module: Module, key: str, told: Record, cause: Cause) -> Record:
    deletions.delete(crm, module, key, cause)
    return {}


def _erase(crm: Crm, module: Module, key: str, told: Record, cause: Cause) -> Record:
    deletions.purge(crm, module, key, cause)
    return {}


def _merge(crm: Crm, module: Module, key: str, told: Record, cause: Cause) -> Record:
    return deletions.merge(crm, module, key, str(told["loser_id"]), cause, told.get("keep"))


def _restore(crm: Crm, module: Module, key: str, told: Record, cause: Cause) -> Record:
    return deletions.restore(crm, module, key, cause)


def _move(crm: Crm, module: Module, key: str, told: Record, cause: Cause) -> Record:
    """A person goes to work for somebody else."""
    return records.update(crm, module, key, {"Account_Name": {"id": str(told["to"])}}, cause)


def _opt_out(crm: Crm, module: Module, key: str, told: Record, cause: Cause) -> Record:
    return records.update(crm, module, key, {"Email_Opt_Out": bool(told.get("on", True))}, cause)


def _mark(name: str, value: Callable[[Crm, Record], Any]) -> Action:
    def mark(crm: Crm, module: Module, key: str, told: Record, cause: Cause) -> Record:
        record = crm.get(module.api_name, key)
        if record is None:
            raise KeyError(f"{module.api_name} {key}")
        return crm.save(module, {**record, name: value(crm, told)}, cause, bump=False)

    return mark


def _convert(crm: Crm, module: Module, key: str, told: Record, cause: Cause) -> Record:
    """A lead becomes an account, a contact, and with ``deal`` a deal of that name."""
    lead = crm.get("Leads", key)
    if module.api_name != "Leads" or lead is None:
        raise KeyError(f"a lead {key}")
    accounts, contacts = crm.module("Accounts"), crm.module("Contacts")
    found = crm.find("Accounts", "Account_Name", lead.get("Company"))
    account_id = found[0] if found else records.create(
        crm, accounts, {"Account_Name": lead.get("Company") or lead["Last_Name"]}, cause)["id"]  # fmt: skip
    person = {name: lead.get(name) for name in ("Last_Name", "First_Name", "Email", "Phone", "Email_Opt_Out")}
    contact = records.create(crm, contacts, {**person, "Account_Name": {"id": account_id}}, cause)
    made = {"account": account_id, "contact": contact["id"]}
    if told.get("deal"):
        body = {"Deal_Name": told["deal"], "Stage": "Qualification", "Account_Name": {"id": account_id},
                "Contact_Name": {"id": contact["id"]}}  # fmt: skip
        made["deal"] = records.create(crm, crm.module("Deals"), body, cause)["id"]
    crm.remove(module, key, cause)
    return made


_ACTIONS: Final[dict[str, Action]] = {
    "delete": _delete,
    "erase": _erase,
    "merge": _merge,
    "restore": _restore,
    "move": _move,
    "opt_out": _opt_out,
    "convert": _convert,
    "lock": _mark("$locked", lambda crm, told: crm.new_id()),
    "unlock": _mark("$locked", lambda crm, told: None),
    "blueprint": _mark("$blueprint", lambda crm, told: list(told.get("fields") or ())),
}


# --- what administrators do ----------------------------------------------------------------------------------------


def define_field(crm: Crm, module: Module, told: Record, cause: Cause) -> Field:
    """Add a field to a module, or change one of its own. Raises UnknownChange."""
    name = str(told["api_name"])
    before = module.fields.get(name)
    kind = str(told.get("data_type") or (before.data_type if before else "text"))
    if told.get("unique") and kind not in UNIQUE_TYPES:
        raise UnknownChange(f"a field of type {kind} cannot be unique; {', '.join(sorted(UNIQUE_TYPES))} can")
    one = Field(
        name,
        kind,
        int(told.get("length") or (before.length if before else 255)),
        mandatory=before.mandatory if before else False,
        required=bool(told.get("required", before.required if before else False)),
        unique=bool(told.get("unique", before.unique if before else False)),
        values=tuple(told.get("values") or (before.values if before else ())),
        to=str(told.get("to") or (before.to if before else "")),
        custom=before.custom if before else True,
        label=str(told.get("label") or ""),
    )
    return crm.define_field(module, numbered(one, crm.new_id), cause)


def _field(standin: ZohoCrmStandIn, key: str, told: Record, cause: Cause) -> Record:
    module = standin.crm.module(str(told["module"]))
    one = define_field(standin.crm, module, told, cause)
    return standin.store.get("fields", f"{module.api_name}.{one.api_name}") or {}


def define_module(crm: Crm, told: Record, cause: Cause) -> Module:
    """Add a custom module with a name field, and the fields that ``fields`` describes."""
    name = str(told["api_name"])
    module = Module(name, str(told.get("singular") or name), "Name", custom=True,
                    plural=str(told.get("plural") or name), id=crm.new_id(), layout_id=crm.new_id())  # fmt: skip
    for one in (Field("Name", length=120, mandatory=True), *SYSTEM):
        module.fields[one.api_name] = numbered(one, crm.new_id)
    crm.define_module(module, cause)
    for field in told.get("fields") or ():
        define_field(crm, module, field, cause)
    return module


def _module(standin: ZohoCrmStandIn, key: str, told: Record, cause: Cause) -> Record:
    return standin.store.get("modules", define_module(standin.crm, told, cause).api_name) or {}


def _workflow(standin: ZohoCrmStandIn, key: str, told: Record, cause: Cause) -> Record:
    """``{"module", "set"}``: what the customer's automation does to every record that is written."""
    standin.crm.module(str(told["module"]))
    key = key or standin.crm.new_id()
    return standin.store.put("workflows", key, {"id": key, "module": told["module"], "set": dict(told["set"])}, cause)


def _channel(standin: ZohoCrmStandIn, key: str, told: Record, cause: Cause) -> Record:
    """The vendor drops a channel, or all of them."""
    for channel_id in [key] if key else standin.store.ids("channels"):
        standin.store.remove("channels", channel_id, cause)
    return {}


def _deliveries(standin: ZohoCrmStandIn, key: str, told: Record, cause: Cause) -> Record:
    """Let go of what a reorder keeps back."""
    standin.notifier.sender.release()
    return {}


def _code(standin: ZohoCrmStandIn, key: str, told: Record, cause: Cause) -> Record:
    """A self-client code from the API console, good for a few minutes."""
    scopes = tuple(one for one in str(told.get("scope", "")).replace(" ", ",").split(",") if one) or EVERYTHING
    return {"code": standin.tokens.self_client(scopes, life_s=float(told.get("life_s", 180)))}


def _currency(standin: ZohoCrmStandIn, key: str, told: Record, cause: Cause) -> Record:
    code = str(told["iso_code"])
    row = {"id": standin.crm.new_id(), "iso_code": code, "name": code, "is_base": False, "is_active": True,
           "exchange_rate": str(told.get("exchange_rate", "1"))}  # fmt: skip
    return standin.store.put("currencies", code, row, cause)


_SETTINGS: Final[dict[str, Callable[[Any, str, Record, Cause], Record]]] = {
    "fields": _field,
    "modules": _module,
    "workflows": _workflow,
    "channels": _channel,
    "deliveries": _deliveries,
    "codes": _code,
    "currencies": _currency,
}
