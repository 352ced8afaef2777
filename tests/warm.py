"""What forked processes find imported: the commands, the engine, and what both would import at their first use."""

import importlib
import pkgutil

import alembic.command  # noqa: F401 - a new database needs it
import mlc.accounting
import mlc.cli
import mlc.engine
import mlc.store
from mlc.plugins import load_plugins

for package in (mlc.cli, mlc.accounting, mlc.engine, mlc.store):
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
load_plugins()
