"""A plugin that is wrong about what it did: core believes the transport alone (R1)."""

import pytest
from mlc import errors

from faultbench.people import People

#: Everything a plugin may raise after the vendor has said yes.
MISTAKES = (
    *sorted(
        name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.MlcError)
    ),
    "KeyError",
    "ValueError",
    "KeyboardInterrupt",
    "SystemExit",
    "None",
    "twice",
)
AT_ONCE = 4


class PluginCases:
    """After every mistake one record, and never a second request."""

    @pytest.mark.parametrize("first", range(0, len(MISTAKES), AT_ONCE))
    def test_whatever_a_plugin_says_after_the_vendor_said_yes_there_is_one_record(
        self, people: People, first: int
    ) -> None:
        mistakes = MISTAKES[first : first + AT_ONCE]
        made = [people.do("create") for _ in mistakes]
        people.world.run(environ={"FAULTS_PUSH": ",".join(mistakes)})
        people.world.settle()
        people.judge()
        assert all(len(people.posted(uuid)) == 1 for uuid in made)
