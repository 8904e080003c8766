//! What a literal reference points to (<https://hl7.org/fhir/R4/references.html>), told from its text alone.

use super::{LiteralReference, Uri};
use std::fmt;

/// What the text of a reference points to.
///
/// ```
/// use hygea_fhir_model::primitive::Target;
///
/// let target = Target::of("http://example.org/fhir/Patient/7/_history/2").unwrap();
/// let Target::Resource { base, type_, id, version } = target else { panic!() };
/// assert_eq!((base, type_, id, version), (Some("http://example.org/fhir"), "Patient", "7", Some("2")));
/// assert_eq!(Target::of("#p1"), Some(Target::Contained("p1")));
/// assert_eq!(Target::of("urn:oid:1.2.3"), Some(Target::Urn("urn:oid:1.2.3")));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Target<'r> {
    /// A contained resource by its id; the resource that holds the reference if the id is empty (`#`).
    Contained(&'r str),
    /// A resource of a server.
    Resource {
        /// The server's address without a slash at its end; nothing if the reference is relative.
        base: Option<&'r str>,
        /// The type: `Patient`.
        type_: &'r str,
        /// The id.
        id: &'r str,
        /// The version, if one is asked for.
        version: Option<&'r str>,
    },
    /// A name without a place, `urn:uuid:…` or `urn:oid:…`: an entry of the same Bundle.
    Urn(&'r str),
    /// Any other absolute address, without its fragment.
    Url(&'r str),
}

impl<'r> Target<'r> {
    /// Reads the text of a reference; nothing if it is neither absolute nor of the form `Type/id`.
    #[must_use]
    pub fn of(reference: &'r str) -> Option<Self> {
        if let Some(id) = reference.strip_prefix('#') {
            return Some(Self::Contained(id));
        }
        if reference.starts_with("urn:") {
            return Some(Self::Urn(reference));
        }
        let bare = reference.split_once('#').map_or(reference, |(bare, _)| bare);
        let absolute =
            bare.split_once("://").is_some_and(|(scheme, rest)| is_scheme(scheme) && !rest.is_empty());
        match resource(bare) {
            Some((base, type_, id, version)) if base.is_some() == absolute => {
                Some(Self::Resource { base, type_, id, version })
            }
            _ => absolute.then_some(Self::Url(bare)),
        }
    }

    /// The type of the resource, where the text names it.
    #[must_use]
    pub fn type_(self) -> Option<&'r str> {
        if let Self::Resource { type_, .. } = self { Some(type_) } else { None }
    }

    /// The id of the resource, contained or not, where the text names it.
    #[must_use]
    pub fn id(self) -> Option<&'r str> {
        match self {
            Self::Resource { id, .. } => Some(id),
            Self::Contained(id) => Some(id).filter(|id| !id.is_empty()),
            _ => None,
        }
    }
}

impl LiteralReference {
    /// What it points to; nothing if it is neither absolute nor of the form `Type/id`.
    #[must_use]
    pub fn target(&self) -> Option<Target<'_>> {
        Target::of(self.as_str())
    }
}

/// Shows what kind of target it is and the type, not which: ids identify patients.
impl fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contained(_) => f.write_str("Contained"),
            Self::Resource { type_, .. } => write!(f, "Resource({type_})"),
            Self::Urn(_) => f.write_str("Urn"),
            Self::Url(_) => f.write_str("Url"),
        }
    }
}

/// The parts of a `canonical`: `http://example.org/p|1.0#f`
/// (<https://hl7.org/fhir/R4/references.html#canonical>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Canonical<'u> {
    /// The address without version and fragment.
    pub url: &'u str,
    /// The version behind the bar.
    pub version: Option<&'u str>,
    /// The id of what is meant inside the resource.
    pub fragment: Option<&'u str>,
}

impl<'u> Canonical<'u> {
    /// Splits a canonical.
    ///
    /// ```
    /// use hygea_fhir_model::primitive::Canonical;
    ///
    /// let canonical = Canonical::of("http://example.org/p|1.0#f");
    /// assert_eq!((canonical.url, canonical.version, canonical.fragment), ("http://example.org/p", Some("1.0"), Some("f")));
    /// ```
    #[must_use]
    pub fn of(text: &'u str) -> Self {
        // HL7's own definitions have the fragment last; a version with a `#` in it is not known.
        let (rest, fragment) = text.split_once('#').map_or((text, None), |(rest, found)| (rest, Some(found)));
        let (url, version) = rest.split_once('|').map_or((rest, None), |(url, found)| (url, Some(found)));
        Self { url, version, fragment }
    }
}

impl Uri {
    /// The parts of a canonical.
    #[must_use]
    pub fn canonical(&self) -> Canonical<'_> {
        Canonical::of(self.as_str())
    }
}

type Parts<'r> = (Option<&'r str>, &'r str, &'r str, Option<&'r str>);

/// Base, type, id and version of `[base/]Type/id[/_history/version]`.
fn resource(text: &str) -> Option<Parts<'_>> {
    let (rest, version) = match text.rsplit_once("/_history/") {
        Some((rest, version)) if is_id(version) => (rest, Some(version)),
        Some(_) => return None,
        None => (text, None),
    };
    let (rest, id) = rest.rsplit_once('/')?;
    let (base, type_) = match rest.rsplit_once('/') {
        Some((base, type_)) => (Some(base), type_),
        None => (None, rest),
    };
    let named = type_.starts_with(|first: char| first.is_ascii_uppercase())
        && type_.bytes().all(|byte| byte.is_ascii_alphabetic());
    // `http://Patient/1` has a host of that name, no base.
    let base_fits = base.is_none_or(|base| !base.ends_with('/') && !base.ends_with(':'));
    (named && is_id(id) && base_fits).then_some((base, type_, id, version))
}

fn is_id(text: &str) -> bool {
    super::format::is_valid(crate::schema::PrimitiveKind::Id, text)
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_have_their_targets() {
        let resource = |base, type_, id, version| Some(Target::Resource { base, type_, id, version });
        let table: &[(&str, Option<Target<'_>>)] = &[
            ("Patient/1", resource(None, "Patient", "1", None)),
            ("Patient/1/_history/2", resource(None, "Patient", "1", Some("2"))),
            ("https://a.b/c/d/Patient/1", resource(Some("https://a.b/c/d"), "Patient", "1", None)),
            ("http://a:80/Patient/x-1.y", resource(Some("http://a:80"), "Patient", "x-1.y", None)),
            ("http://a/Patient/1#frag", resource(Some("http://a"), "Patient", "1", None)),
            ("#", Some(Target::Contained(""))),
            ("#p", Some(Target::Contained("p"))),
            (
                "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
                Some(Target::Urn("urn:uuid:c757873d-ec9a-4326-a141-556f43239520")),
            ),
            ("http://Patient/1", Some(Target::Url("http://Patient/1"))),
            ("http://a/b?c=d", Some(Target::Url("http://a/b?c=d"))),
            ("http://a/ValueSet/x|1", Some(Target::Url("http://a/ValueSet/x|1"))),
            ("Patient/", None),
            ("patient/1", None),
            ("Patient", None),
            ("a/Patient/1", None),
            ("Patient/1/_history/", None),
            ("Patient?identifier=1", None),
            ("", None),
        ];
        for (text, target) in table {
            assert!(Target::of(text) == *target, "{text}: {:?}", Target::of(text));
        }
        assert_eq!(format!("{:?}", Target::of("Patient/secret")), "Some(Resource(Patient))");
    }
}
