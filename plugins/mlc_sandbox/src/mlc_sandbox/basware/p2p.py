"""P2P behind the API layer: its own copy of master data, and what it refuses in the second phase."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.basware.distribution import Item
from mlc_sandbox.basware.resources import (
    LIST_COLUMNS,
    POSTED,
    VENDORS,
    Record,
    Resource,
    active_in,
    companies_of,
)
from mlc_sandbox.toolkit.index import GroupIndex
from mlc_sandbox.toolkit.wirejson import copy_of

if TYPE_CHECKING:
    from mlc_sandbox.basware.app import BaswareStandIn

CAUSE: Final[Record] = {"kind": "distribution"}
COMPANIES: Final = "companies"
CURRENCIES: Final = "currencies"
CLASSES: Final = "vendorClasses"


class P2P:
    """What the people of P2P see."""

    def __init__(self, standin: BaswareStandIn) -> None:
        self._standin = standin
        self.store = standin.store
        self._by_code = {
            one.type: GroupIndex(standin.store, one.p2p_type, key=_code_key(one)) for one in POSTED if one.code
        }

    def of_code(self, type: str, code: object) -> list[Record]:
        """P2P's records of a business code, in whichever company."""
        found = [self.store.get(f"p2p_{type}", id) for id in self._by_code[type].ids(str(code))]
        return [one for one in found if one is not None]

    def usable(self, type: str, code: object, company: str) -> bool:
        """Whether a code is there and active in a company."""
        return any(active_in(one, company) for one in self.of_code(type, code))

    def currency_active(self, code: object) -> bool:
        """Whether people have switched a currency on."""
        found = self.store.get(CURRENCIES, code)
        return found is not None and bool(found["active"])

    def take(self, resource: Resource, items: Sequence[Item], *, list_key: str = "") -> None:
        """Take records one by one, or refuse them; the errors stand in the items."""
        for item in items:
            wrong = [*self._common(resource, item.record), *_CHECKS.get(resource.type, _nothing)(self, item.record)]
            for text in wrong:
                item.fail(f"Record skipped: {text}")
            if wrong:
                continue
            self.put(resource, item, list_key=list_key)
            for text in _WARNINGS.get(resource.type, _nothing)(self, {**item.record, "_list": list_key}):
                item.warn(text)

    def put(self, resource: Resource, item: Item, *, list_key: str = "") -> None:
        """P2P's copy becomes what came; one typed by hand under the same code is taken over."""
        key = f"{list_key}/{item.code}" if list_key else item.code
        for typed in self.of_code(resource.type, item.record[resource.code]) if resource.code else ():
            if "externalCode" not in typed and set(companies_of(typed)) & set(companies_of(item.record)):
                self.store.remove(resource.p2p_type, typed["typed"], CAUSE, op="adopted")
        self.store.put(resource.p2p_type, key, copy_of(item.record), CAUSE)

    def _common(self, resource: Resource, record: Record) -> list[str]:
        companies = companies_of(record)
        wrong = [f"company code {one} is unknown" for one in companies if self.store.get(COMPANIES, one) is None]
        if not companies and "companies*" in resource.table:
            wrong.append("no company is assigned")
        if not resource.code:
            return wrong
        for other in self.of_code(resource.type, record[resource.code]):
            same = set(companies_of(other)) & set(companies)
            if not same or other.get("externalCode") == record["externalCode"]:
                continue
            if "externalCode" in other or self._standin.switches["typed_code"] == "refuse":
                wrong.append(f"{resource.code} {record[resource.code]} is in use in company {min(same)}")
        return wrong

    def vendor_problems(self, record: Record) -> list[str]:
        """What P2P refuses of a vendor."""
        wrong = []
        companies = companies_of(record)
        term = (record.get("paymentTerms") or {}).get("paymentTermCode")
        if term is not None and not any(self.usable("paymentTerms", term, one) for one in companies):
            wrong.append(f"payment term {term} does not exist")
        accounts = []
        for mean in record.get("paymentMeans") or ():
            currency = mean.get("currencyCode")
            if currency is not None and not self.currency_active(currency):
                wrong.append(f"currency {currency} is not active")
            for account in mean.get("financialAccounts") or ():
                accounts += [one.get("id") for one in account.get("financialAccountIdentifiers") or ()]
        doubled = sorted({str(one) for one in accounts if one and accounts.count(one) > 1})
        wrong += [f"bank account {one} is there twice" for one in doubled]
        kind = record.get("vendorClass")
        if kind and self.store.get(CLASSES, kind) is None:
            wrong.append(f"vendor class {kind} is not configured")
        return wrong

    def account_problems(self, record: Record) -> list[str]:
        """What P2P refuses of an account."""
        code = record.get("taxCode")
        known = not code or any(self.usable("taxCodes", code, one) for one in companies_of(record))
        return [] if known else [f"tax code {code} does not exist"]

    def rate_problems(self, record: Record) -> list[str]:
        """What P2P refuses of an exchange rate."""
        codes = (record["currencyCodeFrom"], record["currencyCodeTo"])
        return [f"currency {code} is not active" for code in codes if not self.currency_active(code)]

    def vendor_of(self, code: object, company: str) -> Record | None:
        """The active vendor of a code in a company."""
        found = [one for one in self.of_code(VENDORS.type, code) if active_in(one, company)]
        return found[0] if found else None


def _code_key(resource: Resource) -> Any:
    return lambda record: str(record[resource.code])


def _nothing(p2p: P2P, record: Record) -> list[str]:
    return []


def _unused_columns(p2p: P2P, record: Record) -> list[str]:
    """Columns of a list that P2P does not use are dropped."""
    limits = dict(zip(("text_", "number_", "dateValue_"), LIST_COLUMNS[record["_list"]], strict=True))
    dropped = [
        name
        for name in record
        for column, most in limits.items()
        if name.startswith(column) and int(name.removeprefix(column)) > most
    ]
    return [f"Columns not in use were dropped: {', '.join(sorted(dropped))}."] if dropped else []


_CHECKS: Final = {
    "vendors": P2P.vendor_problems,
    "accounts": P2P.account_problems,
    "exchangeRates": P2P.rate_problems,
}
_WARNINGS: Final = {"lists": _unused_columns}
