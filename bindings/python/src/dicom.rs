//! `hygea.dicom`: data sets whose attributes are decoded when they are asked for.

use crate::convert::decimal;
use crate::errors::{detached, dicom as dicom_error};
use crate::frames::frames;
use hygea_dicom::json::{Bulk, to_string};
use hygea_dicom::{Element, File, HeaderReader, PathStep, ReadOptions, Tag, VR, Value, dictionary};
use pyo3::exceptions::{PyAttributeError, PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyFloat, PyList, PyString};
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most bytes before the pixel data that are read of a file.
const HEADER_LIMIT: usize = 1 << 30;
const PIECE: usize = 1 << 16;

/// A data set: a file's, its file meta information, or an item of a sequence.
#[pyclass(frozen, module = "hygea.dicom")]
pub(crate) struct DataSet {
    file: Arc<File<'static>>,
    /// The items of sequences on the way to it.
    path: Vec<PathStep>,
    meta: bool,
}

impl DataSet {
    /// The data set. An empty one stands for an item that is gone, which cannot be: the file does not change.
    fn set(&self) -> Option<hygea_dicom::DataSet<'_>> {
        let mut set = if self.meta { self.file.meta() } else { self.file.data_set() };
        for step in &self.path {
            let item = usize::try_from(step.item?).ok()?;
            set = set.element(step.tag)?.items().nth(item)?;
        }
        Some(set)
    }

    fn element(&self, tag: Tag) -> Option<Element<'_>> {
        self.set()?.element(tag)
    }

    fn elements(&self) -> Vec<Element<'_>> {
        self.set().map(|set| set.sorted()).unwrap_or_default()
    }

    fn value<'py>(&self, py: Python<'py>, element: &Element<'_>) -> PyResult<Bound<'py, PyAny>> {
        match element.value() {
            Value::Text(texts) => match element.vr() {
                VR::IS | VR::DS => several(py, texts.iter().map(|text| written_number(py, text))),
                _ if texts.is_empty() => Ok(PyString::new(py, "").into_any()),
                _ => several(py, texts.iter().map(|text| Ok(PyString::new(py, text).into_any()))),
            },
            Value::PersonNames(names) if names.is_empty() => Ok(PyString::new(py, "").into_any()),
            Value::PersonNames(names) => {
                several(py, names.iter().map(|name| Ok(PyString::new(py, name.as_str()).into_any())))
            }
            Value::Integers(all) => {
                several(py, all.into_iter().map(|whole| Ok(whole.into_pyobject(py)?.into_any())))
            }
            Value::Unsigned(all) => {
                several(py, all.into_iter().map(|whole| Ok(whole.into_pyobject(py)?.into_any())))
            }
            Value::Floats(all) => {
                several(py, all.into_iter().map(|value| Ok(PyFloat::new(py, value).into_any())))
            }
            Value::Tags(all) => {
                several(py, all.into_iter().map(|tag| Ok(PyString::new(py, &hex(tag)).into_any())))
            }
            Value::Bytes(bytes) => Ok(PyBytes::new(py, &bytes).into_any()),
            Value::Fragments(_) => Ok(PyBytes::new(py, element.bytes()).into_any()),
            Value::Items(items) => {
                let list = PyList::empty(py);
                for number in 0..items.count() {
                    let mut path = self.path.clone();
                    path.push(PathStep { tag: element.tag(), item: u32::try_from(number).ok() });
                    list.append(Self { file: Arc::clone(&self.file), path, meta: self.meta })?;
                }
                Ok(list.into_any())
            }
            Value::Bulk(uri) => Ok(PyString::new(py, &uri).into_any()),
            _ => Ok(py.None().into_bound(py)),
        }
    }
}

