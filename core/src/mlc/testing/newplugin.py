"""A new connector package, written from the template that is shipped beside this module."""

import re
from collections.abc import Iterator
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from string import Template

from mlc.errors import ConfigError

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
NAME_MAX = 30
SUFFIX = ".tmpl"
#: What a folder of the template is called where it carries the new package's import name.
PACKAGE = "PACKAGE"


def write_plugin(name: str, into: Path) -> list[Path]:
    """Write the package of a system called ``name`` into a new folder ``mlc_<name>`` below ``into``.

    Returns: the files, the folder first.
    Raises: ConfigError for a name that cannot be one or is taken, and for a folder that is there.
    """
    words = words_of(name)
    folder = into / words["package"]
    if folder.exists():
        raise ConfigError(f"{folder} is there already; choose another name, or another folder with --into.")
    if name in {entry.name for entry in entry_points(group="mlc.systems")} or find_spec(words["package"]) is not None:
        raise ConfigError(f"{name!r} is installed already; choose another name.")
    written = [folder]
    for place, text in _template():
        path = folder / place.replace(PACKAGE, words["package"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template(text).substitute(words), encoding="utf-8")
        written.append(path)
    return written


def words_of(name: str) -> dict[str, str]:
    """What the template calls a system of that name.

    Raises: ConfigError for a name that cannot be one.
    """
    if len(name) > NAME_MAX or not NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot be a system's name: small letters and digits, words joined by single dashes, "
            f"at most {NAME_MAX} characters, like tiny-books."
        )
    package = "mlc_" + name.replace("-", "_")
    title = " ".join(word.capitalize() for word in name.split("-"))
    return {"system": name, "package": package, "distribution": package.replace("_", "-"), "title": title}


def _template() -> Iterator[tuple[str, str]]:
    """Path below the new folder → text, of every file of the template."""
    yield from _below(files("mlc.testing").joinpath("template"), "")


def _below(folder: Traversable, place: str) -> Iterator[tuple[str, str]]:
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            yield from _below(item, f"{place}{item.name}/")
        elif item.name.endswith(SUFFIX):
            yield place + item.name.removesuffix(SUFFIX), item.read_text(encoding="utf-8")
