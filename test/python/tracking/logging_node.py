"""A node that logs to MLflow as its author is used to, with and without a run of its own."""

import mlflow


def logs(context):
    mlflow.log_param("optimizer", "lbfgs")
    mlflow.log_metric("loss", 0.25, step=3)
    active = mlflow.active_run().info.run_id
    mlflow.end_run()
    with mlflow.start_run(run_name="mine"):
        mlflow.set_tag("stage", "fitted")
        again = mlflow.active_run().info.run_id
    context.metric("epochs", 4)
    return {"answer": "one run" if again == active else "two runs"}
