"""DICOM data sets.

>>> from hygea import dicom
>>> ds = dicom.read("scan.dcm", stop_before_pixels=True)   # doctest: +SKIP
>>> str(ds.PatientName)                                    # doctest: +SKIP
'Smith^Ann'

An attribute is asked for by its keyword; ``ds["00100010"]``, ``ds[0x00100010]`` and ``ds[0x0010, 0x0010]`` do as well,
and are the only way to private ones. Several values are a list, sequences a list of data sets, ``IS`` and ``DS`` are
``int`` or ``Decimal``. What was tolerated in the file is in ``ds.warnings``.
"""

from ._native import DataSet, Frames, read

__all__ = ["DataSet", "Frames", "read"]
