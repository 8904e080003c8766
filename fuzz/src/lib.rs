//! What the fuzz targets share: the comparison that says whether anything was lost.
//!
//! A target proves more than the absence of panics: what was read and written is read again and compared. The
//! targets stand in `targets/`, their first inputs in `seeds/TARGET/`; `cargo xtask fuzz` builds and runs them.

use hygea_fhir_model::json::Node;
use std::collections::BTreeMap;

/// Where two trees differ: members in any order, numbers as texts. Nothing if they hold the same.
#[must_use]
pub fn difference(left: Node<'_>, right: Node<'_>, path: &str) -> Option<String> {
    if left.is_object() && right.is_object() {
        let members: BTreeMap<&str, Node<'_>> = right.members().collect();
        for (name, value) in left.members() {
            let Some(other) = members.get(name) else { return Some(format!("{path}.{name} is lost")) };
            if let Some(found) = difference(value, *other, &format!("{path}.{name}")) {
                return Some(found);
            }
        }
        return (left.len() != right.len()).then(|| format!("{path} has more members"));
    }
    if left.is_array() && right.is_array() {
        if left.len() != right.len() {
            return Some(format!("{path} has {} items instead of {}", right.len(), left.len()));
        }
        let pairs = left.items().zip(right.items()).enumerate();
        return pairs
            .into_iter()
            .find_map(|(at, (left, right))| difference(left, right, &format!("{path}[{at}]")));
    }
    (left.kind() != right.kind() || left.as_primitive() != right.as_primitive()).then(|| path.to_owned())
}

/// The input in two parts, cut at the first line feed; the second part is empty without one.
#[must_use]
pub fn cut(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|&byte| byte == b'\n') {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &[]),
    }
}

/// A source that gives few bytes at a time, in pieces of changing size.
#[derive(Debug)]
pub struct Trickle<'d> {
    data: &'d [u8],
    step: usize,
}

impl<'d> Trickle<'d> {
    /// A source of the data; its length says how large the first piece is.
    #[must_use]
    pub fn new(data: &'d [u8]) -> Self {
        Self { data, step: data.len() % 7 }
    }
}

impl std::io::Read for Trickle<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        self.step = self.step % 13 + 1;
        let count = self.step.min(self.data.len()).min(out.len());
        out[..count].copy_from_slice(&self.data[..count]);
        self.data = &self.data[count..];
        Ok(count)
    }
}
