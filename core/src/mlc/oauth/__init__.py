"""Grants and the custody of tokens. Plugins need ``BearerAuth``, ``SessionAuth`` or ``TokenAuth`` and, for consent in a
browser, ``Pkce``."""

from mlc.oauth.bearer import BearerAuth
from mlc.oauth.fixed import TokenAuth
from mlc.oauth.pkce import Pkce
from mlc.oauth.sessions import SessionAuth

__all__ = ["BearerAuth", "Pkce", "SessionAuth", "TokenAuth"]
