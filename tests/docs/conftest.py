"""The pages of the documentation, and the code that they quote."""

# SPDX-License-Identifier: BSD-3-Clause

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^( *)```([^\s`]*)[^\n]*\n(.*?)^ *```", flags=re.M | re.S)
INLINE_CODE = re.compile(r"(`+)(.+?)\1", flags=re.S)
PATHS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("plugins/*/*.md")]
)


@dataclass(frozen=True)
class Page:
    """A Markdown file with its text, its fenced code and its inline code."""

    path: Path

    @property
    def text(self):
        return self.path.read_text()

    @property
    def fences(self):
        """(language, dedented code) of each fence, in the order of the page."""
        return [
            (language, re.sub(rf"^{indent}", "", code, flags=re.M))
            for indent, language, code in FENCE.findall(self.text)
        ]

    @property
    def marked_fences(self):
        """(mark, code) of each fence that follows an HTML comment, the mark."""
        marked = re.findall(
            r"^<!-- (\S+) -->\n```[^\n]*\n(.*?)^```", self.text, flags=re.M | re.S
        )
        return [(mark, code) for mark, code in marked]

    @property
    def optional_fences(self):
        """(package, code) of each fence that requires an optional package."""
        return re.findall(
            r"^<!-- requires (\S+) -->\n```[^\n]*\n(.*?)^```",
            self.text,
            flags=re.M | re.S,
        )

    @property
    def inline_code(self):
        """The code between backticks, each on one line."""
        spans = INLINE_CODE.findall(FENCE.sub("", self.text))
        return [" ".join(code.split()) for _, code in spans]

    def __str__(self):
        return str(self.path.relative_to(ROOT))


@pytest.fixture(params=map(Page, PATHS), ids=str)
def page(request):
    """Each page: README, CONTRIBUTING, the documentation, the READMEs of plugins."""
    return request.param
