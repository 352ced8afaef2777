"""What an organisation can do, and who we are there. Reads only: its metadata is read once an hour."""

from mlc import Identity, Probe
from mlc.errors import RejectedError
from mlc.records import ObjectType

from mlc_zoho.auth import data_centre, granted_scopes
from mlc_zoho.crm.client import CrmClient, CrmConnection
from mlc_zoho.crm.errors import NOT_THERE
from mlc_zoho.crm.modules import ITEMS, OWN_FIELDS, module_of
from mlc_zoho.crm.products import product_of
from mlc_zoho.crm.schemas import Row, inner, text, whole
from mlc_zoho.crm.settings import NOTES, SCOPES, product_lacking
from mlc_zoho.crm.tenant import Facts, facts_of, home_of, mandatory_of
from mlc_zoho.scopes import missing

#: Edition → credits in 24 hours: base, per licence, at most (None: no end).
#: Vendor doc: https://help.zoho.com/portal/en/community/topic/kaizen-93 (credits and concurrency)
CREDITS: dict[str, tuple[int, int, int | None]] = {
    "free": (5_000, 0, 5_000),
    "standard": (50_000, 250, 100_000),
    "starter": (50_000, 250, 100_000),
    "professional": (50_000, 500, 1_000_000),
    "enterprise": (50_000, 1_000, 2_000_000),
    "zoho one": (50_000, 1_000, 2_000_000),
    "ultimate": (50_000, 2_000, None),
    "crm plus": (50_000, 2_000, None),
}
TYPES = (ObjectType.CUSTOMER, ObjectType.CONTACT, ObjectType.DEAL, ObjectType.ITEM, ObjectType.INVOICE)
WRITTEN = (ObjectType.CUSTOMER, ObjectType.CONTACT, ObjectType.ITEM, ObjectType.INVOICE)

PERSONS_BUY = 'With customers = "contacts" every contact is a customer, and people are no list of their own.'

NO_PRODUCTS = (
    "This edition of Zoho CRM has no module Products, and every line of an invoice stands under a product: name a "
    "custom module without lines in invoice_module, or Notes for notes on accounts."
)


def probe(connection: CrmConnection) -> Probe:
    """Edition and credits, base currency, zone, modules that are missing, fields, unique fields, mandatory fields."""
    home = home_of(connection)
    edition = edition_of(home)
    facts, absent = _facts(connection)
    extra = _extra(connection, facts)
    makeable: frozenset[ObjectType] = frozenset()
    if ITEMS in facts.get(ObjectType.INVOICE, {}) and "product" not in extra:
        absent[ObjectType.INVOICE] = NO_PRODUCTS
        if ObjectType.ITEM in facts:
            absent[ObjectType.INVOICE] = product_lacking(connection.settings)
            makeable = frozenset({ObjectType.INVOICE} if connection.settings.create_product else ())
    unique = frozenset(kind for kind in WRITTEN if kind in facts and _is_unique(connection, kind, facts[kind]))
    if connection.settings.persons_buy:
        absent[ObjectType.CONTACT] = PERSONS_BUY
    return Probe(
        entity_id=text(home, "zgid") or text(home, "id"),
        entity_name=text(home, "company_name"),
        base_currency=text(home, "iso_code"),
        time_zone=text(home, "time_zone") or "UTC",
        plan=edition,
        edition=edition,
        daily_calls=credits_of(edition, whole(inner(home, "license_details"), "users_license_purchased")),
        unique_fields=unique,
        missing=absent,
        makeable=makeable,
        extra=extra,
    )


def ping(connection: CrmConnection) -> Identity:
    """The connected user and organisation, and what the organisation lacks of what we use."""
    client = CrmClient(connection)
    user, listing = client.current_user(), client.organisation()
    home = next(iter(listing.rows), {})
    skew = (connection.now() - listing.at).total_seconds() if listing.at is not None else None
    name, number = text(home, "company_name") or "", text(home, "zgid") or text(home, "id") or ""
    facts, absent = _facts(connection)
    details = {"data centre": data_centre(connection, connection.tokens.current()).title}
    details |= {f"without {kind.value}s": sentence for kind, sentence in absent.items()}
    if ITEMS in facts.get(ObjectType.INVOICE, {}) and ObjectType.ITEM in facts:
        product = product_of(connection)
        found = f"{connection.settings.invoice_product} ({product})"
        details["product of invoice lines"] = found if product is not None else product_lacking(connection.settings)
    lacking = lacking_fields(connection, facts)
    if lacking:
        details["fields not there"] = ", ".join(lacking)
    return Identity(
        account=text(user, "email") or text(user, "full_name") or name,
        organisation=f"{name} ({number})",
        plan=edition_of(home),
        permissions_missing=missing(SCOPES, granted_scopes(connection)),
        clock_skew_s=skew,
        details=details,
    )


