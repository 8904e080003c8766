//! What the text of a reference tells without reading the resource (<https://hl7.org/fhir/R4/references.html>).

use crate::node::Node;
use hygea_fhir_model::schema::{Schema, TypeDef};

/// A literal reference: the type and id that its text names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reference<'t> {
    pub(crate) definition: &'static TypeDef,
    pub(crate) id: &'t str,
}

impl<'t> Reference<'t> {
    /// Reads `Patient/1`, `http://host/base/Patient/1`, both perhaps with `/_history/2`, a fragment or a
    /// version. Nothing for `#contained`, `urn:uuid:…` and URLs without a type before their last segment.
    pub(crate) fn parse(text: &'t str, schema: &'static Schema) -> Option<Self> {
        let text = text.split(['#', '|', '?']).next()?;
        let mut segments = text.rsplit('/');
        let mut id = segments.next()?;
        let mut name = segments.next()?;
        if name == "_history" {
            id = segments.next()?;
            name = segments.next()?;
        }
        let definition = schema.resource(name)?;
        (!id.is_empty()).then_some(Self { definition, id })
    }
}

/// The resource of the Bundle's entry that `text` means: by its full URL, or by type and id.
pub(crate) fn bundle_entry<'a>(bundle: Node<'a>, text: &str) -> Option<Node<'a>> {
    let text = text.split(['#', '|']).next().unwrap_or(text);
    let relative = !text.contains(':');
    bundle.children("entry").find_map(|entry| {
        let url = entry.children("fullUrl").next().and_then(Node::text);
        let found = match url {
            Some(url) if !relative => url == text,
            Some(url) => url.strip_suffix(text).is_some_and(|base| base.ends_with('/')),
            None => false,
        };
        let resource = || entry.children("resource").next();
        if found {
            return resource();
        }
        let resource = resource().filter(|_| relative && url.is_none())?;
        let id = resource.children("id").next().and_then(Node::text)?;
        let same = text.split_once('/') == Some((resource.type_name(), id));
        same.then_some(resource)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hygea_fhir_model::schema::Version;

    #[test]
    fn texts_name_type_and_id() {
        let Some(schema) = Schema::of(Version::R4) else { return };
        let table = [
            ("Patient/1", Some(("Patient", "1"))),
            ("http://example.org/fhir/Patient/1", Some(("Patient", "1"))),
            ("https://example.org/Observation/a/_history/3", Some(("Observation", "a"))),
            ("Patient/1#part", Some(("Patient", "1"))),
            ("http://hl7.org/fhir/ValueSet/x|4.0.1", Some(("ValueSet", "x"))),
            ("#p1", None),
            ("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", None),
            ("Nothing/1", None),
            ("Patient/", None),
            ("Patient", None),
            ("DomainResource/1", None),
            ("", None),
        ];
        for (text, wanted) in table {
            let found = Reference::parse(text, schema).map(|found| (found.definition.name(), found.id));
            assert_eq!(found, wanted, "{text}");
        }
    }
}
