//! Search parameters and compartments: read from their resources, written as tables for the search crate.

use super::Files;
use super::definitions::{Compartment, Definitions, Parameter};
use super::read::{Resources, list, strings, text_of};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

/// Reads the official parameters: examples and those of extensions and genetics profiles are left out.
pub(crate) fn read(resources: &Resources, definitions: &mut Definitions) {
    for resource in resources.get("SearchParameter").into_iter().flatten() {
        let id = text_of(resource, "id");
        if id.starts_with("example")
            || id == "filter"
            || id.contains("-extensions-")
            || id.contains("-genetic")
        {
            continue;
        }
        definitions.parameters.insert(id.to_owned(), parameter(resource));
    }
    for resource in resources.get("CompartmentDefinition").into_iter().flatten() {
        if text_of(resource, "id").starts_with("example") {
            continue;
        }
        let members = list(resource, "resource").iter();
        let mut members: Vec<_> =
            members.map(|member| (text_of(member, "code").to_owned(), strings(member, "param"))).collect();
        members.retain(|(_, codes)| !codes.is_empty());
        members.sort();
        definitions.compartments.push(Compartment { code: text_of(resource, "code").to_owned(), members });
    }
    definitions.compartments.sort_by(|left, right| left.code.cmp(&right.code));
}

fn parameter(resource: &Value) -> Parameter {
    // One base in DSTU2, a list later.
    let bases = match resource.get("base") {
        Some(Value::String(base)) => vec![base.clone()],
        _ => strings(resource, "base"),
    };
    let component = |component: &Value| {
        let definition = match component.get("definition") {
            Some(Value::String(url)) => url.clone(),
            // A Reference in STU3.
            Some(reference) => text_of(reference, "reference").to_owned(),
            None => String::new(),
        };
        (definition, text_of(component, "expression").to_owned())
    };
    let allowed = |member: &str| resource.get(member).and_then(Value::as_bool).unwrap_or(true);
    let usage = ["xpathUsage", "processingMode"].map(|member| text_of(resource, member));
    Parameter {
        id: text_of(resource, "id").to_owned(),
        url: text_of(resource, "url").to_owned(),
        code: text_of(resource, "code").to_owned(),
        kind: text_of(resource, "type").to_owned(),
        bases,
        expression: text_of(resource, "expression").to_owned(),
        xpath: text_of(resource, "xpath").to_owned(),
        targets: strings(resource, "target"),
        components: list(resource, "component").iter().map(component).collect(),
        multiple_or: allowed("multipleOr"),
        multiple_and: allowed("multipleAnd"),
        comparators: strings(resource, "comparator"),
        modifiers: strings(resource, "modifier"),
        usage: usage.into_iter().find(|usage| !usage.is_empty()).unwrap_or("normal").to_owned(),
    }
}

/// Reads the parameters of DSTU2, which its package lacks, from a folder of their own.
pub(crate) fn read_apart(folder: &Path, definitions: &mut Definitions) -> Result<(), String> {
    read(&super::read::load("reference", folder)?, definitions);
    super::xpath::translate(definitions)
}

/// Writes `<version>.rs`.
pub(crate) fn write(definitions: &Definitions, folder: &Path, files: &mut Files) {
    let mut out = definitions.header();
    let (version, _) = definitions.title();
    let _ = write!(
        out,
        "//! The search parameters and compartments of FHIR {version}.\n\n\
         use super::definition::{{Compartment, Component, ParameterType, ParameterUsage, SearchParameter}};\n\n\
         /// The search parameters, sorted by id.\n\
         pub static PARAMETERS: &[SearchParameter] = &[\n"
    );
    for parameter in definitions.parameters.values() {
        write_parameter(&mut out, parameter);
    }
    out.push_str(
        "];\n\n/// The compartments, sorted by code.\npub static COMPARTMENTS: &[Compartment] = &[\n",
    );
    for compartment in &definitions.compartments {
        let _ =
            writeln!(out, "    Compartment {{\n        code: {:?},\n        members: &[", compartment.code);
        for (code, parameters) in &compartment.members {
            let _ = writeln!(out, "            ({code:?}, &{parameters:?}),");
        }
        out.push_str("        ],\n    },\n");
    }
    out.push_str("];\n");
    files.insert(folder.join(format!("{}.rs", definitions.version)), out);
}

fn write_parameter(out: &mut String, parameter: &Parameter) {
    let kind = super::read::capitalized(&parameter.kind);
    let usage = match parameter.usage.as_str() {
        "normal" => "Normal",
        "phonetic" => "Phonetic",
        "nearby" => "Nearby",
        _ => "Other",
    };
    let _ = write!(
        out,
        "    SearchParameter {{\n        id: {:?},\n        url: {:?},\n        code: {:?},\n        \
         kind: ParameterType::{kind},\n        bases: &{:?},\n        expression: {:?},\n        targets: &{:?},\n",
        parameter.id, parameter.url, parameter.code, parameter.bases, parameter.expression, parameter.targets,
    );
    if parameter.components.is_empty() {
        out.push_str("        components: &[],\n");
    } else {
        out.push_str("        components: &[\n");
        for (definition, expression) in &parameter.components {
            let _ = writeln!(
                out,
                "            Component {{ definition: {definition:?}, expression: {expression:?} }},"
            );
        }
        out.push_str("        ],\n");
    }
    let _ = write!(
        out,
        "        multiple_or: {},\n        multiple_and: {},\n        comparators: &{:?},\n        \
         modifiers: &{:?},\n        usage: ParameterUsage::{usage},\n    }},\n",
        parameter.multiple_or, parameter.multiple_and, parameter.comparators, parameter.modifiers,
    );
}
