"""Countries as people write them."""

import pytest
from mlc.records import country_code_of, country_name_of


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("united states of america", "US"),
        ("de", "DE"),
        ("DEU", "DE"),
        ("Österreich", "AT"),
        ("Cote d'Ivoire", "CI"),
        ("The Netherlands", "NL"),
        ("  Scotland ", "GB"),
    ],
)
def test_a_country_is_known_by_the_names_people_write(written: str, code: str) -> None:
    assert country_code_of(written) == code


@pytest.mark.parametrize("written", [None, "", "  ", "Gondor", "North", "-"])
def test_what_is_not_surely_a_country_stays_unknown(written: str | None) -> None:
    assert country_code_of(written) is None


def test_every_name_leads_back_to_its_code() -> None:
    assert all(country_code_of(country_name_of(code)) == code for code in ("GB", "TR", "CZ", "US", "VN", "AX"))
    assert country_name_of("ZZ") == "ZZ"
