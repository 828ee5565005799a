import logging

import pandas as pd

logger = logging.getLogger(__name__)


def clean_companies(companies: pd.DataFrame) -> pd.DataFrame:
    return companies.assign(rating=companies["rating"].str.rstrip("%").astype(float) / 100).dropna()


def gather_reviews(partitions: dict) -> pd.DataFrame:
    logger.info("%d partitions", len(partitions))
    return pd.concat([load() for _, load in sorted(partitions.items())], ignore_index=True)


def join(companies: pd.DataFrame, reviews: pd.DataFrame) -> pd.DataFrame:
    return companies.merge(reviews, on="company").sort_values(["company", "score"], ignore_index=True)


class Model:
    """Only pickle can pass it on."""

    def __init__(self, slope):
        self.slope = slope


def train(table: pd.DataFrame, options: dict) -> Model:
    features = table[options["feature"]]
    return Model((features * table["score"]).sum() / ((features**2).sum() + options["penalty"]))


def evaluate(model: Model, table: pd.DataFrame, options: dict) -> dict:
    error = (table["score"] - model.slope * table[options["feature"]]).abs().mean()
    return {"mean_absolute_error": float(error), "slope": float(model.slope)}


def compare(first: dict, second: dict) -> str:
    better = "rating" if first["mean_absolute_error"] <= second["mean_absolute_error"] else "age"
    return f"better by {better}"
