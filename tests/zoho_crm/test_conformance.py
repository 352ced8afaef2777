"""The connector against the checks every connector is held to, in both of its forms."""

from collections.abc import Iterator
from contextlib import contextmanager

from mlc.testing import Vendor
from mlc_zoho.crm.conformance import CrmConformance


class TestCrm(CrmConformance):
    """Every check; what the vendor cannot do stands in the package's ``quality.toml``."""


class TestCrmOfPersons(CrmConformance):
    """The same where every contact is a customer; Zoho CRM wants an account of an invoice all the same."""

    @classmethod
    @contextmanager
    def serve(cls) -> Iterator[str | None]:
        with super().serve() as url:
            account = Vendor(url or "").get("objects/Accounts")[0]["id"]
            cls.settings = {"customers": "contacts", "defaults": {"Invoices.Account_Name": account}}
            yield url
