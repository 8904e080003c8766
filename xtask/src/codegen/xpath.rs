//! DSTU2's search parameters: their XPath turned into FHIRPath.
//!
//! Nearly all of them are paths of elements with `|` between them, `f:Patient/f:telecom[system/@value='email']`,
//! and are translated step by step along the definitions, so that the name of a choice loses its type
//! (`f:valueQuantity` becomes `value.ofType(Quantity)`) and no step can lead nowhere. The rest stands in
//! [`IRREGULAR`], each with its reason; the composites, of which DSTU2 says in words only what they are made of, in
//! [`COMPOSITES`].

use super::definitions::{Definitions, Parameter, Type};
use std::collections::BTreeMap;

/// Parameters without an XPath, or with one that says something else than it should; and those that no expression
/// describes.
const IRREGULAR: &[(&str, &str)] = &[
    // XPath counts from 1, so `resource[0]` is nothing; the first entry is meant, as in later versions.
    ("Bundle-composition", "Bundle.entry[0].resource"),
    ("Bundle-message", "Bundle.entry[0].resource"),
    // Both name `onsetAge`, which is `onsetQuantity` in DSTU2, and both name all types, although one is for dates
    // and periods and the other, by its own words, for what else there is.
    ("Condition-onset", "Condition.onset.ofType(dateTime) | Condition.onset.ofType(Period)"),
    (
        "Condition-onset-info",
        "Condition.onset.ofType(Quantity) | Condition.onset.ofType(Range) | Condition.onset.ofType(string)",
    ),
    // These profiles say in words what is searched: the age at the onset, as a number; the conditions and the
    // relationship of a family member.
    ("condition-daf-Condition-age", "Condition.onset.ofType(Quantity).value"),
    ("familymemberhistory-daf-FamilyMemberHistory-condition", "FamilyMemberHistory.condition.code"),
    ("familymemberhistory-daf-FamilyMemberHistory-relationship", "FamilyMemberHistory.relationship"),
    // By nature without an expression: the text of the whole resource, of its narrative, a named query.
    ("Resource-content", ""),
    ("Resource-text", ""),
    ("Resource-query", ""),
];

/// A composite: its id, the element that holds the parts, and for each part its parameter and its path.
type Composite = (&'static str, &'static str, [(&'static str, &'static str); 2]);

/// A composite for each kind of value: its id, the element that holds code and value, what the names of the
/// parameters start with, the kinds with their types.
type ByValue = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

/// The composites.
const COMPOSITES: &[Composite] = &[
    (
        "CarePlan-related",
        "CarePlan.relatedPlan",
        [("CarePlan-relatedcode", "code"), ("CarePlan-relatedplan", "plan")],
    ),
    (
        "DiagnosticOrder-event-status-date",
        "DiagnosticOrder.event",
        [("DiagnosticOrder-event-status", "status"), ("DiagnosticOrder-event-date", "dateTime")],
    ),
    (
        "DiagnosticOrder-item-status-date",
        "DiagnosticOrder.item.event",
        [("DiagnosticOrder-item-past-status", "status"), ("DiagnosticOrder-item-date", "dateTime")],
    ),
    (
        "DocumentReference-relationship",
        "DocumentReference.relatesTo",
        [("DocumentReference-relatesto", "target"), ("DocumentReference-relation", "code")],
    ),
    (
        "Group-characteristic-value",
        "Group.characteristic",
        [("Group-characteristic", "code"), ("Group-value", "value")],
    ),
    (
        "Observation-related",
        "Observation.related",
        [("Observation-related-target", "target"), ("Observation-related-type", "type")],
    ),
];

/// `code-value-[x]` stands for one parameter per kind of value that the parameters `value-…` and
/// `component-value-…` search.
const BY_VALUE: &[ByValue] = &[
    (
        "Observation-code-value-x",
        "Observation",
        "",
        &[
            ("concept", "CodeableConcept"),
            ("date", "dateTime"),
            ("quantity", "Quantity"),
            ("string", "string"),
        ],
    ),
    (
        "Observation-component-code-value-x",
        "Observation.component",
        "component-",
        &[("concept", "CodeableConcept"), ("quantity", "Quantity"), ("string", "string")],
    ),
];

