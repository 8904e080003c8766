//! What a reference leads to, by its text alone (<https://hl7.org/fhir/R4/references.html#literal>).

/// What the text of a Reference, canonical or uri leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReferenceTarget<'a> {
    /// A resource of this service: `Patient/123`, `Patient/123/_history/4`, or one of these below a base of the service.
    Resource {
        /// The type, `Patient`.
        resource_type: &'a str,
        /// The logical id.
        id: &'a str,
        /// The version, if the reference is to one.
        version: Option<&'a str>,
    },
    /// Something else with a URL: another server's resource, a canonical, `urn:uuid:…`.
    Url {
        /// The URL without version and fragment.
        url: &'a str,
        /// The version of a canonical, behind `|`.
        version: Option<&'a str>,
    },
    /// A contained resource, by its id without `#`; empty for the resource itself.
    Contained(&'a str),
}

impl<'a> ReferenceTarget<'a> {
    /// Reads `Reference.reference`. `bases` are the URLs under which the service is reached, for example `https://a.org/fhir`:
    /// an absolute URL below one of them is the same as a relative one.
    ///
    /// Nothing for an empty text and for a conditional reference (`Patient?identifier=…`), which leads nowhere yet.
    #[must_use]
    pub fn parse(text: &'a str, bases: &[&str]) -> Option<Self> {
        if let Some(id) = text.strip_prefix('#') {
            return Some(Self::Contained(id));
        }
        if let Some(resource) = Self::below(text, bases).and_then(Self::relative) {
            return Some(resource);
        }
        let conditional = text.split_once('?').is_some_and(|(resource_type, _)| is_type_name(resource_type));
        (!text.is_empty() && !conditional).then_some(Self::Url { url: text, version: None })
    }

    /// Reads a canonical, or the uri that stands where later versions have a canonical.
    #[must_use]
    pub fn parse_canonical(text: &'a str, bases: &[&str]) -> Option<Self> {
        if let Some(id) = text.strip_prefix('#') {
            return Some(Self::Contained(id));
        }
        let (url, version) = canonical_parts(text);
        if version.is_none()
            && let Some(resource) = Self::below(url, bases).and_then(Self::relative)
        {
            return Some(resource);
        }
        (!url.is_empty()).then_some(Self::Url { url, version })
    }

    /// The part of a URL behind a base of the service; a text without scheme is relative already.
    fn below(text: &'a str, bases: &[&str]) -> Option<&'a str> {
        if !text.contains(':') {
            return Some(text);
        }
        bases.iter().find_map(|base| text.strip_prefix(base.trim_end_matches('/'))?.strip_prefix('/'))
    }

    fn relative(text: &'a str) -> Option<Self> {
        let mut parts = text.split('/');
        let (resource_type, id) = (parts.next()?, parts.next()?);
        let version = match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => None,
            (Some("_history"), Some(version), None) if is_id(version) => Some(version),
            _ => return None,
        };
        (is_type_name(resource_type) && is_id(id)).then_some(Self::Resource { resource_type, id, version })
    }

    /// The type of the target as its text tells it: of a relative reference or of a URL that ends in `Type/id`.
    #[must_use]
    pub fn resource_type(self) -> Option<&'a str> {
        match self {
            Self::Resource { resource_type, .. } => Some(resource_type),
            Self::Url { url, .. } if url.contains("://") => {
                let mut parts = url.rsplit('/');
                let mut id = parts.next()?;
                let mut resource_type = parts.next()?;
                if resource_type == "_history" {
                    id = parts.next()?;
                    resource_type = parts.next()?;
                }
                (is_type_name(resource_type) && is_id(id)).then_some(resource_type)
            }
            Self::Url { .. } | Self::Contained(_) => None,
        }
    }
}

