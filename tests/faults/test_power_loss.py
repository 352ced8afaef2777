"""The power goes in a busy run, and the last frames of SQLite's log are gone: no duplicate, nothing lost (R2, R44e)."""

from collections.abc import Iterator

import pytest
from faultbench.powerloss import Loss, power_loss
from faultbench.world import SWITCHES
from mlc.engine import dispatch, stagework
from mlc.plugins import load_plugins

#: When the power goes: while answers are on their way and half of the work is left, or when all was done.
MOMENTS = {"amidst": "outcome.before:crash:2", "after": "run.finished:crash"}
#: The suite's share of the boundaries, spread evenly over the run; every second time the counter is lost as well.
SAMPLE = 4


@pytest.fixture(scope="module")
def loss(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loss]:
    strategy, moment = request.param
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stagework, "PROVISIONAL_S", 0.0)
        patched.setattr(dispatch, "PATIENCE_S", 0.5)
        folder = tmp_path_factory.mktemp("loss")
        with power_loss(folder, load_plugins(), strategy=strategy, step=MOMENTS[moment]) as made:
            yield made


@pytest.mark.parametrize("loss", [("search", "amidst"), ("unique_field", "after")], ids="-".join, indirect=True)
def test_a_log_cut_at_some_of_its_commits_leads_to_no_duplicate_and_loses_nothing(loss: Loss) -> None:
    assert len(loss.commits) > 3 * SAMPLE
    apart = len(loss.commits) // SAMPLE
    # The last ones are where answers were on their way: only the notes of what was sent are lost.
    for number, frames in enumerate((0, *loss.commits[apart - 1 :: apart], *loss.commits[-4:-1])):
        found = loss.start_again(frames, noticed=number % 2 == 1)
        assert found == [], f"cut after {frames} of {loss.frames} frames"


@pytest.mark.torture
@pytest.mark.parametrize("noticed", [True, False], ids=["noticed", "unnoticed"])
@pytest.mark.parametrize(
    "loss", [(one, moment) for one in sorted(SWITCHES) for moment in MOMENTS], ids="-".join, indirect=True
)
def test_a_log_cut_after_any_frame_leads_to_no_duplicate_and_loses_nothing(loss: Loss, noticed: bool) -> None:
    wrong = {}
    for frames in range(loss.frames + 1):
        if found := loss.start_again(frames, noticed=noticed):
            wrong[frames] = found
    assert wrong == {}, f"of {loss.frames} frames"
