"""The HTML representation of distilled sets."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from sklearn.datasets import load_iris

from sklearn_distill import DistilledSet, HerdingSelection


def test_html_states_size_method_classes_and_shares():
    X, y = load_iris(return_X_y=True, as_frame=True)
    html = HerdingSelection(2).fit(X[25:], y[25:]).distilled_._repr_html_()
    assert "6 rows × 4 columns" in html
    assert "<dd>HerdingSelection</dd>" in html
    assert "<dd>3 (0, 1, 2)</dd>" in html
    assert "<dd>20 %, 40 %, 40 %</dd>" in html
    assert "<dd>240 bytes</dd>" in html
    assert "<th>petal width (cm)</th><th>target</th>" in html


def test_html_shows_the_first_rows_and_columns():
    made = DistilledSet(np.arange(200.0).reshape(20, 10), np.arange(20) / 8)
    html = made._repr_html_()
    assert html.count("<tr>") == 1 + 5 + 1
    assert "<th>x7</th><th>…</th><th>target</th>" in html
    assert "<td>47</td><td>…</td><td>0.5</td>" in html
    assert "<td>50</td>" not in html


def test_html_escapes_names_and_values():
    frame = pd.DataFrame({"<a>": ["<b>", "&"]})
    html = DistilledSet(frame, ["<c>", "d"], classes=["<c>", "d"])._repr_html_()
    for text in ("<a>", "<b>", "<c>"):
        assert text not in html
        assert text.replace("<", "&lt;").replace(">", "&gt;") in html


def test_html_of_images_has_no_table():
    html = DistilledSet(np.ones((3, 1, 8, 8)))._repr_html_()
    assert "3 images of 1 × 8 × 8" in html
    assert "<table>" not in html


def test_html_mentions_soft_labels_and_sample_weights():
    made = DistilledSet(
        [[1.0]], [0], soft_labels=[[1, 0]], sample_weight=[2], classes=[0, 1]
    )
    html = made._repr_html_()
    assert "soft labels, sample weights" in html
    assert "<th>sample_weight</th>" in html
