"""Tests of the summary that an Analysis prints."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace


def test_str_shows_rows_classes_scores_and_advice(analysis):
    lines = str(analysis).splitlines()
    assert lines[0].startswith("660 rows x 5 columns (5 numbers); ")
    assert lines[1] == "3 classes: 0 (300), 1 (300), 2 (60)"
    assert lines[2].startswith("0 duplicate rows; 0 rows with a duplicate")
    score, deviation = analysis.curve.loc[10, ["score", "deviation"]]
    assert (
        f"     10 random rows per class: {100 * score:.1f} ± {100 * deviation:.1f} %"
        in lines
    )
    assert f"  all rows: {100 * analysis.full_score:.1f} %" in lines
    assert lines[-1] == f"- {analysis.advice[-1]}"


def test_str_lists_at_most_20_classes(analysis):
    many = replace(analysis, classes=dict.fromkeys(range(25), 2))
    line = str(many).splitlines()[1]
    assert line.startswith("25 classes: 0 (2), 1 (2), ")
    assert line.endswith("19 (2) and 5 more")


def test_str_of_regression_omits_classes(analysis):
    text = str(replace(analysis, classes=None))
    assert "classes" not in text
    assert "random rows:" in text


def test_html_shows_classes_scores_and_advice(analysis):
    text = analysis._repr_html_()
    assert "660 rows × 5 columns" in text
    assert "<dd>0 (300), 1 (300), 2 (60)</dd>" in text
    score, deviation = analysis.curve.loc[10, ["score", "deviation"]]
    assert (
        f"<th>10 per class</th><td>{100 * score:.1f}</td><td>{100 * deviation:.1f}</td>"
    ) in text
    assert text.count("<li>") == len(analysis.advice)
    regression = replace(analysis, classes=None)._repr_html_()
    assert "Classes" not in regression
    assert "10 in total" in regression
