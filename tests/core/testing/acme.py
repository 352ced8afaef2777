"""The smallest plugin: it describes itself and signs."""

from datetime import timedelta

from mlc import GrantKind, Secrets, Settings, System, Token, hookimpl
from mlc.http import decode
from mlc.oauth import BearerAuth
from mlc.testing import SystemConformance
from pydantic import Field, SecretStr

SECRETS = {"client_secret": "acme-secret"}


class AcmeSettings(Settings):
    account: str = Field(description="The account.")


class AcmeSecrets(Secrets):
    client_secret: SecretStr = Field(description="The secret.")


class Acme:
    @hookimpl
    def mlc_describe(self):
        return System(
            name="acme",
            title="Acme",
            version="1",
            settings=AcmeSettings,
            secrets=AcmeSecrets,
            grants=(GrantKind.CLIENT_CREDENTIALS,),
            objects=(),
            hosts=lambda settings: ("api.acme.example", "odd.acme.example:8443"),
        )

    @hookimpl
    def mlc_auth(self, connection, tokens):
        def mint(stored):
            secret = connection.secrets.client_secret.get_secret_value()
            reply = decode(connection.http.mint("POST", "https://api.acme.example/token", data={"secret": secret}))
            return Token(SecretStr(reply["access_token"]), connection.now() + timedelta(seconds=reply["expires_in"]))

        return BearerAuth(tokens, mint)


PLUGIN = Acme()


class AcmeConformance(SystemConformance):
    """Nothing is served, so little can be shown."""

    system = "acme"
    settings = {"account": "demo"}
    secrets = SECRETS
    xfail = {"test_hosts_are_plain_names": "One of its hosts is written with a port, which is known."}
