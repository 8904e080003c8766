"""Data sets: attributes, sequences, frames, JSON; beside pydicom where it is installed."""

import json
import struct
from decimal import Decimal
from pathlib import Path

import hygea
import pytest
from hygea import dicom

EXPLICIT = "1.2.840.10008.1.2.1"


def element(group, number, vr, value):
    value += b"\0" * (len(value) % 2)
    head = struct.pack("<HH2s", group, number, vr.encode())
    if vr in ("OB", "OW", "SQ", "UN", "UT"):
        return head + struct.pack("<HI", 0, len(value)) + value
    return head + struct.pack("<H", len(value)) + value


def item(content):
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(content)) + content


def file(*elements, syntax=EXPLICIT):
    meta = element(2, 0x10, "UI", syntax.encode())
    return b"\0" * 128 + b"DICM" + element(2, 0, "UL", struct.pack("<I", len(meta))) + meta + b"".join(elements)


def image(frames=1, bits=8, rows=2, columns=3, samples=1, pixels=b"", syntax=EXPLICIT):
    def us(number):
        return struct.pack("<H", number)

    return file(
        element(0x28, 0x02, "US", us(samples)),
        element(0x28, 0x08, "IS", str(frames).encode()),
        element(0x28, 0x10, "US", us(rows)),
        element(0x28, 0x11, "US", us(columns)),
        element(0x28, 0x100, "US", us(bits)),
        element(0x7FE0, 0x10, "OW" if bits > 8 else "OB", pixels),
        syntax=syntax,
    )


SMALL = file(
    element(0x08, 0x05, "CS", b"ISO_IR 100"),
    element(0x08, 0x08, "CS", b"ORIGINAL\\PRIMARY"),
    element(0x08, 0x60, "CS", b"CT"),
    element(
        0x08,
        0x1140,
        "SQ",
        item(element(0x08, 0x1155, "UI", b"1.2.3")) + item(element(0x08, 0x1155, "UI", b"1.2.4")),
    ),
    element(0x09, 0x10, "LO", b"ACME"),
    element(0x10, 0x10, "PN", "Müller^Ann".encode("latin-1")),
    element(0x10, 0x30, "DA", b""),
    element(0x10, 0x1020, "DS", b""),
    element(0x10, 0x1030, "DS", b" 72.50"),
    element(0x20, 0x13, "IS", b"7"),
    element(0x28, 0x10, "US", struct.pack("<H", 512)),
    element(0x28, 0x30, "DS", b"0.5\\1e-1"),
    element(0x28, 0x106, "US", struct.pack("<HH", 1, 2)),
)


def test_attributes_by_keyword():
    ds = dicom.read(SMALL)
    assert ds.PatientName == "Müller^Ann" and isinstance(ds.PatientName, str)
    assert ds.ImageType == ["ORIGINAL", "PRIMARY"]
    assert ds.PatientWeight == Decimal("72.50") and str(ds.PatientWeight) == "72.50"
    assert ds.InstanceNumber == 7 and isinstance(ds.InstanceNumber, int)
    assert ds.PixelSpacing == [Decimal("0.5"), Decimal("0.1")]
    assert ds.Rows == 512
    assert ds.SmallestImagePixelValue == [1, 2]
    assert ds.PatientBirthDate == "" and ds.PatientSize is None
    assert [item.ReferencedSOPInstanceUID for item in ds.ReferencedImageSequence] == ["1.2.3", "1.2.4"]
    assert ds.file_meta.TransferSyntaxUID == ds.transfer_syntax == EXPLICIT


def test_attributes_by_tag_membership_and_iteration():
    ds = dicom.read(SMALL)
    assert ds["00100010"] == ds[0x00100010] == ds[0x10, 0x10] == ds["PatientName"]
    assert "PatientName" in ds and (0x10, 0x10) in ds and "PatientID" not in ds and "NoKeyword" not in ds
    assert list(ds) == ds.keys() and len(ds) == 13
    assert ds.keys()[:2] == ["SpecificCharacterSet", "ImageType"] and "00090010" in list(ds)
    assert ds.get("PatientID") is None and ds.get("PatientID", "?") == "?"
    assert ds.vr("PatientName") == "PN" and ds.vr("PatientID") is None
    assert "PatientName" in dir(ds) and "frames" in dir(ds)
    with pytest.raises(AttributeError, match="PatientID"):
        _ = ds.PatientID
    with pytest.raises(KeyError):
        ds["PatientID"]
    with pytest.raises(TypeError):
        ds[1.5]
    assert "Ann" not in repr(ds)


def test_items_outlive_their_data_set():
    items = dicom.read(SMALL).ReferencedImageSequence
    assert items[1].ReferencedSOPInstanceUID == "1.2.4" and len(items[1]) == 1


