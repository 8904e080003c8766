"""DICOM data sets.

>>> from hygea import dicom
>>> ds = dicom.read("scan.dcm", stop_before_pixels=True)   # doctest: +SKIP
>>> str(ds.PatientName)                                    # doctest: +SKIP
'Smith^Ann'
"""

from ._native import DataSet, read

__all__ = ["DataSet", "read"]
