//! Rules of Bundles (<https://hl7.org/fhir/R4/bundle.html>): which entries have a request, a response or a search,
//! what a full URL must agree with, what comes first in documents and messages.

use super::content::text;
use super::issue::Rule;
use super::structure::{Check, Place};
use crate::error::ErrorKind;
use crate::json::Node;
use std::collections::HashSet;

impl<'d> Check<'_, 'd> {
    pub(super) fn bundle(&mut self, bundle: Node<'d>, place: &Place<'_>) {
        let kind = text(bundle, "type").unwrap_or_default();
        let entries = bundle.get("entry").filter(|entries| entries.is_array());
        let mut seen = HashSet::new();
        for (index, entry) in entries.into_iter().flat_map(Node::items).enumerate() {
            let place = &place.child("entry").at(index);
            self.requests(kind, entry, place);
            let Some(url) = entry.get("fullUrl").filter(|url| url.as_str().is_some()) else { continue };
            let address = url.as_str().unwrap_or_default();
            let resource = entry.get("resource");
            // A history has a resource in many versions, and a search may bring them as well.
            let version =
                resource.and_then(|resource| text(resource.get("meta")?, "versionId")).unwrap_or_default();
            if kind != "history" && !seen.insert((address, version)) {
                let detail = "a full URL stands once in a Bundle, unless versions tell the resources apart";
                self.keyed("bdl-7", Rule::Bundle, url, &place.child("fullUrl"), detail);
            }
            if address.contains("/_history/") {
                let detail = "a full URL names no version";
                self.keyed("bdl-8", Rule::Bundle, url, &place.child("fullUrl"), detail);
            }
            let id = resource.and_then(|resource| text(resource, "id"));
            if let Some(id) = id
                && (address.starts_with("http://") || address.starts_with("https://"))
                && address.split('/').next_back() != Some(id)
                && !address.contains("/_history/")
            {
                let detail = "the id of the resource is that of its full URL";
                self.issue(ErrorKind::Inconsistent, Rule::Bundle, url, &place.child("fullUrl"), detail);
            }
        }
        let first = match kind {
            "document" => "Composition",
            "message" => "MessageHeader",
            _ => return,
        };
        let found = entries.and_then(|entries| entries.at(0)).and_then(|entry| entry.get("resource"));
        if found.and_then(|resource| text(resource, "resourceType")) != Some(first) {
            let detail = match first {
                "Composition" => "the first entry of a document is its Composition",
                _ => "the first entry of a message is its MessageHeader",
            };
            self.issue(ErrorKind::MissingElement, Rule::Bundle, bundle, &place.child("entry"), detail);
        }
    }

    fn requests(&mut self, kind: &str, entry: Node<'d>, place: &Place<'_>) {
        let due = matches!(kind, "batch" | "transaction");
        // Histories and the notifications of R5 may have one.
        let without = matches!(kind, "document" | "message" | "searchset" | "collection");
        match entry.get("request") {
            None if due => {
                let detail = "an entry of a batch or transaction has a request";
                self.keyed("bdl-3", Rule::Bundle, entry, &place.child("request"), detail);
            }
            Some(request) if without => {
                let detail = "only entries of batches, transactions and histories have a request";
                self.keyed("bdl-3", Rule::Bundle, request, &place.child("request"), detail);
            }
            _ => {}
        }
    }
}
