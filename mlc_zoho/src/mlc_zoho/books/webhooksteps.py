"""How a person makes Zoho Books send webhooks: one webhook and one workflow rule per module.

Vendor doc: https://www.zoho.com/books/help/settings/automation/workflow-actions/webhooks.html,
https://zoho.com/books/kb/automation/create-webhook.html
"""

from mlc_zoho.books.settings import BooksSettings

#: Module as the rule's form names it → the word for it in a delivery.
MODULES = (
    ("Bills", "bill"),
    ("Vendors", "vendor"),
    ("Purchase Orders", "purchaseorder"),
    ("Vendor Credits", "vendorcredit"),
    ("Payments Made", "vendorpayment"),
    ("Expenses", "expense"),
)


def setup_steps(settings: BooksSettings, address: str) -> tuple[str, ...]:
    """Numbered steps, each with what to type. Workflow rules need a paid plan from Professional on."""
    organisation = settings.organization_id or "<organisation id>"
    modules = ", ".join(f"{title} ({word})" for title, word in MODULES)
    body = f'{{"entity":"bill","id":"<placeholder of the record id>","org":"{organisation}"}}'
    return (
        "Give mlc connect a webhook_secret of 12 to 50 letters and digits, and keep it at hand.",
        "Zoho Books: Settings, Automation, Workflow Actions, Webhooks, New Webhook. Module Bills, method POST.",
        f"URL to notify: {address} (without any query parameters).",
        "Tick 'I want to secure this webhook' and type the webhook_secret.",
        f"Body: Raw, JSON: {body} with the placeholder taken from the picker. Save.",
        "Settings, Automation, Workflow Rules, New Workflow Rule: module Bills, executed when a record is created or "
        "edited, no condition. Immediate action: that webhook. Save; a webhook without a rule never fires.",
        f"The same for each module that is kept in step, with its word for the entity: {modules}.",
        "Mind the plan: 1,000 webhooks a day in all, and one per rule. What goes beyond is lost there and comes with "
        "the next look.",
        "Change any of these records to send the first delivery.",
    )