def test_dicom_json():
    ds = dicom.read(SMALL)
    model = json.loads(ds.to_json())
    assert model["00100010"] == {"vr": "PN", "Value": [{"Alphabetic": "Müller^Ann"}]}
    assert model["00080060"] == {"vr": "CS", "Value": ["CT"]}
    assert [one["00081155"]["Value"] for one in model["00081140"]["Value"]] == [["1.2.3"], ["1.2.4"]]
    assert ds.to_dict()["00101030"]["Value"][0] == Decimal("72.50")
    assert "00081155" in ds.ReferencedImageSequence[0].to_json()


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"pixels": b"abcdef"}, [b"abcdef"]),
        ({"frames": 2, "pixels": b"abcdefghijkl"}, [b"abcdef", b"ghijkl"]),
        ({"samples": 3, "pixels": bytes(range(18))}, [bytes(range(18))]),
        ({"bits": 16, "frames": 2, "pixels": bytes(range(24))}, [bytes(range(12)), bytes(range(12, 24))]),
        # Six pixels a frame, one bit each: the second frame starts inside of a byte.
        ({"bits": 1, "frames": 2, "pixels": bytes([0b10_000001, 0b1010])}, [b"\x01", b"\x2a"]),
        # Behind the last frame there may be padding.
        ({"pixels": b"abcdef\0\0"}, [b"abcdef"]),
    ],
)
def test_frames(settings, wanted):
    frames = dicom.read(image(**settings)).frames()
    assert iter(frames) is frames
    assert list(frames) == wanted


@pytest.mark.parametrize(
    "data",
    [
        image(pixels=b"abc"),
        image(frames=0, pixels=b"abcdef"),
        image(frames=2**31 - 1, rows=65535, columns=65535, pixels=b"abcdef"),
        image(rows=0, pixels=b"abcdef"),
        SMALL,
    ],
)
def test_pixel_data_that_contradicts_itself_is_refused(data):
    with pytest.raises(hygea.HygeaError):
        dicom.read(data).frames()


def test_a_path_is_read_and_stops_before_the_pixels(tmp_path):
    path = tmp_path / "image.dcm"
    path.write_bytes(image(pixels=b"abcdef"))
    for given in (path, str(path), path.read_bytes(), bytearray(path.read_bytes())):
        assert dicom.read(given).PixelData == b"abcdef"
        header = dicom.read(given, stop_before_pixels=True)
        assert header.Rows == 2 and "PixelData" not in header
        with pytest.raises(hygea.HygeaError, match="stop_before_pixels"):
            header.frames()
    with pytest.raises(FileNotFoundError):
        dicom.read(tmp_path / "absent.dcm")
    with pytest.raises(TypeError):
        dicom.read(7)


def test_a_cut_file_names_the_place():
    with pytest.raises(hygea.ParseError, match="byte") as refused:
        dicom.read(SMALL[:-1])
    assert refused.value.issues[0]["expression"]
    assert isinstance(refused.value, ValueError)


def test_what_is_tolerated_is_named():
    bare = SMALL[132:]
    assert dicom.read(SMALL).warnings == []
    assert any("preamble" in warning for warning in dicom.read(bare).warnings)


KEYWORDS = (
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "Modality",
    "Manufacturer",
    "PatientID",
    "StudyDate",
    "Rows",
    "Columns",
    "BitsAllocated",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "InstanceNumber",
)


def plain(value):
    """A value of pydicom as we give it."""
    from pydicom.multival import MultiValue

    if value is None or value == "":
        return None
    return [plain(one) for one in value] if isinstance(value, MultiValue) else type(value)(value)


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm", "rtplan.dcm", "JPEG2000.dcm", "MR_small_bigendian.dcm"])
def test_values_are_those_of_pydicom(pydicom_files, name):
    pydicom = pytest.importorskip("pydicom")
    path = Path(pydicom_files, name)
    if not path.is_file():
        pytest.skip("this pydicom does not carry the file")
    theirs, ours = pydicom.dcmread(path), dicom.read(path)
    for keyword in KEYWORDS:
        assert (keyword in ours) == (keyword in theirs), keyword
        if keyword in theirs:
            value = ours[keyword]
            assert (None if value == "" else value) == plain(theirs[keyword].value), keyword
    assert str(ours.PatientName) == str(theirs.PatientName)
    meta = theirs.file_meta.TransferSyntaxUID
    assert ours.transfer_syntax == meta
    assert [f"{tag:08X}" for tag in sorted(theirs.keys())] == [f"{int(tag, 16):08X}" for tag in ours.to_dict()]


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm", "MR_small_bigendian.dcm", "JPEG2000.dcm"])
def test_frames_of_real_files(pydicom_files, name):
    path = Path(pydicom_files, name)
    if not path.is_file():
        pytest.skip("this pydicom does not carry the file")
    ds = dicom.read(path)
    if name == "JPEG2000.dcm":
        with pytest.raises(hygea.UnsupportedError, match="compressed"):
            ds.frames()
        return
    [frame] = ds.frames()
    assert len(frame) == ds.Rows * ds.Columns * ds.BitsAllocated // 8


@pytest.mark.parametrize(
    ("big", "little"),
    [
        ("MR_small_bigendian.dcm", "MR_small.dcm"),
        ("rtdose_expb.dcm", "rtdose.dcm"),
        ("SC_rgb_small_odd_big_endian.dcm", "SC_rgb_small_odd.dcm"),
    ],
)
def test_frames_of_big_endian_files_are_little_endian(pydicom_files, big, little):
    if not all(Path(pydicom_files, name).is_file() for name in (big, little)):
        pytest.skip("this pydicom does not carry the files")
    assert list(dicom.read(pydicom_files / big).frames()) == list(dicom.read(pydicom_files / little).frames())