def edition_of(home: Row) -> str | None:
    """The edition in lower case; ``free`` when nothing is paid for."""
    licence = inner(home, "license_details")
    stated = text(licence, "paid_type")
    return stated.lower() if stated is not None else "free" if licence.get("paid") is False else None


def credits_of(edition: str | None, users: int | None) -> int | None:
    """Credits in 24 hours; None for an edition nobody has told us of. The longest name that fits decides."""
    known = [name for name in CREDITS if edition is not None and name in edition]
    if not known:
        return None
    base, each, most = CREDITS[max(known, key=len)]
    grown = base + each * (users or 0)
    return grown if most is None else min(grown, most)


def lacking_fields(connection: CrmConnection, facts: dict[ObjectType, Facts]) -> list[str]:
    """Fields of our own that an administrator has not made, as ``Module.Field``."""
    settings, found = connection.settings, []
    prefix = settings.invoice_prefix
    own = {
        ObjectType.CUSTOMER: (settings.unique_field, *(() if settings.persons_buy else (settings.tax_number_field,))),
        ObjectType.CONTACT: () if settings.persons_buy else (settings.unique_field,),
        ObjectType.INVOICE: (settings.unique_field, *(prefix + end for end in OWN_FIELDS)),
    }
    for kind, names in own.items():
        module = module_of(settings, kind).api_name
        if kind in facts and module != NOTES:
            found += [f"{module}.{name}" for name in names if name not in facts[kind]]
    return found


def _facts(connection: CrmConnection) -> tuple[dict[ObjectType, Facts], dict[ObjectType, str]]:
    """The fields of each module, and a sentence for each that this edition does not have."""
    facts: dict[ObjectType, Facts] = {}
    absent: dict[ObjectType, str] = {}
    for kind in TYPES:
        try:
            facts[kind] = facts_of(connection, module_of(connection.settings, kind).api_name)
        except RejectedError as error:
            if error.code not in NOT_THERE:
                raise
            absent[kind] = error.sentence
    if ObjectType.INVOICE in absent:
        absent[ObjectType.INVOICE] += " Name a custom module in invoice_module, or Notes for notes on accounts."
    return facts, absent


def _is_unique(connection: CrmConnection, kind: ObjectType, facts: Facts) -> bool:
    fact = facts.get(connection.settings.unique_field)
    return fact is not None and fact.unique and module_of(connection.settings, kind).api_name != NOTES


def _extra(connection: CrmConnection, facts: dict[ObjectType, Facts]) -> dict[str, str]:
    """What render has to know: fields that are there, those a layout insists on, picklist values, the product."""
    found = {}
    for kind, known in facts.items():
        module = module_of(connection.settings, kind).api_name
        found[f"fields:{module}"] = ",".join(sorted(known))
        unique = known.get(connection.settings.unique_field)
        if unique is not None and unique.length is not None:
            found[f"key_length:{module}"] = str(unique.length)
        if kind in WRITTEN and module != NOTES:
            found[f"lookups:{module}"] = ",".join(name for name, fact in known.items() if fact.data_type == "lookup")
            found[f"mandatory:{module}"] = ",".join(mandatory_of(connection, module))
    for kind, name in ((ObjectType.CUSTOMER, "Currency"), (ObjectType.INVOICE, "Status")):
        fact = facts.get(kind, {}).get(name)
        if fact is not None:
            found[f"values:{name}"] = "\n".join(fact.values)
    if ObjectType.INVOICE in facts and ObjectType.ITEM in facts:
        product = product_of(connection)
        if product is not None:
            found["product"] = product
    return found
