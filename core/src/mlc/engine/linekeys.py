"""Which of the target's lines are ours: known by its ids, which change when somebody takes the lines out and puts equal
ones in, or when a write that replaces them all arrives a second time, late."""

from collections.abc import Mapping

from mlc.records import Record


def lines_there(ours: Mapping[str, str], shown: Record | None) -> Mapping[str, str]:
    """Our keys with the ids that the target shows now.

    Args:
        ours: Our key of each line → its id there when it was written last, in the order of the document.
        shown: The document as the target shows it; None, or of another kind, changes nothing.

    Where ids of ours are gone, lines that nobody knows take their places in the same order, if there are as many. Else
    the ids stay as they are: the target refuses them, and says so.
    """
    ids = [line.line_id for line in getattr(shown, "lines", ()) if line.line_id]
    gone = [key for key, line_id in ours.items() if line_id not in ids]
    known = set(ours.values())
    fresh = [line_id for line_id in ids if line_id not in known]
    if not gone or len(gone) != len(fresh):
        return ours
    return {**ours, **dict(zip(gone, fresh, strict=True))}
