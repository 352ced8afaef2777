"""Grants and the custody of tokens. Plugins need ``BearerAuth`` or ``TokenAuth`` and, for consent in a browser,
``Pkce``."""

from mlc.oauth.bearer import BearerAuth
from mlc.oauth.fixed import TokenAuth
from mlc.oauth.pkce import Pkce

__all__ = ["BearerAuth", "Pkce", "TokenAuth"]
