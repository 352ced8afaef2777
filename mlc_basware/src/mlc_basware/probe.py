"""What this tenant can do, asked at each run; and who we are there. Reads only.

A token shows that client, region and environment belong together; a list of one row that a resource may be read. Scopes
that are missing are named one by one, with what needs them.
"""

from collections.abc import Iterator

from mlc import Capability, Identity, Probe
from mlc.errors import NotFoundError, RejectedError
from mlc.records import ObjectType

from mlc_basware import extracts, network
from mlc_basware.auth import BaswareConnection, lacking
from mlc_basware.client import BaswareClient, Listing
from mlc_basware.entities import DOCUMENTS, EXPORTED_ORDERS, MASTER, ORDERS, REQUISITIONS, Resource, places
from mlc_basware.register import open_register
from mlc_basware.settings import host_of, network_host
from mlc_basware.statuses import STANDARD, WAITING

WRITES = frozenset({Capability.CREATE, Capability.UPDATE, Capability.VOID})
READS = frozenset({Capability.READ, Capability.FIND})


def probe(connection: BaswareConnection) -> Probe:
    """Company codes, and what the granted scopes forbid."""
    settings = connection.settings
    _first(connection, DOCUMENTS)
    return Probe(
        entity_id=settings.company_codes[0],
        entity_name=", ".join(settings.company_codes),
        time_zone="UTC",
        daily_calls=settings.daily_calls,
        missing=_missing(connection),
        refused=_refused(lacking(connection)),
        extra={"host": host_of(settings), "confirm_by": settings.confirm_by},
    )


def ping(connection: BaswareConnection) -> Identity:
    """The client, and every resource that it may not read."""
    settings = connection.settings
    listing = _first(connection, DOCUMENTS)
    user = connection.secrets.username if settings.authentication == "basic" else connection.secrets.client_id
    missing = [f"scope {scope}: have it added to the API client" for scope in lacking(connection)]
    return Identity(
        account=_shown("" if user is None else user.get_secret_value()),
        organisation=", ".join(settings.company_codes),
        permissions_missing=(*missing, *_unreadable(connection), *_around(connection)),
        clock_skew_s=None if listing.at is None else (connection.now() - listing.at).total_seconds(),
        details={
            "host": host_of(settings),
            "region": settings.region,
            "environment": settings.environment,
            "login": settings.authentication,
            "ledger": settings.source_system,
            **{f"company {code}": told for code in settings.company_codes if (told := _unseen(connection, code))},
            **({"network": network_host(settings)} if settings.network else {}),
            **({"data access": str(settings.extracts_folder)} if settings.data_access else {}),
        },
    )


def _first(connection: BaswareConnection, resource: Resource) -> Listing:
    """One row of a list, harmless."""
    params = {"pageSize": "1"}
    if resource is DOCUMENTS:
        params |= {"ProcessingStatus": WAITING, "p2pProcessingMode": STANDARD}
    return BaswareClient(connection).page(resource.url, resource.wrapper, params)


def _unseen(connection: BaswareConnection, company: str) -> str | None:
    """What to think of a company code that nothing is seen of: Basware has no list of those there are."""
    params = {"pageSize": "1", "companyCode": company, "p2pProcessingMode": STANDARD}
    if not connection.settings.all_statuses_list:
        params["ProcessingStatus"] = WAITING
    if BaswareClient(connection).page(DOCUMENTS.url, DOCUMENTS.wrapper, params).rows:
        return None
    return "no invoice of it is seen; unless it has none yet, check company_codes against P2P's administration"


def _unreadable(connection: BaswareConnection) -> Iterator[str]:
    settings = connection.settings
    own = ORDERS if settings.po_mode == "matching_order" else REQUISITIONS
    wanted = [*MASTER.values(), *(place.resource for place in places(settings)), own]
    if settings.exported_orders:
        wanted.append(EXPORTED_ORDERS)
    for resource in dict.fromkeys(wanted):
        try:
            _first(connection, resource)
        except (RejectedError, NotFoundError) as error:
            yield f"{resource.path}: {error.sentence}"


def _around(connection: BaswareConnection) -> Iterator[str]:
    """What stands beside P2P and was switched on: Data Access and the Network."""
    settings = connection.settings
    if settings.data_access:
        try:
            extracts.listed(connection)
        except RejectedError as error:
            yield error.sentence
        with open_register(connection) as register:
            for name, extract in register.lost().items():
                yield f"{name} of extract {extract} cannot be downloaded any more: have Basware make an Initial one"
    if settings.network and (told := network.trouble(connection)) is not None:
        yield told


def _missing(connection: BaswareConnection) -> dict[ObjectType, str]:
    if connection.settings.organization_element is not None:
        return {}
    return {ObjectType.PURCHASE_ORDER: "Orders need the organisation element that sees them: set organization_element."}


def _refused(scopes: tuple[str, ...]) -> dict[ObjectType, dict[Capability, str]]:
    """Missing scopes by what they forbid."""
    homes = {resource.path: kind for kind, resource in MASTER.items()}
    homes |= {"costCenters": ObjectType.DIMENSION, "projects": ObjectType.DIMENSION, "lists": ObjectType.DIMENSION}
    homes |= {"matchingOrders": ObjectType.PURCHASE_ORDER, "matchingOrderLines": ObjectType.PURCHASE_ORDER}
    homes |= {"purchaseRequisitions": ObjectType.PURCHASE_ORDER, "accountingDocuments": ObjectType.BILL}
    found: dict[ObjectType, dict[Capability, str]] = {}
    for scope in scopes:
        name, _, verb = scope.partition(".")
        kind = homes.get(name)
        if kind is None:
            continue
        sentence = f"The API client lacks the scope {scope}: have Basware add it."
        if kind is ObjectType.BILL and verb == "write":
            found.setdefault(ObjectType.DOCUMENT_REPORT, {})[Capability.CREATE] = sentence
            continue
        for capability in WRITES if verb == "write" else READS:
            found.setdefault(kind, {})[capability] = sentence
    return found


def _shown(account: str) -> str:
    """Enough of a client id to know it again."""
    return f"{account[:4]}…" if len(account) > 8 else account