/// URL and version of a canonical; a fragment behind them is left out.
pub(crate) fn canonical_parts(text: &str) -> (&str, Option<&str>) {
    let text = text.split_once('#').map_or(text, |(before, _)| before);
    match text.split_once('|') {
        Some((url, version)) if !version.is_empty() => (url, Some(version)),
        Some((url, _)) => (url, None),
        None => (text, None),
    }
}

/// Whether a text has the form of a logical id: 1 to 64 of `A-Z a-z 0-9 - .`
pub(crate) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
}

/// Whether a text has the form of a type's name.
fn is_type_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASES: &[&str] = &["https://a.org/fhir", "http://localhost:8080/demo/fhir/r4/"];

    fn resource<'a>(
        resource_type: &'a str,
        id: &'a str,
        version: Option<&'a str>,
    ) -> Option<ReferenceTarget<'a>> {
        Some(ReferenceTarget::Resource { resource_type, id, version })
    }

    fn url<'a>(url: &'a str, version: Option<&'a str>) -> Option<ReferenceTarget<'a>> {
        Some(ReferenceTarget::Url { url, version })
    }

    #[test]
    fn references_are_local_foreign_or_contained() {
        let cases = [
            ("Patient/123", resource("Patient", "123", None)),
            ("Patient/a.b-C", resource("Patient", "a.b-C", None)),
            ("Patient/123/_history/4", resource("Patient", "123", Some("4"))),
            ("https://a.org/fhir/Patient/123", resource("Patient", "123", None)),
            ("https://a.org/fhir/Patient/123/_history/4", resource("Patient", "123", Some("4"))),
            ("http://localhost:8080/demo/fhir/r4/Patient/1", resource("Patient", "1", None)),
            ("https://a.org/fhirx/Patient/123", url("https://a.org/fhirx/Patient/123", None)),
            ("https://b.org/fhir/Patient/123", url("https://b.org/fhir/Patient/123", None)),
            ("https://a.org/fhir", url("https://a.org/fhir", None)),
            ("https://a.org/fhir/Patient/1/x", url("https://a.org/fhir/Patient/1/x", None)),
            (
                "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0",
                url("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", None),
            ),
            ("Patient/123/_history", url("Patient/123/_history", None)),
            ("Patient/", url("Patient/", None)),
            ("patient/1", url("patient/1", None)),
            ("somewhere", url("somewhere", None)),
            ("#p1", Some(ReferenceTarget::Contained("p1"))),
            ("#", Some(ReferenceTarget::Contained(""))),
            ("Patient?identifier=a|b", None),
            ("", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(ReferenceTarget::parse(text, BASES), wanted, "{text}");
        }
    }

    #[test]
    fn canonicals_have_versions() {
        let cases = [
            ("http://x.org/Q", url("http://x.org/Q", None)),
            ("http://x.org/Q|1.0", url("http://x.org/Q", Some("1.0"))),
            ("http://x.org/Q|1.0#part", url("http://x.org/Q", Some("1.0"))),
            ("http://x.org/Q#part", url("http://x.org/Q", None)),
            ("http://x.org/Q|", url("http://x.org/Q", None)),
            ("Questionnaire/1", resource("Questionnaire", "1", None)),
            ("#local", Some(ReferenceTarget::Contained("local"))),
            ("|1.0", None),
            ("", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(ReferenceTarget::parse_canonical(text, BASES), wanted, "{text}");
        }
    }

    #[test]
    fn the_type_can_stand_in_a_foreign_url() {
        let cases = [
            ("Patient/1", Some("Patient")),
            ("https://b.org/fhir/Group/1", Some("Group")),
            ("https://b.org/fhir/Group/1/_history/3", Some("Group")),
            ("https://b.org/fhir/group/1", None),
            ("https://b.org/", None),
            ("urn:oid:1.2.3", None),
            ("#a", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(
                ReferenceTarget::parse(text, &[]).and_then(ReferenceTarget::resource_type),
                wanted,
                "{text}"
            );
        }
    }
}