#[pymethods]
impl DataSet {
    /// The value of an attribute by its keyword: str, int, Decimal, float or bytes; a list where there are several
    /// values; a list of DataSet for a sequence; None for a number without value.
    fn __getattr__<'py>(&self, py: Python<'py>, keyword: &str) -> PyResult<Bound<'py, PyAny>> {
        let attribute = dictionary::by_keyword(keyword).and_then(|attribute| self.element(attribute.tag));
        match attribute {
            Some(element) => self.value(py, &element),
            None => Err(PyAttributeError::new_err(format!("the data set has no attribute {keyword}"))),
        }
    }

    /// The value of an attribute by its keyword, `"ggggeeee"`, a number or a pair of numbers.
    fn __getitem__<'py>(&self, py: Python<'py>, key: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        match tag_of(key)?.and_then(|tag| self.element(tag)) {
            Some(element) => self.value(py, &element),
            None => Err(PyKeyError::new_err(key.clone().unbind())),
        }
    }

    /// As `[key]`; `default` where the data set has no such attribute.
    #[pyo3(signature = (key, default=None))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyAny>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match tag_of(key)?.and_then(|tag| self.element(tag)) {
            Some(element) => self.value(py, &element),
            None => Ok(default.unwrap_or_else(|| py.None().into_bound(py))),
        }
    }

    fn __contains__(&self, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(tag_of(key)?.is_some_and(|tag| self.element(tag).is_some()))
    }

    fn __len__(&self) -> usize {
        self.elements().len()
    }

    /// The keywords in the order of the tags; `ggggeeee` for what has no keyword.
    fn keys(&self) -> Vec<String> {
        self.elements().iter().map(name).collect()
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyIterator>> {
        PyList::new(py, self.keys())?.try_iter()
    }

    fn __dir__(slf: &Bound<'_, Self>) -> PyResult<Vec<String>> {
        let mut names: Vec<String> = slf.get_type().dir()?.extract()?;
        names.extend(slf.get().elements().iter().filter_map(Element::keyword).map(str::to_owned));
        Ok(names)
    }

    /// The value representation of an attribute, such as `PN`; None where the data set does not have it.
    fn vr(&self, key: &Bound<'_, PyAny>) -> PyResult<Option<&'static str>> {
        Ok(tag_of(key)?.and_then(|tag| self.element(tag)).map(|element| element.vr().to_string()))
    }

    /// The data set as DICOM JSON text; binary values inline, or left out with `bulk="omit"`.
    #[pyo3(signature = (bulk="inline"))]
    fn to_json(&self, py: Python<'_>, bulk: &str) -> PyResult<String> {
        let inline = match bulk {
            "inline" => true,
            "omit" => false,
            _ => return Err(pyo3::exceptions::PyValueError::new_err("bulk must be `inline` or `omit`")),
        };
        detached(py, || {
            let bulk = if inline { Bulk::Inline } else { Bulk::Omit };
            self.set().map(|set| to_string(&set, bulk)).unwrap_or_default()
        })
    }

    /// The data set as a dict in the DICOM JSON model, with numbers as int or Decimal.
    #[pyo3(signature = (bulk="inline"))]
    fn to_dict<'py>(&self, py: Python<'py>, bulk: &str) -> PyResult<Bound<'py, PyAny>> {
        let text = self.to_json(py, bulk)?;
        let document = hygea_fhir_model::json::Document::from_text(text);
        let document = document.map_err(|error| crate::errors::parse(py, &error))?;
        crate::convert::to_python(py, document.root())
    }

    /// The frames of the pixel data, one after the other, as native little-endian bytes.
    fn frames(&self, py: Python<'_>) -> PyResult<Frames> {
        let set = self.set().filter(|_| self.path.is_empty() && !self.meta);
        let ranges = frames(py, &self.file, set)?;
        Ok(Frames { file: Arc::clone(&self.file), layout: ranges, next: 0.into() })
    }

    /// The file meta information, group 0002.
    #[getter]
    fn file_meta(&self) -> Self {
        Self { file: Arc::clone(&self.file), path: Vec::new(), meta: true }
    }

    /// The UID of the transfer syntax, corrected by what was found in the file.
    #[getter]
    fn transfer_syntax(&self) -> &str {
        self.file.transfer_syntax().uid()
    }

    /// What was tolerated in the file, in words, each with its element and byte.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.file.warnings().iter().map(ToString::to_string).collect()
    }

    fn __repr__(&self) -> String {
        format!("DataSet({} elements)", self.elements().len())
    }
}

