"""Names too long for the target: told apart, and never lost."""

from mlc.accounting.partynames import fitted, shorten_name
from mlc.records import SourceMeta, Vendor


def vendor(name):
    return Vendor(source=SourceMeta(system="west", source_id="7"), name=name)


def test_a_name_that_fits_stays_as_it_is():
    assert fitted(vendor("Harbour Paper"), 100) == (vendor("Harbour Paper"), {}, ())
    assert fitted(vendor("N" * 300), None)[1] == {}
    assert shorten_name("N" * 100, 100) == "N" * 100


def test_a_name_too_long_keeps_its_beginning_and_its_full_form():
    long = "Consolidated " + "Harbour and Dockside " * 5 + "Cartage Company"
    short, kept, losses = fitted(vendor(long), 100)
    assert len(short.name) <= 100
    assert short.name.startswith("Consolidated Harbour")
    assert kept == {"name": long}
    assert [loss.field for loss in losses] == ["name"]


def test_two_long_names_that_begin_alike_stay_two():
    names = {shorten_name("Harbour " * 20 + end, 100) for end in ("East", "West")}
    assert len(names) == 2
    assert len({name[:95] for name in names}) == 1
