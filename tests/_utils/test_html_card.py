"""Tests of the HTML blocks for notebooks."""

# SPDX-License-Identifier: BSD-3-Clause

from html.parser import HTMLParser

from sklearn_distill._utils.html_card import html_card, html_list, html_table


class Tags(HTMLParser):
    """The open tags of a text; raises an error for tags that are not closed."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_card_closes_its_tags_and_escapes_text():
    table = html_table(["", "a<b"], [["<x>", "1"]], caption="c & d")
    text = html_card("Name", "1 < 2", {"Fact": "<b>"}, table, html_list(["<i>"]))
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    for escaped in ("1 &lt; 2", "&lt;b&gt;", "a&lt;b", "&lt;x&gt;", "c &amp; d"):
        assert escaped in text
    assert "<i>" not in text


def test_first_cell_is_a_heading_if_its_column_has_no_name():
    assert "<th>row</th><td>1</td>" in html_table(["", "a"], [["row", "1"]])
    assert "<td>row</td><td>1</td>" in html_table(["b", "a"], [["row", "1"]])
