"""Writes docs/hooks.md from ``mlc.hookspecs``: headings, contracts, errors. Head and examples lie beside this file.

``python docs/hooks/generate.py`` writes the page, ``--check`` says whether it is what it would write.
"""

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from mlc import hookspecs

HERE = Path(__file__).parent
PAGE = HERE.parent / "hooks.md"
NOTICE = "<!-- Generated from core/src/mlc/hookspecs.py and docs/hooks/ by `make docs`; a change belongs there. -->\n"
BANNER = re.compile(r"^# -{10,} (?:addressed: )?(\w[\w ]*)\n((?:# .*\n)*)", re.MULTILINE)
_CODE = re.compile(r"``([^`]+)``")
_ERROR = re.compile(r"(?<!`)\b(\w+Error|Created|Updated|Accepted|Rejected|NotSent|Unknown)\b(?!`)")
_PART = re.compile(r"^(Args|Returns|Raises):\s*", re.MULTILINE)


def page() -> str:
    """The whole page."""
    source = inspect.getsource(hookspecs)
    examples = _functions((HERE / "examples.py").read_text(encoding="utf-8"))
    parts = [(HERE / "head.md.in").read_text(encoding="utf-8").rstrip(), NOTICE.rstrip()]
    banners = list(BANNER.finditer(source))
    for banner, end in zip(banners, [*(one.start() for one in banners[1:]), len(source)], strict=True):
        parts.append(f"## {banner[1].capitalize()}")
        if banner[2]:
            parts.append(_told(" ".join(line.removeprefix("# ") for line in banner[2].splitlines())))
        for name in re.findall(r"^def (\w+)\(", source[banner.end() : end], flags=re.MULTILINE):
            parts += _section(name, examples[name])
    return "\n\n".join(parts) + "\n"


def signature(name: str) -> str:
    """A hook as an author writes it, in one line."""
    declared = inspect.signature(getattr(hookspecs, name))
    parameters = ", ".join(f"{one.name}: {_type(one.annotation)}" for one in declared.parameters.values())
    return f"{name}({parameters}) -> {_type(declared.return_annotation)}"


def _section(name: str, example: str) -> Iterator[str]:
    yield f"### `{signature(name)}`"
    yield _kind(name)
    yield from _contract(inspect.getdoc(getattr(hookspecs, name)) or "")
    yield f"```python\n{example}\n```"


def _kind(name: str) -> str:
    if name in hookspecs.BROADCAST:
        return "*Broadcast: every plugin may answer.*"
    if name in hookspecs.WRAPPABLE:
        return (
            "*Addressed: one system answers. Other plugins may [wrap it](wrapping.md); `mlc plugins list` names them.*"
        )
    return "*Addressed: one system answers. Never wrapped.*"


def _contract(text: str) -> Iterator[str]:
    """Paragraphs as they stand, arguments as a list, what is returned and raised in a sentence of its own."""
    for paragraph in text.split("\n\n"):
        head = _PART.match(paragraph)
        body = paragraph[head.end() if head else 0 :]
        if head is None:
            yield _told(body)
        elif head[1] == "Args":
            rows = re.sub(r"\n {8,}", " ", body).splitlines()
            yield "\n".join(f"- `{row.strip().partition(':')[0]}`: {_told(row.partition(': ')[2])}" for row in rows)
        else:
            named = _ERROR.sub(r"`\1`", _told(body))
            yield f"{head[1]} {named}"


def _told(text: str) -> str:
    return _CODE.sub(r"`\1`", " ".join(text.split()))


def _functions(text: str) -> dict[str, str]:
    """Name → source with its decorators, of every function of a file."""
    lines = text.splitlines()
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(mark.lineno for mark in node.decorator_list)])
            found[node.name] = "\n".join(lines[first - 1 : node.end_lineno])
    return found


def _type(annotation: object) -> str:
    if annotation is None:
        return "None"
    if isinstance(annotation, type):
        return annotation.__name__
    return str(annotation).strip("'\"")


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(0 if PAGE.read_text(encoding="utf-8") == page() else f"{PAGE} is not up to date; say: make docs")
    PAGE.write_text(page(), encoding="utf-8")
