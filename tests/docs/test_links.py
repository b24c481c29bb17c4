"""The relative links of every page lead to files and headings that exist."""

# SPDX-License-Identifier: BSD-3-Clause

import re


def anchors(text):
    """Return the anchors that GitHub and MyST give the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", text, flags=re.M)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


def test_relative_links_lead_to_existing_files_and_headings(page):
    links = re.findall(r"\]\(([^)#:\s]*)(?:#([^)]*))?\)", page.text)
    for target, anchor in links:
        path = page.path.parent / target if target else page.path
        assert path.exists(), target
        if anchor:
            assert anchor in anchors(path.read_text()), f"{target}#{anchor}"
