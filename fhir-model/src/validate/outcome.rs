//! Issues as an OperationOutcome (<https://hl7.org/fhir/R4/operationoutcome.html>).

use super::issue::Issue;
use crate::json::{Object, Value};
use crate::schema::Version;

/// The OperationOutcome that tells a list of issues, in the shape of a version. Without issues it says that all is
/// well, since an OperationOutcome has at least one.
///
/// `details.text` says what was wanted, `diagnostics` names the invariant and the place in the text, `expression`
/// is the FHIRPath of the element and `location` the same as a simple XPath; DSTU2 has no `expression`.
///
/// ```
/// # #[cfg(feature = "r4-schema")] {
/// use hygea_fhir_model::{json::Document, schema::{Schema, Version}, validate};
///
/// let document = Document::parse(br#"{"resourceType": "Patient", "name": [{"given": "Ann"}]}"#).unwrap();
/// let issues = validate::structure(&document, Schema::of(Version::R4).unwrap());
/// let outcome = validate::outcome(&issues, Version::R4).to_json();
/// assert!(outcome.contains(r#""location":["/f:Patient/f:name[1]/f:given"],"expression":["Patient.name[0].given"]"#));
/// # }
/// ```
#[must_use]
pub fn outcome(issues: &[Issue], version: Version) -> Value {
    let told: Vec<Value> = match issues {
        [] => vec![all_is_well().into()],
        issues => issues.iter().map(|issue| told(issue, version).into()).collect(),
    };
    Object::new().with("resourceType", "OperationOutcome").with("issue", told).into()
}

fn all_is_well() -> Object {
    let details = Object::new().with("text", "no issue was found");
    Object::new().with("severity", "information").with("code", "informational").with("details", details)
}

fn told(issue: &Issue, version: Version) -> Object {
    let place = issue.position().map(|position| position.to_string());
    let diagnostics = match (issue.key(), place) {
        (Some(key), Some(place)) => Some(format!("{key}, {place}")),
        (Some(key), None) => Some(key.to_owned()),
        (None, place) => place,
    };
    let expression = Some(issue.expression()).filter(|expression| !expression.is_empty());
    let list = |text: String| vec![Value::from(text)];
    Object::new()
        .with("severity", issue.severity().code())
        .with("code", issue.code())
        .with("details", Object::new().with("text", issue.detail()))
        .with_some("diagnostics", diagnostics)
        .with_some("location", expression.map(|expression| list(location(expression))))
        .with_some(
            "expression",
            expression.filter(|_| version != Version::Dstu2).map(|expression| list(expression.to_owned())),
        )
}

/// `Patient.name[0].given` as `/f:Patient/f:name[1]/f:given`. XPath counts from 1.
fn location(expression: &str) -> String {
    let mut path = String::with_capacity(expression.len() * 2);
    for step in expression.split('.') {
        path.push_str("/f:");
        match step.strip_suffix(']').and_then(|step| step.split_once('[')) {
            Some((name, index)) => {
                let index: u64 = index.parse().unwrap_or_default();
                path.push_str(&format!("{name}[{}]", index.saturating_add(1)));
            }
            None => path.push_str(step),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::validate::{Rule, Severity};

    #[test]
    fn issues_have_the_shape_of_their_version() {
        let issue = Issue::new(
            ErrorKind::Invariant,
            Rule::Invariant,
            "Patient.contact[1]",
            7,
            "a contact has details",
        )
        .with_key("pat-1")
        .with_severity(Severity::Warning);
        let r4 = outcome(std::slice::from_ref(&issue), Version::R4).to_json();
        let wanted = concat!(
            r#"{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"invariant","#,
            r#""details":{"text":"a contact has details"},"diagnostics":"pat-1","#,
            r#""location":["/f:Patient/f:contact[2]"],"expression":["Patient.contact[1]"]}]}"#
        );
        assert_eq!(r4, wanted);
        let dstu2 = outcome(&[issue], Version::Dstu2).to_json();
        assert_eq!(dstu2, wanted.replace(r#","expression":["Patient.contact[1]"]"#, ""));
        assert!(outcome(&[], Version::R4).to_json().contains(r#""code":"informational""#));
    }
}
