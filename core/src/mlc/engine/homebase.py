"""The base of a record's own side after the other side's answer was written back to it (R16)."""

from mlc.engine.intents import Intent
from mlc.records import Record, dump_record, load_record


def home_base(intent: Intent, seen: Record | None) -> tuple[str | None, bool]:
    """The base of a party's own side after a write to it, and whether something that changed there still waits.

    What was in step is as that side shows it now; what it had changed itself, and nobody carried yet, keeps its base.
    """
    if intent.source_input is None or intent.rendered is None or seen is None:
        return intent.source_input, False
    base, sent = load_record(intent.object_type, intent.source_input), intent.rendered
    names = [name for name in type(base).model_fields if name != "source"]
    waiting = {name for name in names if getattr(base, name) != getattr(sent, name)}
    kept = {name: getattr(base, name) for name in waiting if base.known(name)}
    return dump_record(seen.model_copy(update=kept)), bool(waiting)
