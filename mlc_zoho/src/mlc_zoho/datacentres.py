"""Zoho's data centres as data: which accounts server and which API host belong together.

Every account lives in exactly one. An address that a callback or a token reply states counts only if it stands in this
table, so that nobody can send our credentials elsewhere.

Vendor doc: https://www.zoho.com/books/api/v3/introduction/#multidc, https://www.zoho.com/accounts/protocol/oauth/multi-dc.html
"""

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class DataCentre:
    """``documented`` False: the API host of Zoho Books there is an assumption."""

    code: str
    title: str
    accounts: str
    api: str
    documented: bool = True

    @property
    def hosts(self) -> tuple[str, str]:
        """The two host names, without scheme."""
        return urlsplit(self.accounts).netloc, urlsplit(self.api).netloc


DATA_CENTRES = (
    DataCentre("us", "United States", "https://accounts.zoho.com", "https://www.zohoapis.com"),
    DataCentre("eu", "Europe", "https://accounts.zoho.eu", "https://www.zohoapis.eu"),
    DataCentre("in", "India", "https://accounts.zoho.in", "https://www.zohoapis.in"),
    DataCentre("au", "Australia", "https://accounts.zoho.com.au", "https://www.zohoapis.com.au"),
    DataCentre("jp", "Japan", "https://accounts.zoho.jp", "https://www.zohoapis.jp"),
    DataCentre("ca", "Canada", "https://accounts.zohocloud.ca", "https://www.zohoapis.ca"),
    DataCentre("cn", "China", "https://accounts.zoho.com.cn", "https://www.zohoapis.com.cn"),
    DataCentre("sa", "Saudi Arabia", "https://accounts.zoho.sa", "https://www.zohoapis.sa"),
    DataCentre("uk", "United Kingdom", "https://accounts.zoho.uk", "https://www.zohoapis.uk", documented=False),
    DataCentre("ae", "United Arab Emirates", "https://accounts.zoho.ae", "https://www.zohoapis.ae", documented=False),
)

#: Users of these may start at accounts.zoho.com, which sends them to their own server. Others start at their own.
REDIRECTED_FROM_US = frozenset({"us", "eu", "in", "au", "jp", "sa", "ca"})


def by_code(code: str) -> DataCentre | None:
    """The data centre of a ``location`` code, e.g. ``eu``."""
    return next((centre for centre in DATA_CENTRES if centre.code == code.strip().lower()), None)


def by_accounts_server(url: str) -> DataCentre | None:
    """The data centre whose accounts server is exactly this https address."""
    return next((centre for centre in DATA_CENTRES if centre.accounts == _origin(url)), None)


def by_api_domain(url: str) -> DataCentre | None:
    """The data centre whose API host is exactly this https address; generic ``api.zoho.*`` hosts are none of ours."""
    return next((centre for centre in DATA_CENTRES if centre.api == _origin(url)), None)


def _origin(url: str) -> str:
    parts = urlsplit(url.strip())
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.path in ("", "/") and not parts.query else ""
