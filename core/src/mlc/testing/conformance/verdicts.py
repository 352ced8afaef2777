"""What a check says when it neither passes nor fails. The words in front decide how it counts."""

from typing import NoReturn

import pytest

NOT_APPLICABLE = "not applicable: "
NOT_SHOWN = "not shown: "
EXEMPT = "exempt: "


def not_applicable(sentence: str) -> NoReturn:
    """The system cannot have this; costs nothing."""
    pytest.skip(NOT_APPLICABLE + sentence)


def not_shown(sentence: str) -> NoReturn:
    """It could be checked, but what is needed was not supplied; costs the level."""
    pytest.skip(NOT_SHOWN + sentence)


def exempt(reason: str) -> NoReturn:
    """The author says why the vendor cannot do this; costs nothing where the rules allow it."""
    pytest.skip(EXEMPT + reason)
