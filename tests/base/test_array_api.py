"""Arrays of other libraries in and out under scikit-learn's array API dispatch.

SciPy must be told before it is imported that arrays of other libraries are supported,
so that these tests run in another process.
"""

# SPDX-License-Identifier: BSD-3-Clause

import os
import subprocess
import sys

SCRIPT = """
import warnings
from importlib.util import find_spec
import numpy as np
import torch
from sklearn import config_context
from sklearn.base import is_classifier
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import (
    check_array_api_input, check_array_api_mixed_inputs, check_array_api_same_namespace,
)
from sklearn.utils._array_api import NamespaceAndDevice
from sklearn_distill import (
    DistillationSampler, DistilledClassifier, DistilledRegressor, DistributionMatching,
    HerdingSelection, KernelInducingPoints, KMeansSelection,
    KnowledgeDistillationClassifier, RandomSelection, StreamingDistiller,
    distilled_labels,
)

warnings.simplefilter("ignore")
rng = np.random.RandomState(0)
X, y = rng.randn(80, 4), np.arange(80) % 2
X[:, 0] += 4 * y
learned = [
    KernelInducingPoints(budget=3, max_iter=3, random_state=0),
    DistributionMatching(budget=3, max_iter=3, random_state=0),
]
selections = [
    HerdingSelection(budget=3),
    RandomSelection(budget=3, random_state=0),
    KMeansSelection(budget=3, random_state=0),
]
wrappers = [
    DistilledClassifier(HerdingSelection(budget=5), LogisticRegression()),
    DistilledClassifier(HerdingSelection(budget=5), SVC()),
    DistilledRegressor(HerdingSelection(budget=10), Ridge()),
]
# scikit-learn's own checks of inputs and outputs.
libraries = ["torch"] + ["array_api_strict"] * bool(find_spec("array_api_strict"))
for estimator in [*learned, *selections, *wrappers]:
    name = type(estimator).__name__
    assert get_tags(estimator).array_api_support
    for library in libraries:
        device = "cpu" if library == "torch" else "CPU_DEVICE"
        for dtype in ("float64", "float32"):
            check_array_api_input(
                name, estimator, library, device_name=device, dtype_name=dtype,
                # accuracy_score of tensors has single precision.
                check_values=not is_classifier(estimator),
            )
        check_array_api_mixed_inputs(
            name, estimator, NamespaceAndDevice(library, device),
            NamespaceAndDevice("numpy", None),
        )
    check_array_api_same_namespace(name, estimator, "torch", "cpu")
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
            assert torch.equal(rows, T[method.sample_indices_])
    for estimator in (LogisticRegression(), LinearDiscriminantAnalysis()):
        model = DistilledClassifier(HerdingSelection(budget=10), estimator)
        assert model.fit(T, labels).score(T, labels) > 0.9
        assert isinstance(model.distilled_.X, torch.Tensor)
        same = DistilledClassifier(HerdingSelection(budget=10), estimator)
        same.fit(T.numpy(), y)
        for method in ("predict", "predict_proba", "predict_log_proba"):
            found = getattr(model, method)(T)
            assert isinstance(found, torch.Tensor)
            np.testing.assert_array_equal(found, getattr(same, method)(T.numpy()))
    model.fit(T, (torch.arange(80) % 3 == 0).to(torch.int64))
    assert isinstance(model.prior_ratio_, torch.Tensor)
    model.set_params(densify="auto", distiller=KMeansSelection(budget=10))
    assert model.fit(T, labels).score(T, labels) > 0.9
    named = model.fit(T, np.where(y, "p", "n"))
    assert (named.predict(T) == np.where(y, "p", "n")).mean() > 0.9
    assert isinstance(named.predict_proba(T), torch.Tensor)
    process = GaussianProcessRegressor()
    gaussian = DistilledRegressor(HerdingSelection(budget=9), process)
    results = gaussian.fit(T, T[:, 0]).predict(T, return_std=True)
    assert all(isinstance(found, torch.Tensor) for found in results)
    sampler = DistillationSampler(HerdingSelection(budget=3))
    assert all(isinstance(v, torch.Tensor) for v in sampler.fit_resample(T, labels))
    stream = StreamingDistiller(HerdingSelection(budget=3), random_state=0)
    assert isinstance(stream.fit(T, labels).distilled_.X, torch.Tensor)
    assert "<table" in model.distilled_._repr_html_()
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
