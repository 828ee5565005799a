from kedro.pipeline import node, pipeline

from .nodes import clean_companies, compare, evaluate, gather_reviews, join, train


def register_pipelines():
    processing = pipeline(
        [
            node(clean_companies, "companies", "clean_companies", name="clean_companies"),
            node(gather_reviews, "reviews", "all_reviews", name="gather_reviews"),
            node(join, ["clean_companies", "all_reviews"], "model_input", name="join", tags=["wide"]),
        ]
    )
    modelling = pipeline(
        [
            node(train, ["model_input", "params:options"], "model", name="train"),
            node(evaluate, ["model", "model_input", "params:options"], "metrics", name="evaluate"),
        ]
    )
    both = sum(
        pipeline(modelling, namespace=name, inputs={"model_input"}) for name in ("by_rating", "by_age")
    ) + pipeline([node(compare, ["by_rating.metrics", "by_age.metrics"], "verdict", name="compare")])
    return {"processing": processing, "modelling": both, "__default__": processing + both}
