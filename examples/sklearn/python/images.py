"""The images of handwritten digits that scikit-learn has in its package: no download, no licence key."""

from sklearn.datasets import load_digits


def read_digits():
    data = load_digits()
    return {
        "digits": [
            {"digit": int(digit), "pixels": pixels.tolist()}
            for digit, pixels in zip(data.target, data.data, strict=True)
        ]
    }
