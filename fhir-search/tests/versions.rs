//! The search parameters of every version: all there, all with an expression that compiles.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::schema::Version;
use hygea_fhir_search::{ParameterType, Parameters, parameters::SearchParameter};
use std::collections::BTreeMap;

const ALL: [Version; 5] = [Version::Dstu2, Version::Stu3, Version::R4, Version::R4B, Version::R5];

fn versions() -> impl Iterator<Item = &'static Parameters> {
    ALL.into_iter().filter_map(|version| {
        let found = Parameters::of(version).ok();
        if found.is_none() {
            println!("left out: {version} is not built in");
        }
        found
    })
}

/// The definitions by id.
fn definitions(parameters: &'static Parameters) -> BTreeMap<&'static str, &'static SearchParameter> {
    let mut found = BTreeMap::new();
    for definition in parameters.schema().types() {
        for parameter in parameters.of_type(definition.name()) {
            found.insert(parameter.definition().id, parameter.definition());
        }
    }
    found
}

/// What no expression describes: texts, named queries, and what the query grammar knows itself.
fn without_expression(version: Version) -> &'static [&'static str] {
    match version {
        Version::Dstu2 => &["Resource-content", "Resource-query", "Resource-text"],
        Version::Stu3 | Version::R4 => &["DomainResource-text", "Resource-content", "Resource-query"],
        _ => &[
            "DomainResource-text",
            "Resource-content",
            "Resource-filter",
            "Resource-has",
            "Resource-list",
            "Resource-query",
            "Resource-text",
            "Resource-type",
        ],
    }
}

#[test]
fn every_parameter_compiles() {
    let mut faults = Vec::new();
    for parameters in versions() {
        let version = parameters.schema().version();
        let (mut compiled, mut parts) = (0, 0);
        for definition in parameters.schema().types() {
            for parameter in parameters.of_type(definition.name()) {
                let place = format!("{version} {}.{}", definition.name(), parameter.code());
                let id = parameter.definition().id;
                if parameter.definition().expression.is_empty() {
                    if !without_expression(version).contains(&id) {
                        faults.push(format!("{place} ({id}) has no expression"));
                    }
                    continue;
                }
                if parameter.expression().is_empty() {
                    faults.push(format!("{place}: no branch concerns the type"));
                }
                if let Err(error) = parameter.compiled() {
                    faults.push(format!("{place}: {error}: {}", parameter.expression()));
                }
                compiled += 1;
                if parameter.parts().len() != parameter.definition().components.len()
                    || (parameter.kind() == ParameterType::Composite) == parameter.parts().is_empty()
                {
                    faults.push(format!("{place}: a part leads nowhere"));
                }
                for part in parameter.parts() {
                    if let Err(error) = part.compiled(parameters.schema()) {
                        faults.push(format!("{place}: {error}: {}", part.expression()));
                    }
                    parts += 1;
                }
            }
        }
        println!("{version}: {compiled} expressions and {parts} parts");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_official_parameter_is_there() {
    // R5's nine parts without a base aside. DSTU2 has 878; two of them, `code-value-[x]` and `component-code-value-[x]`, stand for seven.
    let table = [
        (Version::Dstu2, 883),
        (Version::Stu3, 1217),
        (Version::R4, 1375),
        (Version::R4B, 1414),
        (Version::R5, 1239),
    ];
    for (version, wanted) in table {
        let Ok(parameters) = Parameters::of(version) else { continue };
        let found = definitions(parameters);
        let hidden = wanted - found.len();
        println!(
            "{version}: {} definitions, {hidden} hidden by others of the same type and name",
            found.len()
        );
        assert!(hidden <= 3, "{version}: {hidden} are hidden");
    }
}

#[test]
fn expressions_of_dstu2_are_translated() {
    let Ok(parameters) = Parameters::of(Version::Dstu2) else { return };
    let table = [
        ("Patient", "family", "Patient.name.family"),
        ("Patient", "email", "Patient.telecom.where(system='email')"),
        (
            "Patient",
            "race",
            "Patient.extension.where(url='http://hl7.org/fhir/StructureDefinition/us-core-race').value",
        ),
        ("Observation", "value-quantity", "Observation.value.ofType(Quantity)"),
        ("Observation", "code-value-quantity", "Observation"),
        ("Observation", "component-code-value-string", "Observation.component"),
        ("Bundle", "composition", "Bundle.entry[0].resource"),
        ("MedicationOrder", "_id", "Resource.id"),
    ];
    for (base, code, wanted) in table {
        assert_eq!(parameters.find(base, code).unwrap().expression(), wanted, "{base}.{code}");
    }
    assert!(parameters.find("Observation", "code-value-[x]").is_none());
}
