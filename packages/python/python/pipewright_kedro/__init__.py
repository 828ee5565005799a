"""Reads Kedro projects, and runs single nodes of them. It runs in an environment that has Kedro and the project's own needs."""
