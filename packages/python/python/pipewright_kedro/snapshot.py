"""`python -I snapshot.py PROJECT FILE [ENV]`: writes what Pipewright needs to know of a Kedro project as JSON."""

import dataclasses
import json
import pathlib
import sys


def snapshot(project, env):
    """Pipelines, nodes and datasets of a project. Runs none of its nodes, and loads no data."""
    import kedro
    from kedro.inspection import get_project_snapshot

    found = dataclasses.asdict(get_project_snapshot(project, env=env))
    pipelines = [
        {
            "name": pipeline["name"],
            "nodes": [
                {key: node[key] for key in ("name", "namespace", "tags", "inputs", "outputs")}
                for node in pipeline["nodes"]
            ],
        }
        for pipeline in found["pipelines"]
    ]
    return {
        "version": 1,
        "kedro": kedro.__version__,
        "project": found["metadata"]["project_name"],
        "pipelines": pipelines,
        "datasets": {name: dataset["type"] for name, dataset in found["datasets"].items()},
    }


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[2])
    # By a file: Kedro and the project print on standard output what they like.
    target.write_text(json.dumps(snapshot(sys.argv[1], sys.argv[3] if len(sys.argv) > 3 else None)))
