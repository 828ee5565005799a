# An MLflow tracking server of the version that Pipewright is tested with.
ARG PYTHON_IMAGE=python:3.12-slim

FROM ${PYTHON_IMAGE}
# The three in step: a newer mlflow was once on the index before its parts were.
RUN pip install --no-cache-dir mlflow==3.17.2 mlflow-skinny==3.17.2 mlflow-tracing==3.17.2 \
  && useradd --create-home --uid 10001 mlflow \
  && install -d -o mlflow -g mlflow /mlflow
USER mlflow
WORKDIR /mlflow
ENV MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false MLFLOW_DISABLE_TELEMETRY=true
EXPOSE 5000
