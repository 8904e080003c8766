"""The data that tests run on, where this machine has it."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def reference_data():
    folder = os.environ.get("HYGEA_TEST_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("HYGEA_TEST_DATA names no folder")
    return Path(folder)


@pytest.fixture(scope="session")
def pydicom_files():
    folder = os.environ.get("HYGEA_PYDICOM_DATA")
    if not folder:
        pydicom = pytest.importorskip("pydicom", reason="neither HYGEA_PYDICOM_DATA nor pydicom is there")
        folder = Path(pydicom.__file__).parent
    files = Path(folder) / "data" / "test_files"
    if not files.is_dir():
        pytest.skip("pydicom's files are not there")
    return files
