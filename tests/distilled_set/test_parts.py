"""The checks of the parts of a distilled set."""

import numpy as np
import pandas as pd
import pytest

from sklearn_distill.distilled_set.parts import SetParts, as_arrays, check_parts

ROWS = np.array([[3.0, 1.0], [2.0, 2.0], [1.0, 3.0]])
PARTS = SetParts(
    ROWS,
    y=["a", "b", "a"],
    soft_labels=[[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]],
    sample_weight=[1, 2, 0.5],
    classes=["a", "b"],
    info={"method": "x"},
)


def test_as_arrays_converts_lists_and_copies_info():
    parts = as_arrays(PARTS)
    assert parts.y.tolist() == ["a", "b", "a"]
    assert parts.soft_labels.shape == (3, 2)
    assert parts.sample_weight.dtype == np.float64
    assert parts.info == PARTS.info
    assert parts.info is not PARTS.info
    check_parts(parts)


def test_as_arrays_keeps_frames_and_missing_parts():
    frame = pd.DataFrame(ROWS)
    parts = as_arrays(SetParts(frame))
    assert parts.X is frame
    assert parts[1:] == (None, None, None, None, None, {}, None, None, None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y": ["a", "b"]}, r"y has shape \(2,\), but X has 3 rows"),
        ({"y": "a"}, r"y has shape \(\), but X has 3 rows"),
        ({"y": [["a"], ["b"], ["a"]]}, "y must be 1-D"),
        ({"y": ["a", "b", "c"]}, "contains the label 'c', which is not in classes"),
        ({"sample_weight": [1, 1]}, "sample_weight has shape"),
        ({"sample_weight": [[1], [1], [1]]}, "sample_weight must be 1-D"),
        ({"sample_weight": [1, -1, 1]}, "finite and non-negative"),
        ({"sample_weight": [1, np.nan, 1]}, "finite and non-negative"),
        ({"sample_weight": [1, np.inf, 1]}, "finite and non-negative"),
        ({"sample_weight": ["x", 1, 1]}, "could not convert"),
        ({"classes": [["a", "b"]]}, "classes must be 1-D"),
        ({"classes": None}, "soft_labels require classes"),
        ({"classes": None, "y": [["a", "b"]] * 3}, r"y must have shape \(m,\), or"),
        ({"classes": None, "y": np.zeros((3, 2, 1))}, r"y must have shape \(m,\), or"),
        (
            {"classes": None, "y": np.zeros((3, 2)), "target_name": "a"},
            "names 1 targets, but y has 2",
        ),
        ({"soft_labels": [[1, 0], [0, 1]]}, r"soft_labels has shape \(2, 2\)"),
        ({"soft_labels": np.full((3, 3), 1 / 3)}, r"\(3, 2\); got \(3, 3\)"),
        ({"soft_labels": [1, 0, 1]}, r"\(3, 2\); got \(3,\)"),
        (
            {"soft_labels": [[2, -1], [0, 1], [0, 1]]},
            "must contain probabilities that sum to 1",
        ),
        (
            {"soft_labels": [[0.5, 0.4], [0, 1], [0, 1]]},
            "must contain probabilities that sum to 1",
        ),
        (
            {"soft_labels": [[np.nan, 1], [0, 1], [0, 1]]},
            "must contain probabilities that sum to 1",
        ),
        (
            {"soft_labels": [[np.inf, 0], [0, 1], [0, 1]]},
            "must contain probabilities that sum to 1",
        ),
        ({"X": np.array([1.0, 2.0, 3.0])}, r"X must be 2-D.*reshape\(-1, 1\)"),
        ({"X": pd.Series([1.0, 2.0, 3.0])}, "X must be 2-D"),
        ({"X": 5}, "X must be 2-D"),
        ({"X": np.empty((0, 2))}, "X must contain at least one value"),
        ({"X": np.empty((3, 0))}, "X must contain at least one value"),
    ],
)
def test_check_parts_raises_for_invalid_parts(changes, message):
    with pytest.raises(ValueError, match=message):
        check_parts(as_arrays(PARTS._replace(**changes)))
