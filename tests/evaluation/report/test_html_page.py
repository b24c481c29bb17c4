"""Tests of the HTML page of a report."""

# SPDX-License-Identifier: BSD-3-Clause

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from sklearn_distill import DistillationReport, HerdingSelection
from sklearn_distill.evaluation.report.html_page import (
    EXPLANATIONS,
    TITLES,
    _headline,
    _number,
    _percent,
)


class Page(HTMLParser):
    """The tags and links of a page; raises an error for tags that are not closed."""

    def __init__(self):
        super().__init__()
        self.open, self.links, self.tags = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [v for k, v in attrs if k in ("src", "href", "xlink:href")]
        if tag not in ("meta", "link", "br", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.links += [v for k, v in attrs if k in ("src", "href", "xlink:href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def text(report, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    report.to_html(path)
    return path.read_text("utf-8")


def test_page_does_not_load_external_resources(text):
    page = Page()
    page.feed(text)
    assert page.open == []
    assert page.tags.count("svg") == 3
    assert "script" not in page.tags
    # Links and URLs in styles refer to elements of the same page.
    assert all(link.startswith("#") for link in page.links)
    assert "@import" not in text
    assert set(re.findall(r"url\((.)", text)) <= {"#"}
    assert "prefers-color-scheme" in text
    assert "width=device-width" in text


def test_page_shows_scores_and_does_not_show_nan(text, report):
    assert f"{100 * report.to_frame().loc['random', 'mean']:.1f}" in text
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", text, flags=re.S).lower()
    for name, explanation in EXPLANATIONS.items():
        assert (
            f'<th scope="row">{TITLES.get(name, name)}<small>{explanation}</small></th>'
            in text
        )


def test_equal_reports_are_equal_files(text, report, tmp_path):
    report.to_html(tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text("utf-8") == text


def test_titles_are_escaped(wine_frames):
    X, y, X_test, y_test = wine_frames
    small = HerdingSelection(budget=2).fit_distill(X, y)
    report = DistillationReport.from_sets(
        small,
        X_test,
        y_test,
        learners=["naive Bayes"],
        title="<script>alert(1)</script>",
    )
    assert "<script>" not in report._repr_html_()
    assert "&lt;script&gt;" in report._repr_html_()


def test_headline_by_hand(report):
    table = report.to_frame()
    own = table.loc["distilled"]
    assert _headline(report, table) == [
        (f"{100 * own['mean']:.1f} %",
         f"balanced accuracy; {100 * (own['mean'] - own['interval']):.1f} to "
         f"{100 * (own['mean'] + own['interval']):.1f} % over test rows"),
        (f"{100 * own['recovery']:.1f} %", "of the full data's score"),
        (f"{100 * own['above random']:+.1f}", "percentage points above random rows"),
        ("9", "rows instead of 89"),
    ]  # fmt: skip


def test_numbers_as_text():
    assert [_number(v) for v in ("a", 1_234, 1_234.56, 0.5, np.nan)] == [
        "a", "1,234", "1,234.6", "0.500", "–",
    ]  # fmt: skip
    assert _percent(0.123, 0.01) == ("12.3", "±1.0")
    assert _percent(0.123) == ("12.3", "")


def test_report_names_the_data_set_and_the_date(wine_frames):
    X, y, X_test, y_test = wine_frames
    small = HerdingSelection(budget=2).fit_distill(X, y)
    report = DistillationReport.from_sets(
        small, X_test, y_test, learners=["naive Bayes"], name="wine <1>"
    )
    assert report.about["data set"] == "wine <1>"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", report.about["date"])
    assert "wine &lt;1&gt;" in report._repr_html_()
