"""The product that invoice lines stand under: found by its name, made on request, never unasked.

Product_Name is the check field that Zoho CRM defines for products, so an upsert by it makes one, however often it is
sent. Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/upsert-records.html
"""

from mlc.errors import RejectedError, TransientError
from mlc.wire import Json, encode

from mlc_zoho.crm.client import CrmClient, CrmConnection
from mlc_zoho.crm.errors import refused_row
from mlc_zoho.crm.queries import one_of, select
from mlc_zoho.crm.schemas import inner, text
from mlc_zoho.crm.tenant import facts_of, forget, known_of

MODULE = "Products"
NAME = "Product_Name"


def product_of(connection: CrmConnection) -> str | None:
    """The product that invoice lines stand under; the oldest where there are several of that name, None where none."""
    known = known_of(connection)
    if known.product is None:
        wanted = connection.settings.invoice_product
        query = select("Products", ("Product_Name",), one_of("Product_Name", [wanted]), 10)
        rows = CrmClient(connection).select(query).rows
        hits = (row for row in rows if (text(row, "Product_Name") or "").strip() == wanted.strip())
        known.product = next((text(row, "id") for row in hits), None)
    return known.product


def make(connection: CrmConnection) -> str:
    """Make the product where there is none by now.

    Raises: RejectedError when Zoho CRM refuses it; TransientError when it does not say what it made.
    """
    forget(connection)
    name, there = connection.settings.invoice_product, product_of(connection)
    if there is None:
        there = _upserted(connection)
        known_of(connection).product = there
    return f"product {name} ({there})"


def _upserted(connection: CrmConnection) -> str:
    settings = connection.settings
    facts, prefix = facts_of(connection, MODULE), f"{MODULE}."
    stated = {key.removeprefix(prefix): one for key, one in settings.defaults.items() if key.startswith(prefix)}
    row: dict[str, Json] = {
        name: {"id": one} if name in facts and facts[name].data_type == "lookup" else one
        for name, one in stated.items()
    }
    row[NAME] = settings.invoice_product
    body = encode({"data": [row], "duplicate_check_fields": [NAME], "trigger": []})
    answer = next(iter(CrmClient(connection).write("POST", f"{MODULE}/upsert", body)), {})
    if text(answer, "status") == "error":
        reason = refused_row(MODULE, answer).reason
        raise RejectedError(
            f"The product {settings.invoice_product!r} for invoice lines could not be made: {reason} Values for fields "
            'of Products go into defaults, e.g. defaults = { "Products.Region" = "EMEA" }; or make it by hand.',
            code=text(answer, "code"),
        )
    made = text(inner(answer, "details"), "id")
    if made is None:
        raise TransientError("Zoho CRM did not say which product it made; the next run looks for it.")
    return made
