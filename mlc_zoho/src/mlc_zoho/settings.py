"""What the operator supplies for any Zoho product: the data centre and the OAuth client."""

from typing import Literal

from mlc import Secrets, Settings
from pydantic import Field, SecretStr

from mlc_zoho.datacentres import DATA_CENTRES

DataCentreCode = Literal["us", "eu", "in", "au", "jp", "ca", "cn", "sa", "uk", "ae"]


class ZohoSettings(Settings):
    data_centre: DataCentreCode | None = Field(
        default=None,
        description="Where the Zoho account lives: us, eu, in, au, jp, ca, cn, sa, uk or ae. Found out by itself when "
        "you authorise in a browser; needed with a self-client code or a refresh token outside the United States.",
    )


class ZohoSecrets(Secrets):
    client_id: SecretStr = Field(description="Client ID of the OAuth client made in the Zoho API console.")
    client_secret: SecretStr = Field(
        description="Client secret of that client. With one secret per data centre: that of this account's data centre."
    )
    refresh_token: SecretStr | None = Field(
        default=None, description="A refresh token minted elsewhere; not needed when you authorise with mlc connect."
    )
    webhook_secret: SecretStr | None = Field(
        default=None,
        description="Zoho Books: the secret (12 to 50 letters and digits) typed into the webhook's form. Zoho CRM: the "
        "token of a notification channel that somebody else made; ours have tokens of their own.",
    )


def hosts(settings: ZohoSettings) -> tuple[str, ...]:
    """Host names that calls may go to: those of the configured data centre, or all while it is not known."""
    centres = [centre for centre in DATA_CENTRES if settings.data_centre in (None, centre.code)]
    return tuple(host for centre in centres for host in centre.hosts)
