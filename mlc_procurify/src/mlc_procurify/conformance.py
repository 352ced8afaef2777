"""What ``mlc plugin certify procurify`` and the tests hold this connector to."""

from mlc.records import MoneyMovement, ObjectType, Payment, PaymentAllocation, Record, Ref, SourceMeta
from mlc.testing import SystemConformance, Vendor

from mlc_procurify import SYSTEM

#: A bill's status on the screens.
APPROVED = "2"


class ProcurifyConformance(SystemConformance):
    """Against the stand-in: small pages, so that lists have several."""

    system = SYSTEM
    settings = {"subdomain": "demo", "page_size": 5}
    secrets = {"client_id": "demo-client", "client_secret": "demo-secret"}
    standin = "procurify"

    def touch(self, vendor: Vendor, object_type: ObjectType) -> str | None:
        if object_type is not ObjectType.VENDOR:
            return None
        first = vendor.get("objects/vendors")[0]
        vendor.post("objects/vendors", {"id": str(first["id"]), "name": f"{first['name'].rstrip('.')}."})
        return str(first["id"])
