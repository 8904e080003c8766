//! The faults of the definitions that are worked around, one by one.
//!
//! Each is listed in `docs/fhir-versions.md` as well.

use super::definitions::{Definitions, Invariant, Kind, Parameter, Type};

/// Applies those of the version; an error if one no longer finds what it corrects.
pub(crate) fn apply(definitions: &mut Definitions) -> Result<(), String> {
    match definitions.version.as_str() {
        "dstu2" => xhtml_is_a_type(definitions),
        "stu3" => {
            html_checks_is_a_function(definitions)?;
            object_classes_are_extensions(definitions)?;
            primitive_types_start_small(definitions)?;
            observations_are_found_by_clinical_code(definitions)
        }
        "r4" => {
            resource_ids_are_ids(definitions)?;
            primitive_types_start_small(definitions)
        }
        "r4b" => {
            element_ids_are_strings(definitions)?;
            primitive_types_start_small(definitions)
        }
        _ => {
            element_ids_are_strings(definitions)?;
            strings_have_single_quotes(definitions)?;
            parameters_of_r5_select_something(definitions)?;
            evidence_variables_have_no_topic(definitions)?;
            strings_of_observations_are_markdown_too(definitions)?;
            locations_are_references(definitions)?;
            artifacts_have_a_parameter(definitions)?;
            parts_of_r5_have_a_definition(definitions)
        }
    }
}

/// STU3 spells the function `htmlChecks()` in lower case in `txt-1` and `txt-2`; there is no such function.
fn html_checks_is_a_function(definitions: &mut Definitions) -> Result<(), String> {
    let changed = change_invariants(definitions, &["txt-1", "txt-2"], "htmlchecks()", "htmlChecks()");
    if changed == 2 { Ok(()) } else { Err("stu3 spells htmlChecks() as it should by now".to_owned()) }
}

/// R5's `eld-11` has a string in double quotes, which FHIRPath does not know.
fn strings_have_single_quotes(definitions: &mut Definitions) -> Result<(), String> {
    let changed = change_invariants(definitions, &["eld-11"], "\":\"", "':'");
    if changed == 1 { Ok(()) } else { Err("r5 has eld-11 as it should be by now".to_owned()) }
}

/// STU3's parameters `objectClass` and `objectClassProperty` have an XPath, twice the same, and no FHIRPath.
fn object_classes_are_extensions(definitions: &mut Definitions) -> Result<(), String> {
    for name in ["objectClass", "objectClassProperty"] {
        let url = format!("http://hl7.org/fhir/StructureDefinition/11179-{name}");
        let expression = format!("DataElement.element.mapping.extension.where(url='{url}').value");
        give_expression(definitions, &format!("elementdefinition-11179-DataElement-{name}"), &expression)?;
    }
    Ok(())
}

/// R5 lost the expressions of four parameters; their descriptions name the elements.
fn parameters_of_r5_select_something(definitions: &mut Definitions) -> Result<(), String> {
    let cost = "MedicationKnowledge.packaging.cost.cost";
    let table = [
        ("ImagingStudy-reason", "ImagingStudy.reason.concept"),
        ("Medication-form", "Medication.doseForm"),
        ("MedicationKnowledge-packaging-cost", &format!("{cost}.ofType(Money)")),
        ("MedicationKnowledge-packaging-cost-concept", &format!("{cost}.ofType(CodeableConcept)")),
    ];
    table.into_iter().try_for_each(|(id, expression)| give_expression(definitions, id, expression))
}

/// STU3, R4 and R4B write some primitive types in expressions with a capital, `as(DateTime)`, which selects
/// nothing: FHIR's type is `dateTime`.
fn primitive_types_start_small(definitions: &mut Definitions) -> Result<(), String> {
    let types = &definitions.types;
    let is_wrong = |name: &str| !types.contains_key(name) && types.contains_key(&small(name));
    let mut changed = 0;
    for parameter in definitions.parameters.values_mut() {
        let parts = parameter.components.iter_mut().map(|(_, expression)| expression);
        for expression in std::iter::once(&mut parameter.expression).chain(parts) {
            for before in ["as(", "as ", "ofType("] {
                let names = expression.match_indices(before).filter_map(|(at, _)| {
                    let rest = expression.get(at + before.len()..)?;
                    rest.split(|letter: char| !letter.is_ascii_alphanumeric()).next()
                });
                let wrong: Vec<String> = names.filter(|name| is_wrong(name)).map(str::to_owned).collect();
                for name in wrong {
                    changed += 1;
                    *expression =
                        expression.replace(&format!("{before}{name}"), &format!("{before}{}", small(&name)));
                }
            }
        }
    }
    if changed > 0 { Ok(()) } else { Err("the types in expressions are as they should be by now".to_owned()) }
}

