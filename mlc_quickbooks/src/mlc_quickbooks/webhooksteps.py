"""How a person makes Intuit send webhooks: one address per app, in the developer portal; there is no call for it.

Vendor doc: https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks/configure-webhooks
"""

from mlc_quickbooks.settings import QuickBooksSettings

ENTITIES = (
    "Account, Bill, BillPayment, Class, Department, Item, JournalEntry, PurchaseOrder, Term, Vendor, VendorCredit"
)


def setup_steps(settings: QuickBooksSettings, address: str) -> tuple[str, ...]:
    """Numbered steps, each with what to type."""
    keys = "Production" if settings.environment == "production" else "Development"
    return (
        f"developer.intuit.com, your app, Webhooks, {keys}. The address has to be https and reachable by Intuit.",
        f"Endpoint URL: {address}",
        f"Tick these entities with all of their operations: {ENTITIES}.",
        "Save, then Show verifier token: copy it, and enter it as webhook_verifier with mlc connect.",
        "One app has one address for all its companies, and the connection behind it takes what is of its own company: "
        "further companies of the app are asked for their changes instead.",
        "Change any of these records in QuickBooks to send the first delivery; it may take five minutes.",
    )