/// Gives every parameter its expression.
pub(crate) fn translate(definitions: &mut Definitions) -> Result<(), String> {
    let mut faults = Vec::new();
    let mut parameters = std::mem::take(&mut definitions.parameters);
    for parameter in parameters.values_mut() {
        let irregular = IRREGULAR.iter().find(|(id, _)| *id == parameter.id);
        if let Some((_, expression)) = irregular {
            (*expression).clone_into(&mut parameter.expression);
        } else if parameter.kind != "composite" {
            match expression(&definitions.types, &parameter.xpath) {
                Ok(expression) => parameter.expression = expression,
                Err(fault) => faults.push(format!("{}: {fault}", parameter.id)),
            }
        }
    }
    for (id, element, parts) in COMPOSITES {
        match parameters.get_mut(*id) {
            Some(parameter) => make_composite(parameter, element, parts),
            None => faults.push(format!("{id} is not there")),
        }
    }
    for (id, element, prefix, kinds) in BY_VALUE {
        let Some(template) = parameters.remove(*id) else {
            faults.push(format!("{id} is not there"));
            continue;
        };
        for (kind, value) in *kinds {
            let code = format!("{prefix}code-value-{kind}");
            let mut parameter = Parameter {
                id: format!("Observation-{code}"),
                url: format!("http://hl7.org/fhir/SearchParameter/Observation-{code}"),
                code,
                ..template.clone()
            };
            let (code, value_id) =
                (format!("Observation-{prefix}code"), format!("Observation-{prefix}value-{kind}"));
            let value = format!("value.ofType({value})");
            make_composite(&mut parameter, element, &[(&code, "code"), (&value_id, &value)]);
            parameters.insert(parameter.id.clone(), parameter);
        }
    }
    for parameter in parameters.values() {
        let left = parameter.expression.is_empty() && !IRREGULAR.iter().any(|(id, _)| *id == parameter.id);
        if left {
            faults.push(format!("{} has no expression", parameter.id));
        }
        for (url, _) in &parameter.components {
            if !parameters.values().any(|other| other.url == *url) {
                faults.push(format!("{}: {url} is not there", parameter.id));
            }
        }
    }
    definitions.parameters = parameters;
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

fn make_composite(parameter: &mut Parameter, element: &str, parts: &[(&str, &str)]) {
    element.clone_into(&mut parameter.expression);
    let part =
        |(id, path): &(&str, &str)| (format!("http://hl7.org/fhir/SearchParameter/{id}"), (*path).to_owned());
    parameter.components = parts.iter().map(part).collect();
}

/// The FHIRPath of a union of paths.
fn expression(types: &BTreeMap<String, Type>, xpath: &str) -> Result<String, String> {
    let mut paths: Vec<String> = Vec::new();
    for branch in xpath.split(" | ") {
        let path = path(types, branch.trim())?;
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    Ok(paths.join(" | "))
}

fn path(types: &BTreeMap<String, Type>, xpath: &str) -> Result<String, String> {
    let mut steps = steps(xpath).into_iter();
    let (root, _) = steps.next().unwrap_or_default();
    let mut found = types.get(root).ok_or_else(|| format!("{xpath:?} does not start with a type"))?;
    let mut out = root.to_owned();
    for (name, predicate) in steps {
        let field = found
            .fields
            .iter()
            .find_map(|field| Some((field, field.types.iter().find(|choice| choice.json_name == name)?)));
        let (field, choice) = field.ok_or_else(|| format!("{} has no {name:?}", found.name))?;
        out = format!("{out}.{}", field.name);
        if field.choice {
            out = format!("{out}.ofType({})", choice.name);
        }
        found = types.get(&choice.name).ok_or_else(|| format!("{} is no type", choice.name))?;
        match predicate.map(|predicate| predicate.split_once('=')) {
            None => {}
            // An extension is found by its value.
            Some(Some(("@url", url))) => out = format!("{out}.where(url={url}).value"),
            Some(Some((left, text))) if left.ends_with("/@value") => {
                out = format!("{out}.where({}={text})", left.trim_end_matches("/@value"));
            }
            _ => return Err(format!("{xpath:?} has an unknown condition")),
        }
    }
    Ok(out)
}

/// The steps of a path, without their prefix `f:`, each with what stands in square brackets behind it.
fn steps(xpath: &str) -> Vec<(&str, Option<&str>)> {
    let mut depth = 0_usize;
    let parts = xpath.split(move |letter| {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == '/' && depth == 0
    });
    let named = parts.map(|part| part.strip_prefix("f:").unwrap_or(part));
    named
        .map(|part| match part.split_once('[') {
            Some((name, predicate)) => (name, Some(predicate.trim_end_matches(']'))),
            None => (part, None),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::definitions::{Field, FieldType, Kind};

    fn types() -> BTreeMap<String, Type> {
        type Row<'r> = (&'r str, &'r [(&'r str, bool, &'r [&'r str])]);
        let table: &[Row<'_>] = &[
            ("Patient", &[("telecom", false, &["ContactPoint"]), ("extension", false, &["Extension"])]),
            ("Observation", &[("value", true, &["Quantity", "string"])]),
            ("ContactPoint", &[]),
            ("Extension", &[]),
            ("Quantity", &[]),
            ("string", &[]),
        ];
        let named = |name: &str, fields| Type {
            name: name.to_owned(),
            kind: Kind::Complex,
            base: None,
            is_abstract: false,
            short: String::new(),
            fields,
            invariants: Vec::new(),
        };
        let field = |(name, choice, types): &(&str, bool, &[&str])| Field {
            name: (*name).to_owned(),
            min: 0,
            max: None,
            list: false,
            choice: *choice,
            summary: false,
            modifier: false,
            attribute: false,
            inherited: false,
            binding: None,
            short: String::new(),
            types: types
                .iter()
                .map(|found| FieldType {
                    json_name: if *choice {
                        format!("{name}{}", super::super::read::capitalized(found))
                    } else {
                        (*name).to_owned()
                    },
                    name: (*found).to_owned(),
                    targets: Vec::new(),
                })
                .collect(),
            invariants: Vec::new(),
        };
        let all = table.iter();
        all.map(|(name, fields)| ((*name).to_owned(), named(name, fields.iter().map(field).collect())))
            .collect()
    }

    #[test]
    fn paths_are_translated() {
        let table = [
            ("f:Patient/f:telecom", Some("Patient.telecom")),
            ("f:Patient/f:telecom[system/@value='email']", Some("Patient.telecom.where(system='email')")),
            (
                "f:Patient/f:extension[@url='http://a/b']",
                Some("Patient.extension.where(url='http://a/b').value"),
            ),
            (
                "f:Observation/f:valueQuantity | f:Observation/f:valueString | f:Observation/f:valueString",
                Some("Observation.value.ofType(Quantity) | Observation.value.ofType(string)"),
            ),
            ("f:Patient/f:name", None),
            ("f:Observation/f:value", None),
            ("f:Nothing/f:name", None),
            ("f:Patient/f:telecom[1]", None),
            ("", None),
        ];
        for (xpath, wanted) in table {
            assert_eq!(expression(&types(), xpath).ok().as_deref(), wanted, "{xpath}");
        }
    }
}
