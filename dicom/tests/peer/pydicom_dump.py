"""Prints what pydicom reads from DICOM files, one JSON object a line, for a comparison element by element.

Usage: pydicom_dump.py [--json] DIRECTORY...

A line is {"file": path, "elements": [[path, VR, text], ...]} or {"file": path, "error": name}. Text values are joined by
backslashes, floats are written as the hexadecimal digits of their bits, bytes as their length and CRC-32. Private
dictionaries are emptied, because ours has none. With --json a line is {"file": path, "json": DICOM JSON model}.
"""

import json
import os
import struct
import sys
import warnings
import zlib

import pydicom
from pydicom import config, datadict
from pydicom.multival import MultiValue

warnings.simplefilter("ignore")
config.settings.reading_validation_mode = config.IGNORE
datadict.private_dictionaries.clear()


def values(element):
    value = element.value
    if value is None:
        return []
    if isinstance(value, (MultiValue, list, tuple)):
        return list(value)
    return [value]


def text(element):
    vr = element.VR
    if vr in ("OB", "OD", "OF", "OL", "OV", "OW", "UN", "OB or OW"):
        value = element.value
        if value is None:
            value = b""
        if not isinstance(value, bytes):
            return "?" + type(value).__name__
        return "%d:%08x" % (len(value), zlib.crc32(value))
    if vr in ("FL", "FD"):
        return "\\".join(struct.pack(">d", v).hex() for v in values(element))
    if vr == "AT":
        return "\\".join("%08X" % int(v) for v in values(element))
    parts = []
    for v in values(element):
        written = getattr(v, "original_string", None)
        parts.append(written if isinstance(written, str) else "" if v is None else str(v))
    return "\\".join(parts)


def walk(dataset, prefix, out):
    for tag in sorted(dataset.keys()):
        path = prefix + "(%04X,%04X)" % (tag.group, tag.element)
        try:
            element = dataset[tag]
            if element.VR == "SQ":
                out.append([path, "SQ", str(len(element.value))])
                for number, item in enumerate(element.value):
                    walk(item, "%s[%d]." % (path, number), out)
            else:
                out.append([path, element.VR, text(element)])
        except Exception as error:
            out.append([path, "!", type(error).__name__])


def main(arguments):
    as_json = "--json" in arguments
    for directory in [a for a in arguments if not a.startswith("--")]:
        for folder, _, names in sorted(os.walk(directory)):
            for name in sorted(names):
                path = os.path.join(folder, name)
                if name.endswith((".py", ".pyc", ".md", ".txt", ".csv", ".json", ".xml", ".icc", ".dump", ".gz", ".zip", "README")):
                    continue
                row = {"file": path}
                try:
                    dataset = pydicom.dcmread(path, force=True)
                    if as_json:
                        row["json"] = dataset.to_json_dict(suppress_invalid_tags=True)
                    else:
                        row["elements"] = []
                        walk(dataset, "", row["elements"])
                except Exception as error:
                    row = {"file": path, "error": type(error).__name__ + ": " + str(error)[:80]}
                print(json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