/// Reads a DICOM file: a path, or its bytes. The file is not kept open; with `stop_before_pixels` its pixels are not
/// even read.
#[pyfunction]
#[pyo3(signature = (path_or_bytes, stop_before_pixels=false))]
pub(crate) fn read(
    py: Python<'_>,
    path_or_bytes: &Bound<'_, PyAny>,
    stop_before_pixels: bool,
) -> PyResult<DataSet> {
    let options = ReadOptions::new();
    let options = if stop_before_pixels { options.stop_before_pixels() } else { options };
    let file = if let Ok(bytes) = path_or_bytes.extract::<PyBackedBytes>() {
        detached(py, || File::read(&bytes, &options).map(File::into_owned))?
    } else if let Ok(path) = path_or_bytes.extract::<PathBuf>() {
        detached(py, || match stop_before_pixels {
            true => header(&path, options),
            false => std::fs::read(&path).map(|bytes| File::from_vec(bytes, &options)),
        })??
    } else {
        return Err(PyTypeError::new_err("a path or bytes were wanted"));
    };
    let file = file.map_err(|error| dicom_error(py, &error))?;
    Ok(DataSet { file: Arc::new(file), path: Vec::new(), meta: false })
}

/// What stands before the pixels of a file, in memory that the header needs.
fn header(path: &PathBuf, options: ReadOptions) -> std::io::Result<hygea_dicom::Result<File<'static>>> {
    let mut source = std::fs::File::open(path)?;
    let (mut reader, mut piece) = (HeaderReader::new(options, HEADER_LIMIT), vec![0; PIECE]);
    loop {
        let length = source.read(&mut piece)?;
        let Some(read) = piece.get(..length).filter(|read| !read.is_empty()) else { break };
        match reader.push(read) {
            Ok(false) => {}
            Ok(true) => break,
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(reader.finish())
}

/// The frames of a data set, made as they are asked for.
#[pyclass(frozen, module = "hygea.dicom")]
pub(crate) struct Frames {
    file: Arc<File<'static>>,
    layout: crate::frames::Layout,
    next: AtomicUsize,
}

#[pymethods]
impl Frames {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let frame = detached(py, || self.layout.frame(&self.file, number))?;
        Ok(frame.map(|bytes| PyBytes::new(py, &bytes)))
    }

    fn __length_hint__(&self) -> usize {
        self.layout.count().saturating_sub(self.next.load(Ordering::Relaxed))
    }
}

/// One value by itself, several as a list, none as None.
fn several<'py>(
    py: Python<'py>,
    values: impl ExactSizeIterator<Item = PyResult<Bound<'py, PyAny>>>,
) -> PyResult<Bound<'py, PyAny>> {
    let mut values = values.collect::<PyResult<Vec<_>>>()?;
    match values.len() {
        0 => Ok(py.None().into_bound(py)),
        1 => Ok(values.swap_remove(0)),
        _ => Ok(PyList::new(py, values)?.into_any()),
    }
}

/// The text of an `IS` or `DS` as int or Decimal; a text that is no number stays one, and nothing is None.
fn written_number<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(py.None().into_bound(py));
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Ok(whole.into_pyobject(py)?.into_any());
    }
    // Decimal also takes words such as `nan`, and digits of all scripts.
    let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    match decimal(py, text) {
        Ok(number) if digits => Ok(number),
        _ => Ok(PyString::new(py, text).into_any()),
    }
}

/// The tag that a key means; None for a keyword that the dictionary does not have.
fn tag_of(key: &Bound<'_, PyAny>) -> PyResult<Option<Tag>> {
    if let Ok(text) = key.cast::<PyString>() {
        return Ok(text.to_str().ok().and_then(dictionary::parse_tag));
    }
    if let Ok((group, element)) = key.extract::<(u16, u16)>() {
        return Ok(Some(Tag(group, element)));
    }
    let number: u32 = key.extract().map_err(|_| {
        PyTypeError::new_err("a keyword, `ggggeeee`, a number or a pair of numbers was wanted")
    })?;
    let [a, b, c, d] = number.to_be_bytes();
    Ok(Some(Tag(u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))))
}

fn name(element: &Element<'_>) -> String {
    element.keyword().map_or_else(|| hex(element.tag()), str::to_owned)
}

fn hex(tag: Tag) -> String {
    format!("{:04X}{:04X}", tag.0, tag.1)
}
