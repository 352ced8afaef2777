"""The organisation and its metadata: modules, fields, layouts, currencies, users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.zoho_crm.calls import call, empty
from mlc_sandbox.zoho_crm.crm import Crm, Record
from mlc_sandbox.zoho_crm.editions import edition_of, has_module
from mlc_sandbox.zoho_crm.fields import JSON_TYPES, Field, Module
from mlc_sandbox.zoho_crm.refusals import Refusal, missing_parameter
from mlc_sandbox.zoho_crm.standard import OTHERS

if TYPE_CHECKING:
    from mlc_sandbox.zoho_crm.app import ZohoCrmStandIn as Z

_SUBFORM_JSON: Final = "jsonarray"


@call("GET", "/org", "org")
def org(standin: Z, request: Request) -> Response:
    return json_response(200, {"org": [organisation(standin)]})


def organisation(standin: Z) -> Record:
    """The organisation as it tells of itself."""
    switches = standin.switches
    edition = edition_of(switches).name
    return {
        "id": standin.org_id,
        "zgid": standin.zgid,
        "company_name": standin.company_name,
        "primary_email": "admin@crm.example",
        "country": "US",
        "country_code": "US",
        "currency": standin.crm.base_currency,
        "iso_code": standin.crm.base_currency,
        "currency_symbol": "$",
        "currency_locale": "en_US",
        "time_zone": switches["time_zone"],
        "mc_status": bool(switches["multi_currency"]),
        "domain_name": f"org{standin.zgid}",
        "max_per_page": 200,
        "type": "Production",
        "license_details": {
            "paid": edition != "free",
            "paid_type": edition,
            "users_license_purchased": int(switches["users"]),
            "paid_expiry": None,
            "trial_type": None,
            "trial_expiry": None,
            "trial_action": None,
        },
    }


@call("GET", "/org/currencies", "settings")
def currencies(standin: Z, request: Request) -> Response:
    if not standin.switches["multi_currency"]:
        raise Refusal("FEATURE_NOT_SUPPORTED", "multi currency is not enabled", 400)
    return json_response(200, {"currencies": standin.store.all("currencies")})


@call("GET", "/users", "users")
def users(standin: Z, request: Request) -> Response:
    crm = standin.crm
    rows = [{"id": key, "full_name": crm.name_of("users", key), "email": f"{at}@crm.example", "status": "active"}
            for at, key in (("integration", crm.user_id), ("ada", crm.person_id))]  # fmt: skip
    if request.query.get("type") == "CurrentUser":
        rows = rows[:1]
    info = {"per_page": 200, "count": len(rows), "page": 1, "more_records": False}
    return json_response(200, {"users": rows, "info": info})


@call("GET", "/settings/modules", "settings")
def list_modules(standin: Z, request: Request) -> Response:
    crm = standin.crm
    told = [_module(crm, one) for one in crm.modules.values() if _listed(crm, one.api_name, custom=one.custom)]
    told += [_unserved(crm, name) for name in OTHERS if _listed(crm, name, custom=False)]
    return json_response(200, {"modules": told})


@call("GET", "/settings/modules/{name}", "settings")
def read_module(standin: Z, request: Request, name: str) -> Response:
    return json_response(200, {"modules": [_module(standin.crm, standin.crm.module(name))]})


def _listed(crm: Crm, name: str, *, custom: bool) -> bool:
    return bool(crm.switches["missing_module_listed"]) or has_module(crm.switches, name, custom=custom)


def _module(crm: Crm, module: Module) -> Record:
    there = has_module(crm.switches, module.api_name, custom=module.custom)
    return {
        "id": module.id,
        "api_name": module.api_name,
        "module_name": module.plural,
        "singular_label": module.singular,
        "plural_label": module.plural,
        "generated_type": "custom" if module.custom else "default",
        **dict.fromkeys(("api_supported", "creatable", "editable", "deletable", "viewable", "visible"), there),
    }


def _unserved(crm: Crm, name: str) -> Record:
    there = has_module(crm.switches, name, custom=False)
    return {"id": None, "api_name": name, "module_name": name, "generated_type": "default", "api_supported": there}


def _asked_module(standin: Z, request: Request) -> Module:
    name = request.query.get("module")
    if not name:
        raise missing_parameter("module")
    return standin.crm.module(name)


@call("GET", "/settings/fields", "settings")
def list_fields(standin: Z, request: Request) -> Response:
    module = _asked_module(standin, request)
    told = [_field(module, one) for one in standin.crm.fields(module).values()]
    return json_response(200, {"fields": told}) if told else empty()


@call("GET", "/settings/fields/{key}", "settings")
def read_field(standin: Z, request: Request, key: str) -> Response:
    module = _asked_module(standin, request)
    for one in standin.crm.fields(module).values():
        if one.id == key:
            return json_response(200, {"fields": [_field(module, one)]})
    return empty()


def _field(module: Module, one: Field) -> Record:
    told: dict[str, Any] = {
        "id": one.id,
        "api_name": one.api_name,
        "field_label": one.label,
        "display_label": one.label,
        "data_type": one.data_type,
        "json_type": JSON_TYPES.get(one.data_type, "string"),
        "length": one.length,
        "system_mandatory": one.mandatory,
        "custom_field": one.custom,
        "read_only": one.read_only,
        "field_read_only": one.read_only,
        "visible": True,
        "unique": {"casesensitive": "false"} if one.unique else {},
        "pick_list_values": [{"display_value": value, "actual_value": value} for value in one.values],
        "operation_type": {"web_update": not one.read_only, "api_create": not one.read_only,
                           "web_create": not one.read_only, "api_update": not one.read_only},
        "lookup": {"module": {"api_name": one.to}} if one.data_type == "lookup" else {},
        "associated_module": None,
    }  # fmt: skip
    if one.data_type == "subform":
        told["associated_module"] = {"module": one.api_name, "api_name": one.api_name}
        told["subform_fields"] = [_field(module, column) for column in one.columns]
    return told


@call("GET", "/settings/layouts", "settings")
def list_layouts(standin: Z, request: Request) -> Response:
    module = _asked_module(standin, request)
    return json_response(200, {"layouts": [_layout(standin.crm, module)]})


@call("GET", "/settings/layouts/{key}", "settings")
def read_layout(standin: Z, request: Request, key: str) -> Response:
    module = _asked_module(standin, request)
    return json_response(200, {"layouts": [_layout(standin.crm, module)]}) if key == module.layout_id else empty()


def _layout(crm: Crm, module: Module) -> Record:
    """The one layout; here, and only here, an administrator's own mandatory fields can be seen."""
    rows = [{**_field(module, one), "required": one.needed} for one in crm.fields(module).values()]
    section = {"api_name": f"{module.singular}_Information", "display_label": f"{module.singular} Information",
               "sequence_number": 1, "fields": rows}  # fmt: skip
    return {"id": module.layout_id, "name": "Standard", "api_name": "Standard", "status": "active", "visible": True,
            "sections": [section]}  # fmt: skip
