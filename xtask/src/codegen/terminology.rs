//! The codes of value sets that FHIR itself enumerates.
//!
//! Only code systems of HL7 (and the few time units of UCUM) are read; LOINC, SNOMED CT and other systems
//! carry their own terms, and nothing of them is generated.

use super::definitions::Code;
use super::read::{Resources, list, text_of};
use serde_json::Value;
use std::collections::BTreeMap;

/// Value sets and code systems by URL.
pub(crate) struct Terminology<'r> {
    value_sets: BTreeMap<&'r str, &'r Value>,
    code_systems: BTreeMap<&'r str, &'r Value>,
}

impl<'r> Terminology<'r> {
    pub(crate) fn of(resources: &'r Resources) -> Self {
        let by_url = |kind: &str| {
            let all = resources.get(kind).into_iter().flatten();
            all.map(|resource| (text_of(resource, "url"), resource)).collect::<BTreeMap<_, _>>()
        };
        let value_sets = by_url("ValueSet");
        let mut code_systems = by_url("CodeSystem");
        // DSTU2 holds a code system inside the value set that uses it.
        for value_set in resources.get("ValueSet").into_iter().flatten() {
            if let Some(system) = value_set.get("codeSystem") {
                code_systems.entry(text_of(system, "system")).or_insert(system);
            }
        }
        Self { value_sets, code_systems }
    }

    /// The codes of a value set in their order; nothing if they are not all enumerated.
    pub(crate) fn codes(&self, url: &str) -> Option<Vec<Code>> {
        let value_set = self.value_sets.get(url)?;
        let mut codes: Vec<Code> = Vec::new();
        let mut add = |system: &str, concept: &Value| {
            let code = text_of(concept, "code");
            if !code.is_empty() && !codes.iter().any(|other| other.code == code && other.system == system) {
                codes.push(Code {
                    system: system.to_owned(),
                    code: code.to_owned(),
                    display: text_of(concept, "display").to_owned(),
                });
            }
        };
        if let Some(defined) = value_set.get("codeSystem") {
            let system = text_of(defined, "system");
            concepts(defined, &mut |concept| add(system, concept));
        }
        if let Some(compose) = value_set.get("compose") {
            if compose.get("exclude").is_some() || compose.get("import").is_some() {
                return None;
            }
            for include in list(compose, "include") {
                let system = text_of(include, "system");
                let listed = list(include, "concept");
                if !is_open(system) || include.get("filter").is_some() || include.get("valueSet").is_some() {
                    return None;
                }
                if listed.is_empty() {
                    concepts(self.code_systems.get(system)?, &mut |concept| add(system, concept));
                } else {
                    listed.iter().for_each(|concept| add(system, concept));
                }
            }
        }
        (!codes.is_empty()).then_some(codes)
    }
}

/// Whether the codes of a system may be copied.
fn is_open(system: &str) -> bool {
    ["http://hl7.org/fhir/", "http://terminology.hl7.org/"].iter().any(|start| system.starts_with(start))
        || system == "http://unitsofmeasure.org"
}

/// Visits the concepts of a code system, those inside others included, unless they are abstract.
fn concepts(parent: &Value, add: &mut dyn FnMut(&Value)) {
    for concept in list(parent, "concept") {
        let properties = list(concept, "property");
        let unselectable = properties.iter().any(|property| {
            text_of(property, "code") == "notSelectable"
                && property.get("valueBoolean").and_then(Value::as_bool) == Some(true)
        });
        if !unselectable && concept.get("abstract").and_then(Value::as_bool) != Some(true) {
            add(concept);
        }
        concepts(concept, add);
    }
}
