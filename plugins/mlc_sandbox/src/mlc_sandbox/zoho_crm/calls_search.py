"""Search in an index that lags, and COQL in the records themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.views import visible
from mlc_sandbox.zoho_crm import coql, criteria, lists, showing
from mlc_sandbox.zoho_crm.calls import body_of, call, empty
from mlc_sandbox.zoho_crm.conditions import BadOperand, Condition, check, comparable, holds
from mlc_sandbox.zoho_crm.crm import Crm, Record, folded
from mlc_sandbox.zoho_crm.fields import TEXTS, Field, Module, f
from mlc_sandbox.zoho_crm.refusals import Refusal, bad_body, missing_parameter

if TYPE_CHECKING:
    from mlc_sandbox.zoho_crm.app import ZohoCrmStandIn as Z

MOST_FOUND: Final = 2000
MOST_HOPS: Final = 2
_ID: Final = f("id", "text")


@call("GET", "/{module}/search", "search")
def search(standin: Z, request: Request, module: str) -> Response:
    """By criteria, e-mail, phone or word; a record counts as it stood some seconds ago."""
    crm, known = standin.crm, standin.crm.module(module)
    meets = _asked(crm, known, request)
    horizon = standin.clock.now() - timedelta(seconds=float(standin.switches["search_lag_s"]))
    found = []
    for key in visible(standin, request, module, crm.by_id(module)):
        born = standin.store.born(module, key)
        then = None if born is not None and born > horizon else standin.store.as_of(module, key, horizon)
        if then is not None and meets(then):
            found.append(then)
    size, number = lists.whole(request, "per_page", lists.MOST, most=lists.MOST), lists.whole(request, "page", 1)
    if number * size > MOST_FOUND:
        raise Refusal("LIMIT_EXCEEDED", "maximum response iteration limit reached", 400, {"limit": MOST_FOUND})
    cut = found[(number - 1) * size : number * size]
    if not cut:
        return empty()
    names = lists.asked_fields(request) if request.query.get("fields") else list(crm.fields(known))
    info = {"per_page": size, "count": len(cut), "page": number, "more_records": number * size < len(found)}
    return json_response(200, {"data": [showing.chosen(crm, known, row, names) for row in cut], "info": info})


def _asked(crm: Crm, module: Module, request: Request) -> Any:
    query = request.query
    if query.get("criteria"):
        condition = criteria.parse(str(query.get("criteria")))
        _check(crm, module, condition)
        return lambda record: _tested(crm, module, condition, record)
    for name, kinds in (("email", {"email"}), ("phone", {"phone"})):
        if query.get(name):
            wanted = folded(query.get(name))
            fields = [one.api_name for one in crm.fields(module).values() if one.data_type in kinds]
            return lambda record: any(folded(record.get(each)) == wanted for each in fields)
    if query.get("word"):
        word = str(query.get("word")).casefold()
        fields = [one.api_name for one in crm.fields(module).values() if one.data_type in TEXTS]
        return lambda record: any(word in str(record.get(each) or "").casefold() for each in fields)
    raise missing_parameter("criteria")


def _check(crm: Crm, module: Module, condition: Condition) -> None:
    def field_of(column: str) -> Field:
        one = _ID if column == "id" else crm.fields(module).get(column)
        if one is None:
            raise criteria.invalid("no such field", column)
        return one

    try:
        check(condition, field_of)
    except BadOperand as bad:
        raise criteria.invalid(f"the value {bad} is none for its field") from bad


def _tested(crm: Crm, module: Module, condition: Condition, record: Record) -> bool:
    def reach(row: Record, column: str) -> tuple[Field | None, Any]:
        return crm.fields(module).get(column), row.get(column)

    return holds(condition, record, reach, any_case=True)


@call("POST", "/coql", "coql", operation="READ", cost=0)
def select(standin: Z, request: Request) -> Response:
    """One, two or three credits by how many rows are asked for."""
    crm, text = standin.crm, body_of(request).get("select_query")
    if not isinstance(text, str):
        raise bad_body("$.select_query", "text")
    query = coql.parse(text)
    standin.spend(1 if query.limit <= 200 else 2 if query.limit <= 1000 else 3)
    module = crm.module(query.module)
    for column in (*query.columns, *(name for name, _ in query.order)):
        _column(crm, module, column)
    try:
        check(query.where, lambda column: _column(crm, module, column))
    except BadOperand as bad:
        raise coql.invalid_query("value given seems to be invalid for the column", reason=str(bad)) from bad
    rows = []
    for key in visible(standin, request, module.api_name, crm.by_id(module.api_name)):
        record = crm.get(module.api_name, key)
        if record is not None and _selected(crm, module, query.where, record):
            rows.append(record)
    for name, descending in reversed(query.order):
        rows.sort(key=lambda row, name=name: _order(crm, module, row, name), reverse=descending)  # type: ignore[misc]
    cut = rows[query.offset : query.offset + query.limit]
    if not cut:
        return empty()
    told = [_told(crm, module, row, query.columns) for row in cut]
    more = query.offset + query.limit < len(rows)
    return json_response(200, {"data": told, "info": {"count": len(told), "more_records": more}})


def _selected(crm: Crm, module: Module, condition: Condition, record: Record) -> bool:
    def reach(row: Record, column: str) -> tuple[Field | None, Any]:
        return _column(crm, module, column), _value(crm, module, row, column)

    return holds(condition, record, reach, any_case=bool(crm.switches["coql_any_case"]))


def _order(crm: Crm, module: Module, record: Record, column: str) -> tuple[bool, Any]:
    value = _value(crm, module, record, column)
    if isinstance(value, dict):
        value = value["id"]
    return value is not None, 0 if value is None else comparable(_column(crm, module, column), value, any_case=True)


def _column(crm: Crm, module: Module, column: str) -> Field:
    """The field that a column leads to, over lookups where it has dots. Raises Refusal."""
    *hops, last = column.split(".")
    if len(hops) > MOST_HOPS:
        raise coql.invalid_query("column given seems to be invalid", column_name=column, reason="too many joins")
    for hop in hops:
        one = crm.fields(module).get(hop)
        if one is None or one.data_type != "lookup" or one.to not in crm.modules:
            raise coql.invalid_query("column given seems to be invalid", column_name=column, module=module.api_name)
        module = crm.module(one.to)
    found = _ID if last == "id" else crm.fields(module).get(last)
    if found is None or found.data_type == "subform":
        raise coql.invalid_query("column given seems to be invalid", column_name=column, module=module.api_name)
    return found


def _value(crm: Crm, module: Module, record: Record, column: str) -> Any:
    *hops, last = column.split(".")
    for hop in hops:
        pointed, to = record.get(hop), module.fields[hop].to
        if pointed is None:
            return None
        record, module = crm.get(to, pointed["id"]) or {}, crm.module(to)
    return record.get(last)


def _told(crm: Crm, module: Module, record: Record, columns: tuple[str, ...]) -> Record:
    told: Record = {}
    for column in columns:
        one, value = _column(crm, module, column), _value(crm, module, record, column)
        if one.data_type in ("lookup", "ownerlookup") and value is not None:
            named = {"name": crm.name_of(one.to, value["id"])} if crm.switches["coql_lookup_name"] else {}
            value = {**named, "id": value["id"]}
        elif one.data_type == "boolean":
            value = bool(value)
        told[column] = value
    return {**told, "id": record["id"]}
