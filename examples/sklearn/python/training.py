"""Trains the model. Nothing here knows of Pipewright but the parameter `context`."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold


def train(training_digits, test_images, strength, folds, seed, context):
    """A logistic regression of ten classes: cross-validated, fitted to all rows, and exported to ONNX.

    `test_images` have no labels: the forecasts of them are what onnxruntime has to give as well.
    """
    images = np.array([row["pixels"] for row in training_digits])
    labels = np.array([row["digit"] for row in training_digits])
    splits = StratifiedKFold(folds, shuffle=True, random_state=seed)
    for fold, (fitted, held) in enumerate(splits.split(images, labels)):
        if context.cancelled:
            return {}
        model = fit(images[fitted], labels[fitted], strength)
        context.metric("fold_accuracy", model.score(images[held], labels[held]), fold)
        context.metric("fold_log_loss", log_loss(labels[held], model.predict_proba(images[held])), fold)
    model = fit(images, labels, strength)
    context.log.info("fitted", rows=len(labels), iterations=int(model.n_iter_.max()))
    forecasts = model.predict_proba(np.array(test_images))
    return {"model": to_onnx(model, images.shape[1]), "python_forecasts": forecasts}


def fit(images, labels, strength):
    return LogisticRegression(C=strength, max_iter=500).fit(images, labels)


def to_onnx(model, width):
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType

    shape = [("images", FloatTensorType([None, width]))]
    # Probabilities as one table: by default they are a list of dictionaries.
    return convert_sklearn(model, initial_types=shape, options={"zipmap": False}).SerializeToString()
