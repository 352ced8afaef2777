"""The figures as a table, and in words where this project is ahead and where it is not."""

from collections.abc import Callable
from typing import Any

from benchmarks.peers.contenders import OURS

Result = dict[str, Any]


def _killed(name: str) -> Callable[[Result], float | None]:
    return lambda result: None if result["killed"] is None else result["killed"][name]


#: Heading, figure, how it is written, and whether less is better.
COLUMNS: tuple[tuple[str, Callable[[Result], float | None], str, bool], ...] = (
    ("records/s", lambda result: result["first"]["records_per_s"], "{:,.0f}", False),
    ("CPU s per 1,000", lambda result: result["first"]["cpu_s_per_1000"], "{:.3f}", True),
    ("peak MB", lambda result: result["first"]["peak_mb"], "{:.0f}", True),
    ("calls", lambda result: result["first"]["calls"], "{:,}", True),
    ("again s", lambda result: result["unchanged"]["seconds"], "{:.2f}", True),
    ("again CPU s", lambda result: result["unchanged"]["cpu_s"], "{:.2f}", True),
    ("again calls", lambda result: result["unchanged"]["calls"], "{:,}", True),
    ("again writes", lambda result: result["unchanged"]["writes"], "{:,}", True),
    ("start ms", lambda result: result["start_ms"], "{:.0f}", True),
    ("killed: doubled", _killed("doubled"), "{:,}", True),
    ("killed: lost", _killed("lost"), "{:,}", True),
    ("killed: s", _killed("seconds"), "{:.1f}", True),
)


def tell(facts: dict[str, Any], results: list[Result]) -> None:
    """Print it all."""
    print(
        f"{facts['records']:,} bills, {facts['latency_ms']:g} ms of latency, CPython {facts['python']}, "
        f"{facts['machine']}, {facts['cores']}; load {facts['load']}"
    )
    headings = ["", *(heading for heading, *_ in COLUMNS)]
    rows = [[result["name"], *(_written(column, result) for column in COLUMNS)] for result in results]
    widths = [max(len(row[place]) for row in [headings, *rows]) for place in range(len(headings))]
    for row in [headings, *rows]:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        print("  ".join(cells))
    for sentence in [*_notes(results), *_standing(results)]:
        print(sentence)


def _written(column: tuple[str, Callable[[Result], float | None], str, bool], result: Result) -> str:
    figure = column[1](result)
    return "-" if figure is None else column[2].format(figure)


def _notes(results: list[Result]) -> list[str]:
    """What a table would hide: a run that moved the wrong things, or never came to its end."""
    notes = []
    for result in results:
        books = result["first"]
        if books["doubled"] or books["lost"] or books["wrong"]:
            notes.append(f"{result['name']}: without any kill {books['doubled']} bills doubled, {books['lost']} lost, "
                         f"{books['wrong']} wrong.")  # fmt: skip
        killed = result["killed"]
        if killed is not None and (killed["wrong"] or not killed["ended"]):
            ending = "" if killed["ended"] else ", and it did not come to its end"
            notes.append(f"{result['name']}: when killed, {killed['wrong']} bills wrong{ending}.")
    return notes


def _standing(results: list[Result]) -> list[str]:
    ours = next((result for result in results if result["name"] == OURS), None)
    if ours is None:
        return []
    told = []
    for other in results:
        if other is ours:
            continue
        ahead, level, behind = [], [], []
        for heading, figure, _, less in COLUMNS:
            mine, theirs = figure(ours), figure(other)
            if mine is None or theirs is None:
                continue
            better = mine < theirs if less else mine > theirs
            (level if mine == theirs else ahead if better else behind).append(heading)
        parts = (("ahead in", ahead), ("behind in", behind), ("level in", level))
        words = "; ".join(f"{word} {', '.join(headings)}" for word, headings in parts if headings)
        told.append(f"Against {other['name']}: {words}.")
    return told
