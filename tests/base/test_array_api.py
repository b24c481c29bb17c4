"""Tensors in and out under scikit-learn's array API dispatch.

SciPy must be told before it is imported that arrays of other libraries are supported,
so that these tests run in another process. The tag `array_api_support` is not set:
distillers accept tensors of torch only, their computations run on NumPy arrays,
`sample_indices_` is a NumPy array, and `transform` accepts NumPy arrays after a fit on
tensors.
"""

# SPDX-License-Identifier: BSD-3-Clause

import os
import subprocess
import sys

from sklearn.linear_model import LogisticRegression
from sklearn.utils import get_tags

from sklearn_distill import DistilledClassifier, HerdingSelection, KernelInducingPoints

SCRIPT = """
import warnings
import numpy as np
import torch
from sklearn import config_context
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_array_api_input
from sklearn_distill import (
    DistilledClassifier, DistributionMatching, HerdingSelection, KernelInducingPoints,
    KMeansSelection, KnowledgeDistillationClassifier, RandomSelection, distilled_labels,
)

warnings.simplefilter("ignore")
rng = np.random.RandomState(0)
X, y = rng.randn(80, 4), np.arange(80) % 2
X[:, 0] += 4 * y
learned = [
    KernelInducingPoints(budget=3, max_iter=3, random_state=0),
    DistributionMatching(budget=3, max_iter=3, random_state=0),
]
# scikit-learn's own check of inputs and outputs of torch.
for method, dtype in zip(learned, ("float64", "float32"), strict=True):
    check_array_api_input(
        type(method).__name__, method, "torch", device_name="cpu", dtype_name=dtype
    )
selections = [
    HerdingSelection(budget=3),
    RandomSelection(budget=3, random_state=0),
    KMeansSelection(budget=3, random_state=0),
]
T, labels = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
with config_context(array_api_dispatch=True):
    for method in [*selections, *learned]:
        rows = method.fit_transform(T, labels)
        for found in (rows, method.distilled_.X, method.transform(T)):
            assert isinstance(found, torch.Tensor), type(found)
            assert found.dtype == T.dtype and found.device == T.device
        assert distilled_labels(rows).y.tolist() == [0, 0, 0, 1, 1, 1]
        assert isinstance(method.score(T, labels), float)
        if hasattr(method, "sample_indices_"):
            assert torch.equal(rows, T[torch.tensor(method.sample_indices_)])
    for estimator in (LogisticRegression(), LinearDiscriminantAnalysis()):
        model = DistilledClassifier(HerdingSelection(budget=10), estimator)
        assert model.fit(T, labels).score(T, labels) > 0.9
        assert isinstance(model.distilled_.X, torch.Tensor)
    pipeline = make_pipeline(
        HerdingSelection(budget=10),
        KnowledgeDistillationClassifier(
            LogisticRegression(), LogisticRegression(), check_teacher=False
        ),
    )
    assert (pipeline.fit(T, labels).predict(T) == y).mean() > 0.9
print("all tensors")
"""


def test_tensors_come_back_on_their_device_under_dispatch():
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "SCIPY_ARRAY_API": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.stdout == "all tensors\n", result.stderr


def test_the_tag_of_array_api_support_is_not_set():
    model = DistilledClassifier(HerdingSelection(), LogisticRegression())
    for estimator in (HerdingSelection(), KernelInducingPoints(), model):
        assert not get_tags(estimator).array_api_support
