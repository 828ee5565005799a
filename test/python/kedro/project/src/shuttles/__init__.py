"""A Kedro project as its users write them. It knows nothing of Pipewright."""
