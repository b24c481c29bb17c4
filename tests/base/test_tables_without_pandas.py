"""Tables of polars and pyarrow where pandas, or pandas and pyarrow, is missing."""

import json
import subprocess
import sys

import pytest

polars = pytest.importorskip("polars")

# The script runs in a new process, because pandas cannot be unloaded from this one.
SCRIPT = """
import datetime as dt, json, sys, warnings
absent = sys.argv[1].split()
class Hidden:
    def __init__(self, finder):
        self.finder = finder
    def __getattr__(self, name):
        return getattr(self.finder, name)
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in absent:  # None hides a package.
            return self.finder.find_spec(name, path, target)
sys.meta_path[:] = map(Hidden, sys.meta_path)
import numpy as np, polars as pl
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn_distill import (
    DistillationSampler, DistilledClassifier, DistilledSearchCV, HerdingSelection,
    distilled_labels,
)
if "pyarrow" not in absent:
    from sklearn_distill import KernelInducingPoints
rng, n = np.random.default_rng(0), 80
y = rng.integers(0, 2, n)
a = rng.normal(size=n) + 2 * y
def gaps(values):
    return [None if i % 7 == 3 else value for i, value in enumerate(values)]
hours = [dt.datetime(2024, 3, 30) + dt.timedelta(hours=i) for i in range(n)]
berlin = pl.Series(hours).dt.replace_time_zone("Europe/Berlin", non_existent="null")
X = pl.DataFrame({
    "a": a,
    "count": gaps(rng.integers(0, 9, n).tolist()),
    "word": gaps(rng.choice(list("xyz"), n).tolist()),
    "color": pl.Series(np.where(y, "x", "v"), dtype=pl.Enum(["v", "x", "w"])),
    "flag": gaps((y > 0).tolist()),
    "day": gaps([hour.date() for hour in hours]),
    "time": berlin,
    "price": pl.Series([f"{v:.2f}" for v in a]).str.to_decimal(scale=2),
})
labels = pl.Series("risk", np.where(y, "yes", "no"))
results = {}
for library in ["polars", "pyarrow"][: 1 if "pyarrow" in absent else 2]:
    T, t = X, labels
    if library == "pyarrow":
        T, t = X.to_arrow(), X.with_columns(labels).to_arrow().column("risk")
    methods = [HerdingSelection(4)]
    if library == "pyarrow":  # The import of torch takes seconds.
        methods.append(KernelInducingPoints(4, max_iter=3))
    for method in methods:
        method.set_params(random_state=0)
        rows = method.fit_transform(T, t)
        assert type(rows) is type(T) and rows.schema == T.schema
        assert distilled_labels(rows).y.tolist() == ["no"] * 4 + ["yes"] * 4
        assert method.feature_names_in_.tolist() == X.columns
        assert method.transform(T) is T
        frame = method.distilled_.to_frame()
        assert type(frame) is type(T)
        columns = frame if library == "polars" else pl.from_arrow(frame)
        results[f"{library} {type(method).__name__}"] = [
            [str(v) for v in column.to_list()] for column in columns.get_columns()
        ] + [method.score(T, t)]
        small, _ = DistillationSampler(HerdingSelection(4)).fit_resample(T, t)
        assert type(small) is type(T)
    small, _ = HerdingSelection(4).fit_distill(T, t, X_unlabeled=T[:50])
    assert type(small) is type(T)
    numbers = T.select(["a"])
    model = DistilledClassifier(HerdingSelection(9), LogisticRegression())
    results[f"{library} wrapper"] = model.fit(numbers, t).predict(numbers).tolist()
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2)
    found = DistilledSearchCV(search, HerdingSelection(9)).fit(numbers, t)
    results[f"{library} search"] = float(found.best_score_)
encoder = make_column_transformer(
    (OneHotEncoder(), ["color"]), (OneHotEncoder(), ["flag"]), remainder="drop"
)
estimator = make_pipeline(encoder, LogisticRegression())
model = DistilledClassifier(HerdingSelection(9), estimator)
results["columns"] = model.fit(X, labels).score(X, labels.to_numpy())
try:
    method.distilled_.save("distilled.npz")
except ImportError as error:
    results["message"] = str(error)
print(json.dumps(results))
"""


def _results(absent, directory):
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, absent],
        capture_output=True,
        text=True,
        check=False,
        cwd=directory,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return json.loads(ran.stdout)


@pytest.fixture
def expected(tmp_path, monkeypatch, capsys):
    """Return the results with pandas and pyarrow, computed in this process."""
    monkeypatch.setattr(sys, "argv", ["script", ""])
    monkeypatch.setattr(sys, "meta_path", sys.meta_path[:])
    monkeypatch.chdir(tmp_path)
    exec(SCRIPT, {})
    return json.loads(capsys.readouterr().out)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_tables_give_the_same_distilled_sets_without_pandas(expected, tmp_path):
    assert (tmp_path / "distilled.npz").exists()
    without = _results("pandas", tmp_path)
    assert "pip install 'sklearn-distill[parquet]'" in without.pop("message")
    assert without == expected
    bare = _results("pandas pyarrow", tmp_path)
    assert "pip install" in bare.pop("message")
    assert bare == {k: v for k, v in expected.items() if not k.startswith("pyarrow")}
