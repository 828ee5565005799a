"""Runs one node of a Kedro project, with the project's own catalog, parameters and hooks."""

import json
import os
import pathlib
import time

from . import values

_projects = {}
#: Plugins whose hooks take each node for a run: kedro-mlflow would open one of its own, kedro-telemetry report one.
_SWITCHED_OFF = ("kedro_mlflow", "kedro_telemetry")

# Kedro's log breaks its lines at the width of a terminal, of which there is none.
os.environ.setdefault("COLUMNS", "200")


def run_node(context, project, env, pipeline, node, allow_pickle, overrides, **inputs):
    """Runs a node and returns its outputs as bytes, by the names under which Pipewright passes them.

    `inputs` are what earlier nodes of the run returned, under `data.` and their names; `overrides` are params that were
    given for the run, in place of the project's own.
    """
    session, kedro = _open(project, env, overrides)
    chosen = _pipeline(pipeline).only_nodes(node)
    # The project's modules are imported now, and with them MLflow, if they use it.
    context._tracking.watch()
    version = _version(context.run_id, context.attempt)
    given = {name.partition(".")[2]: data for name, data in inputs.items()}
    loads = {name: values.saved_version(data) for name, data in given.items()}
    catalog = kedro._get_catalog(
        save_version=version, load_versions={name: found for name, found in loads.items() if found is not None} or None
    )
    for name in chosen.inputs():
        data = given.get(_plain(name))
        if data is not None and not values.is_saved(data):
            catalog[name] = values.read(name, data, allow_pickle)
    from kedro.runner import SequentialRunner

    SequentialRunner().run(chosen, catalog, session._hook_manager, run_id=context.run_id)
    return {_plain(name): _written(catalog, name, version, allow_pickle) for name in chosen.all_outputs()}


def _written(catalog, name, version, allow_pickle):
    from kedro.io import MemoryDataset

    dataset = catalog[name]
    if isinstance(dataset, MemoryDataset):
        return values.write(name, dataset.load(), allow_pickle)
    return values.saved(name, version if getattr(dataset, "_version", None) is not None else None)


def _plain(name):
    """The node of the graph that a transcoded dataset belongs to: `rows` of `rows@pandas`."""
    return name.partition("@")[0]


def _pipeline(name):
    from kedro.framework.project import pipelines

    return pipelines[name]


def _open(project, env, overrides):
    """A session and context of the project; they stay open in a warm process."""
    key = json.dumps([project, env, overrides], sort_keys=True)
    if key not in _projects:
        from kedro.framework.session import KedroSession
        from kedro.framework.startup import bootstrap_project

        # As `kedro run` does it: code may have paths that count from the project.
        os.chdir(project)
        bootstrap_project(pathlib.Path(project))
        session = KedroSession.create(
            project_path=project, env=env, runtime_params=_nested(overrides), save_on_close=False
        )
        for plugin in session._hook_manager.get_plugins():
            if type(plugin).__module__.partition(".")[0] in _SWITCHED_OFF:
                session._hook_manager.unregister(plugin)
        _projects[key] = (session, session.load_context())
    return _projects[key]


def _nested(overrides):
    nested = {}
    for path, value in sorted(overrides.items()):
        *parents, last = path.split(".")
        place = nested
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return nested


def _version(run_id, attempt):
    """A version as Kedro names them: the time of the run, for all its nodes, and a later one for each further attempt."""
    moment = _time_of(run_id) + (attempt - 1)
    shown = time.strftime("%Y-%m-%dT%H.%M.%S", time.gmtime(moment / 1000))
    return f"{shown}.{moment % 1000:03d}Z"


def _time_of(run_id):
    """The ms since 1970 in the first ten digits of a ULID."""
    digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    if len(run_id) != 26 or any(digit not in digits for digit in run_id):
        return time.time_ns() // 1_000_000
    moment = 0
    for digit in run_id[:10]:
        moment = moment * 32 + digits.index(digit)
    return moment
