//! How a resource lies in the store, and how it comes out again.
//!
//! The store counts versions and keeps the time of each, so the stored text holds neither: it starts
//! `{"resourceType":"Patient","id":"p1","meta":{` and `versionId` and `lastUpdated` are put in behind that brace
//! when the resource is read (<https://hl7.org/fhir/R4/resource.html#Meta>). The rest is the text that the client
//! sent, without layout: member order, digits of decimals and escapes are untouched.

use crate::time::instant;
use hygea_fhir_model::json::{Kind, Node, write_string};
use std::borrow::Cow;

/// Writes the stored form of `resource` under an id. `rewrite` gives the new text of a string that is to change
/// (a reference inside a transaction); it is asked with the member name and the text.
pub(crate) fn stored_form<'r>(
    resource: Node<'_>,
    kind: &str,
    id: &str,
    rewrite: &dyn Fn(&str, &str) -> Option<Cow<'r, str>>,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(resource.raw().len() + 64);
    out.extend_from_slice(b"{\"resourceType\":");
    write_string(&mut out, kind);
    out.extend_from_slice(b",\"id\":");
    write_string(&mut out, id);
    out.extend_from_slice(b",\"meta\":{");
    if let Some(meta) = resource.get("meta") {
        let kept = meta.members().filter(|(name, _)| !ASSIGNED.contains(&name.trim_start_matches('_')));
        write_members(&mut out, kept, rewrite);
    }
    out.push(b'}');
    for (name, value) in
        resource.members().filter(|(name, _)| !matches!(*name, "resourceType" | "id" | "meta"))
    {
        out.push(b',');
        write_member(&mut out, name, value, rewrite);
    }
    out.push(b'}');
    out
}

/// What the server says of a resource, whatever the client sent.
const ASSIGNED: &[&str] = &["versionId", "lastUpdated"];

fn write_members<'m, 'r>(
    out: &mut Vec<u8>,
    members: impl Iterator<Item = (&'m str, Node<'m>)>,
    rewrite: &dyn Fn(&str, &str) -> Option<Cow<'r, str>>,
) {
    for (index, (name, value)) in members.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_member(out, name, value, rewrite);
    }
}

fn write_member<'r>(
    out: &mut Vec<u8>,
    name: &str,
    value: Node<'_>,
    rewrite: &dyn Fn(&str, &str) -> Option<Cow<'r, str>>,
) {
    write_string(out, name);
    out.push(b':');
    write_value(out, name, value, rewrite);
}

fn write_value<'r>(
    out: &mut Vec<u8>,
    name: &str,
    value: Node<'_>,
    rewrite: &dyn Fn(&str, &str) -> Option<Cow<'r, str>>,
) {
    match value.kind() {
        Kind::Object => {
            out.push(b'{');
            write_members(out, value.members(), rewrite);
            out.push(b'}');
        }
        Kind::Array => {
            out.push(b'[');
            for (index, item) in value.items().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_value(out, name, item, rewrite);
            }
            out.push(b']');
        }
        Kind::String => match value.as_str().and_then(|text| rewrite(name, text)) {
            Some(text) => write_string(out, &text),
            None => out.extend_from_slice(value.raw().as_bytes()),
        },
        Kind::Null | Kind::Bool | Kind::Number => out.extend_from_slice(value.raw().as_bytes()),
    }
}

/// The number of bytes before the place of `versionId`.
fn meta_offset(kind: &str, id: &str) -> usize {
    // Types and ids are letters, digits, hyphens and dots: none of them is escaped.
    r#"{"resourceType":"","id":"","meta":{"#.len() + kind.len() + id.len()
}

/// Writes a resource as it is read: the stored form with its version and time.
pub(crate) fn write_current(
    out: &mut Vec<u8>,
    kind: &str,
    id: &str,
    body: &[u8],
    version: u64,
    modified: i64,
) {
    let (before, after) = body.split_at_checked(meta_offset(kind, id)).unwrap_or((&[], body));
    out.reserve(body.len() + 80);
    out.extend_from_slice(before);
    let comma = if after.first() == Some(&b'}') { "" } else { "," };
    let meta = format!("\"versionId\":\"{version}\",\"lastUpdated\":\"{}\"{comma}", instant(modified));
    out.extend_from_slice(meta.as_bytes());
    out.extend_from_slice(after);
}

#[cfg(test)]
mod tests {
    use super::*;
    use hygea_fhir_model::json::Document;

    #[test]
    fn nothing_but_version_time_and_layout_changes_on_the_way_through_the_store() {
        let text = "{ \"id\": \"x\", \"resourceType\": \"Observation\",\n \"meta\": {\"versionId\": \"9\", \"_lastUpdated\": {\"id\": \"u\"}, \
                    \"tag\": [{\"code\": \"a\\u00e9\"}]}, \"valueQuantity\": {\"value\": 1.50}, \"subject\": {\"reference\": \"urn:uuid:1\"}}";
        let document = Document::parse(text.as_bytes()).unwrap();
        let rewrite = |name: &str, text: &str| {
            (name == "reference" && text == "urn:uuid:1").then_some("Patient/7".into())
        };
        let stored = stored_form(document.root(), "Observation", "o-1", &rewrite);
        assert_eq!(
            std::str::from_utf8(&stored).unwrap(),
            "{\"resourceType\":\"Observation\",\"id\":\"o-1\",\"meta\":{\"tag\":[{\"code\":\"a\\u00e9\"}]},\
             \"valueQuantity\":{\"value\":1.50},\"subject\":{\"reference\":\"Patient/7\"}}"
        );
        let mut read = Vec::new();
        write_current(&mut read, "Observation", "o-1", &stored, 3, 1_795_170_000_123_456);
        let read = std::str::from_utf8(&read).unwrap();
        assert!(
            read.contains(
                "\"meta\":{\"versionId\":\"3\",\"lastUpdated\":\"2026-11-20T10:20:00.123Z\",\"tag\":"
            )
        );
        let bare = Document::parse(br#"{"resourceType":"Patient"}"#).unwrap();
        let mut read = Vec::new();
        write_current(
            &mut read,
            "Patient",
            "p",
            &stored_form(bare.root(), "Patient", "p", &|_, _| None),
            1,
            0,
        );
        assert_eq!(
            std::str::from_utf8(&read).unwrap(),
            r#"{"resourceType":"Patient","id":"p","meta":{"versionId":"1","lastUpdated":"1970-01-01T00:00:00.000Z"}}"#
        );
    }
}