fn small(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// STU3's composites of Observation name `Observation-code`, which became a part of `clinical-code`.
fn observations_are_found_by_clinical_code(definitions: &mut Definitions) -> Result<(), String> {
    change_part(definitions, "Observation-code", "clinical-code")
}

/// R5 says that EvidenceVariable has the parameter `topic`, but its expression knows no such element of it, and
/// there is none.
fn evidence_variables_have_no_topic(definitions: &mut Definitions) -> Result<(), String> {
    let topic = definitions.parameters.get_mut("MetadataResource-topic");
    let Some(topic) = topic else { return Err("r5 has no topic by now".to_owned()) };
    let before = topic.bases.len();
    topic.bases.retain(|base| base != "EvidenceVariable");
    if topic.bases.len() < before { Ok(()) } else { Err("r5 has topics as it should by now".to_owned()) }
}

/// R5's `code-value-string` names `Observation-value-string`, which became `Observation-value-markdown`.
fn strings_of_observations_are_markdown_too(definitions: &mut Definitions) -> Result<(), String> {
    change_part(definitions, "Observation-value-string", "Observation-value-markdown")
}

/// R5's `Encounter-location-period` selects the text of the reference to the location instead of the reference.
fn locations_are_references(definitions: &mut Definitions) -> Result<(), String> {
    let parameter = definitions.parameters.get_mut("Encounter-location-period");
    let parts = parameter.into_iter().flat_map(|parameter| &mut parameter.components);
    let wrong = parts.map(|(_, path)| path).find(|path| *path == "location.reference");
    let Some(path) = wrong else { return Err("r5 has location-period as it should by now".to_owned()) };
    "location".clone_into(path);
    Ok(())
}

/// R5's composites of TestScript name `TestScript-artifact`, which is called `TestScript-scope-artifact`.
fn artifacts_have_a_parameter(definitions: &mut Definitions) -> Result<(), String> {
    change_part(definitions, "TestScript-artifact", "TestScript-scope-artifact")
}

/// R5's composites name nine parameters that do not exist. Each gets a definition that belongs to no type, so that
/// nothing is searched by it alone, and says how the part is compared.
fn parts_of_r5_have_a_definition(definitions: &mut Definitions) -> Result<(), String> {
    let table = [
        ("DeviceDefinition-version", "string"),
        ("Encounter-period", "date"),
        ("Ingredient-denominator", "quantity"),
        ("Ingredient-numerator", "quantity"),
        ("ResearchStudy-actual", "token"),
        ("ResearchStudy-period", "date"),
        ("ResearchStudy-state", "token"),
        ("TestScript-conformance", "token"),
        ("TestScript-phase", "token"),
    ];
    for (id, kind) in table {
        let url = parameter_url(id);
        let mut parts = definitions.parameters.values().flat_map(|parameter| &parameter.components);
        let path = parts.find(|(definition, _)| *definition == url).map(|(_, path)| path.clone());
        let Some(path) = path else { return Err(format!("r5 names {id} nowhere by now")) };
        let part = Parameter {
            id: id.to_owned(),
            url,
            code: id.rsplit('-').next().unwrap_or(id).to_owned(),
            kind: kind.to_owned(),
            bases: Vec::new(),
            expression: path,
            xpath: String::new(),
            targets: Vec::new(),
            components: Vec::new(),
            multiple_or: true,
            multiple_and: true,
            comparators: Vec::new(),
            modifiers: Vec::new(),
            usage: "normal".to_owned(),
        };
        if definitions.parameters.insert(id.to_owned(), part).is_some() {
            return Err(format!("r5 defines {id} by now"));
        }
    }
    Ok(())
}

fn parameter_url(id: &str) -> String {
    format!("http://hl7.org/fhir/SearchParameter/{id}")
}

/// Lets the parts of composites that name a parameter which does not exist name another one.
fn change_part(definitions: &mut Definitions, from: &str, to: &str) -> Result<(), String> {
    if definitions.parameters.contains_key(from) || !definitions.parameters.contains_key(to) {
        return Err(format!("{}: {from} or {to} is not as expected", definitions.version));
    }
    let parts = definitions.parameters.values_mut().flat_map(|parameter| &mut parameter.components);
    let wrong: Vec<_> = parts.filter(|(definition, _)| *definition == parameter_url(from)).collect();
    let changed = wrong.len();
    wrong.into_iter().for_each(|(definition, _)| *definition = parameter_url(to));
    if changed > 0 { Ok(()) } else { Err(format!("{}: nothing names {from}", definitions.version)) }
}

/// Gives a search parameter the expression that it lacks.
fn give_expression(definitions: &mut Definitions, id: &str, expression: &str) -> Result<(), String> {
    match definitions.parameters.get_mut(id) {
        Some(parameter) if parameter.expression.is_empty() => {
            expression.clone_into(&mut parameter.expression);
            Ok(())
        }
        _ => Err(format!("{} has an expression of {id} by now", definitions.version)),
    }
}

/// Replaces a text in the expressions of some invariants; how many were changed.
fn change_invariants(definitions: &mut Definitions, keys: &[&str], from: &str, to: &str) -> usize {
    let all = definitions.types.values_mut().flat_map(|found| {
        let fields = found.fields.iter_mut().filter(|field| !field.inherited);
        found.invariants.iter_mut().chain(fields.flat_map(|field| &mut field.invariants))
    });
    let mut changed = 0;
    for Invariant { expression, .. } in all.filter(|invariant| keys.contains(&invariant.key.as_str())) {
        if expression.contains(from) {
            *expression = expression.replace(from, to);
            changed += 1;
        }
    }
    changed
}

/// DSTU2 uses `xhtml` for `Narrative.div` and defines it only in files that its package leaves out. It is a
/// primitive with an id and without extensions, as in all later versions.
fn xhtml_is_a_type(definitions: &mut Definitions) -> Result<(), String> {
    let string = definitions.types.get("string").ok_or("dstu2 has no string")?.clone();
    let xhtml = Type {
        name: "xhtml".to_owned(),
        base: Some("Element".to_owned()),
        short: "XHTML".to_owned(),
        fields: string.fields.into_iter().filter(|field| field.name == "id").collect(),
        ..string
    };
    match definitions.types.insert("xhtml".to_owned(), xhtml) {
        None => Ok(()),
        Some(_) => Err("dstu2 defines xhtml by now".to_owned()),
    }
}

/// `Resource.id` is typed as `string` in R4's files, while the text of the specification and all other versions
/// call it an `id` (64 letters, digits, `-` and `.`).
fn resource_ids_are_ids(definitions: &mut Definitions) -> Result<(), String> {
    match change_ids(definitions, |kind| kind == Kind::Resource, "string", "id") {
        0 => Err("r4 calls the ids of resources ids by now".to_owned()),
        _ => Ok(()),
    }
}

/// `Element.id` is typed as `id` in the data types of R4B's and R5's files, while the text of the specification,
/// the types inside resources and R5's `Element` call it a `string` without spaces. The definitions themselves
/// have ids that are none: `Patient.extension:race`.
fn element_ids_are_strings(definitions: &mut Definitions) -> Result<(), String> {
    match change_ids(definitions, |kind| kind != Kind::Resource, "id", "string") {
        0 => Err("the ids of elements are strings by now".to_owned()),
        _ => Ok(()),
    }
}

/// Changes the type of the element `id` of some types; how many were changed.
fn change_ids(definitions: &mut Definitions, of: fn(Kind) -> bool, from: &str, to: &str) -> usize {
    let types = definitions.types.values_mut().filter(|found| of(found.kind));
    let ids = types.flat_map(|found| found.fields.iter_mut().filter(|field| field.name == "id"));
    let choices = ids.flat_map(|field| &mut field.types).filter(|choice| choice.name == from);
    choices.map(|choice| to.clone_into(&mut choice.name)).count()
}
