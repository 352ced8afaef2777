"""Plugins as pip installs them: found by entry point, refused with a sentence when broken."""

import os
import subprocess
import sys
from pathlib import Path

LIST = "from mlc.cli.main import main; main(['plugins', 'list'])"


def _install(folder: Path, distribution: str, entry_points: str, **modules: str) -> None:
    """What pip leaves behind for a package."""
    home = folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
    home.mkdir(parents=True)
    (home / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (home / "entry_points.txt").write_text(entry_points)
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)


def _list(folder: Path, *, home: Path) -> "subprocess.CompletedProcess[str]":
    environ = os.environ | {"PYTHONPATH": str(folder), "XDG_CACHE_HOME": str(home), "HOME": str(home)}
    return subprocess.run([sys.executable, "-c", LIST], capture_output=True, text=True, check=False, env=environ)


def test_a_plugin_that_does_not_import_stops_the_program_with_a_sentence(tmp_path: Path) -> None:
    _install(tmp_path, "mlc-broken", "[mlc.systems]\nbroken = mlc_broken\n", mlc_broken="import no_such_module\n")
    done = _list(tmp_path, home=tmp_path / "home")
    assert done.returncode == 5
    assert done.stderr == (
        "The plugin 'broken' (mlc_broken) cannot be loaded: No module named 'no_such_module'. Repair or uninstall it.\n"
    )


def test_two_packages_that_name_a_plugin_alike_stop_the_program(tmp_path: Path) -> None:
    for number in ("one", "two"):
        _install(tmp_path, f"mlc-{number}", f"[mlc.systems]\ntwin = mlc_{number}\n", **{f"mlc_{number}": ""})
    done = _list(tmp_path, home=tmp_path / "home")
    assert done.returncode == 5
    assert "Two plugins are named 'twin', from mlc-one and mlc-two; uninstall one of them." in done.stderr


def test_a_recipe_that_is_wrong_stops_the_program_with_the_place(tmp_path: Path) -> None:
    toml = 'name = "mine"\ntitle = "Mine"\nleft = "a"\nright = "b"\ncolour = 1\nflows = []\n'
    text = f"def recipe():\n    return {toml!r}\n"
    _install(tmp_path, "mlc-mine", "[mlc.pairings]\nmine = mlc_mine:recipe\n", mlc_mine=text)
    done = _list(tmp_path, home=tmp_path / "home")
    assert done.returncode == 5
    assert "The recipe 'mine' (mlc_mine:recipe) is wrong: colour" in done.stderr


def test_a_plugin_that_is_installed_later_is_found_at_once(tmp_path: Path) -> None:
    assert "late" not in _list(tmp_path, home=tmp_path / "home").stdout
    module = "from mlc import hookimpl\n@hookimpl(wrapper=True)\ndef mlc_map(payload):\n    return (yield)\n"
    _install(tmp_path, "mlc-late", "[mlc.systems]\nlate = mlc_late\n", mlc_late=module)
    done = _list(tmp_path, home=tmp_path / "home")
    assert done.returncode == 0, done.stderr
    assert "late" in done.stdout
    assert "wraps mlc_map" in done.stdout


def test_a_home_that_cannot_be_written_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert _list(tmp_path, home=tmp_path / "file").returncode == 0
