"""Missing optional dependencies are errors that say how to install them."""

# SPDX-License-Identifier: BSD-3-Clause

import sys

import pytest

from sklearn_distill._utils import optional


@pytest.mark.parametrize(
    ("function", "module", "extra"),
    [
        ("import_pandas", "pandas", "parquet"),
        ("import_pyarrow", "pyarrow", "parquet"),
        ("import_matplotlib", "matplotlib.pyplot", "plot"),
        ("import_jinja2", "jinja2", "report"),
        ("import_onnx", "onnxruntime", "onnx"),
        ("import_onnx", "skl2onnx", "onnx"),
    ],
)
def test_missing_package_is_an_error_that_names_the_extra(
    function, module, extra, monkeypatch
):
    # An import of a module that is None in sys.modules raises an ImportError.
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError) as caught:
        getattr(optional, function)()
    message = str(caught.value)
    assert module.partition(".")[0] in message
    assert message.endswith(f"pip install 'sklearn-distill[{extra}]'")
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize(
    ("function", "module"),
    [
        ("import_pandas", "pandas"),
        ("import_matplotlib", "matplotlib.pyplot"),
        ("import_jinja2", "jinja2"),
    ],
)
def test_installed_package_is_returned(function, module):
    assert getattr(optional, function)().__name__ == module


def test_import_pyarrow_returns_the_package_and_its_parquet_module():
    names = [module.__name__ for module in optional.import_pyarrow()]
    assert names == ["pyarrow", "pyarrow.parquet"]
