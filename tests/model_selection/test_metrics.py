"""The metrics of a search, and the one that decides."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score, get_scorer, make_scorer
from sklearn.svm import SVC

from sklearn_distill.model_selection.metrics import (
    check_metrics,
    deciding_metric,
    is_balanced_metric,
    scorers_of,
)


def test_balanced_metrics_are_recognized_by_name_and_as_scorers():
    assert is_balanced_metric("recall_macro")
    assert is_balanced_metric("roc_auc_ovr")
    assert is_balanced_metric(make_scorer(balanced_accuracy_score))
    assert is_balanced_metric(make_scorer(f1_score, average="macro"))
    assert not is_balanced_metric(None)
    assert not is_balanced_metric("neg_log_loss")
    assert not is_balanced_metric(make_scorer(f1_score, average="weighted"))
    assert not is_balanced_metric("roc_auc_ovr_weighted")
    assert is_balanced_metric(get_scorer("roc_auc_ovo"))
    assert not is_balanced_metric(get_scorer("roc_auc_ovo_weighted"))

    def provoked(y, predicted):
        return 0.0

    assert not is_balanced_metric(make_scorer(provoked))


def test_deciding_metric():
    assert deciding_metric(["a", "b"], "b") == "b"
    assert deciding_metric(["a", "b"], len) == "a"
    assert deciding_metric({"x": "accuracy", "y": "f1"}, "y") == "f1"
    assert deciding_metric({"x": "accuracy", "y": "f1"}, False) == "accuracy"
    assert deciding_metric(None, True) is None


def test_several_metrics_require_a_deciding_one():
    check_metrics(["accuracy", "f1"], "f1")
    check_metrics({"a": "accuracy"}, False)
    check_metrics("accuracy", True)
    with pytest.raises(ValueError, match=r"\(accuracy, f1\); got True"):
        check_metrics(["accuracy", "f1"], True)


def test_scorers():
    assert set(scorers_of(SVC(), ["accuracy", "f1"])) == {"accuracy", "f1"}
    assert set(scorers_of(SVC(), {"a": "accuracy"})) == {"a"}
    assert callable(scorers_of(SVC(), None))
    with pytest.raises(ValueError, match="acuracy"):
        scorers_of(SVC(), "acuracy")
