"""What the pages' commands are compared by."""

from __future__ import annotations

import pytest

from tests.documents.blocks import Step, alike, steps

PAGE = """\
<!-- needs: engine -->

```sh
importcost one  # a comment
importcost two \\
  --three
```

```text
It took 12 ms
...
Done.
```

```sh
name=orders
importcost $name
```
"""


def test_a_page_is_read_into_its_commands():
    assert steps(PAGE) == [
        Step(3, "importcost one  # a comment", None, ("engine",)),
        Step(3, "importcost two --three", "It took 12 ms\n...\nDone.", ("engine",)),
        Step(15, "name=orders\nimportcost $name"),
    ]


@pytest.mark.parametrize(
    ("printed", "missing"),
    [
        ("It took 1,234.5 ms\nand more\nDone.", None),
        ("before\nIt took 3 ms\nDone.\nafter", None),
        ("It took 3 s\nDone.", "It took 12 ms"),
        ("It took 3 ms\nDone", "Done."),
        ("", "It took 12 ms"),
    ],
)
def test_only_figures_may_differ(printed, missing):
    assert alike("It took 12 ms\n...\nDone.", printed) == missing


def test_lines_without_dots_between_them_follow_each_other():
    assert alike("a\nb", "a\nx\nb") == "b"
