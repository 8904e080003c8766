//! The whole validation: structure, content and whatever further checks the caller brings.

use super::content::Content;
use super::issue::{Issue, Rule};
use super::structure::{self, Rules};
use crate::json::{Document, Node};
use crate::schema::Schema;
use std::fmt;

/// Holds resources to the rules of a version, as far as the tables know them: structure, formats, cardinalities,
/// required codes, references and what is contained, Bundles, ids, sizes and hashes, narratives.
///
/// Invariants are FHIRPath expressions, which this crate does not evaluate: `hygea_fhirpath::invariants::Invariants`
/// is a [`Check`] to be added.
///
/// ```
/// # #[cfg(feature = "r4-schema")] {
/// use hygea_fhir_model::{json::Document, schema::{Schema, Version}, validate::Validator};
///
/// let json = br##"{"resourceType": "Observation", "status": "final", "code": {"text": "x"},
///     "subject": {"reference": "Medication/1"}, "performer": [{"reference": "#nobody"}]}"##;
/// let validator = Validator::new(Schema::of(Version::R4).unwrap());
/// let issues = validator.validate(&Document::parse(json).unwrap());
/// let found: Vec<_> = issues.iter().map(|issue| (issue.expression(), issue.position().unwrap().line)).collect();
/// assert_eq!(found, [("Observation.subject", 2), ("Observation.performer[0].reference", 2)]);
/// # }
/// ```
#[derive(Clone)]
pub struct Validator<'c> {
    schema: &'static Schema,
    rules: Rules,
    content: bool,
    examples: bool,
    ignored: Vec<Rule>,
    checks: Vec<&'c dyn Check>,
}

/// A check that a [`Validator`] runs besides its own: invariants, profiles, terminology, the rules of a house.
pub trait Check: Send + Sync {
    /// Adds what is wrong with a resource. Issues name no values.
    fn check(&self, resource: Node<'_>, schema: &'static Schema, issues: &mut Issues);
}

/// The issues of a validation, no more than [`Rules::max_issues`].
#[derive(Debug, Default)]
pub struct Issues {
    list: Vec<Issue>,
    max: usize,
}

impl Issues {
    /// An empty list with room for `max` issues.
    #[must_use]
    pub fn up_to(max: usize) -> Self {
        Self { list: Vec::new(), max }
    }

    /// Adds an issue unless the list is full.
    pub fn push(&mut self, issue: Issue) {
        if !self.is_full() {
            self.list.push(issue);
        }
    }

    /// Whether no more issues are wanted, so that a check may stop.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.list.len() >= self.max
    }

    /// The issues so far.
    #[must_use]
    pub fn as_slice(&self) -> &[Issue] {
        &self.list
    }

    /// The issues.
    #[must_use]
    pub fn into_vec(self) -> Vec<Issue> {
        self.list
    }
}

impl<'c> Validator<'c> {
    /// All rules that the tables know.
    #[must_use]
    pub fn new(schema: &'static Schema) -> Self {
        Self {
            schema,
            rules: Rules::default(),
            content: true,
            examples: true,
            ignored: Vec::new(),
            checks: Vec::new(),
        }
    }

    /// The rules of [`super::structure`] only.
    #[must_use]
    pub fn structure(schema: &'static Schema) -> Self {
        Self { content: false, ..Self::new(schema) }
    }

    /// Chooses the rules of the structure, and how many issues are enough.
    #[must_use]
    pub fn rules(self, rules: Rules) -> Self {
        Self { rules, ..self }
    }

    /// Passes over the issues of a kind of rule.
    #[must_use]
    pub fn without(mut self, rule: Rule) -> Self {
        self.ignored.push(rule);
        self
    }

    /// Whether addresses of `example.org` and its kin may stand; they may unless this says no.
    #[must_use]
    pub fn examples(self, allowed: bool) -> Self {
        Self { examples: allowed, ..self }
    }

    /// Adds a check.
    #[must_use]
    pub fn check(mut self, check: &'c dyn Check) -> Self {
        self.checks.push(check);
        self
    }

    /// The version that resources are held to.
    #[must_use]
    pub fn schema(&self) -> &'static Schema {
        self.schema
    }

    /// How many issues are enough.
    #[must_use]
    pub fn max_issues(&self) -> usize {
        self.rules.max_issues
    }

    /// Validates the resource in a document. Errors come in the order of the document, those of further checks
    /// after them; each has its position.
    #[must_use]
    pub fn validate(&self, document: &Document<'_>) -> Vec<Issue> {
        let mut issues = self.issues(document.root());
        for issue in &mut issues {
            let position = issue.position.unwrap_or_else(|| document.position(issue.offset));
            // That of the text that was read, which was XML perhaps.
            issue.offset = position.offset;
            issue.position = Some(position);
        }
        issues
    }

    /// As [`Validator::validate`], for a resource anywhere in a document and without line and column.
    #[must_use]
    pub fn issues(&self, resource: Node<'_>) -> Vec<Issue> {
        let content = self.content.then(|| Content::new(&self.ignored, self.examples));
        let list = structure::whole(resource, self.schema, &self.rules, content);
        let own = list.len();
        let mut issues = Issues { list, max: self.rules.max_issues };
        for check in &self.checks {
            if issues.is_full() {
                break;
            }
            check.check(resource, self.schema, &mut issues);
        }
        let mut list = issues.into_vec();
        let further = list.split_off(own.min(list.len()));
        let told = further.into_iter().filter(|issue| !is_told(issue, &list)).collect::<Vec<_>>();
        list.extend(told);
        list.retain(|issue| !self.ignored.contains(&issue.rule()));
        list
    }
}

/// Whether the rule of an issue was found broken already, at the same element or inside of it.
fn is_told(issue: &Issue, list: &[Issue]) -> bool {
    // Both invariants of a narrative ask for all of its rules.
    let of_narrative = matches!(issue.key(), Some("txt-1" | "txt-2"));
    issue.key().is_some()
        && list.iter().any(|told| {
            if of_narrative && told.rule() == Rule::Narrative {
                return told.expression() == issue.expression();
            }
            let inside = told.expression().strip_prefix(issue.expression());
            told.key() == issue.key()
                && inside.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
}

impl fmt::Debug for Validator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Validator")
            .field("schema", &self.schema)
            .field("rules", &self.rules)
            .field("content", &self.content)
            .field("checks", &self.checks.len())
            .finish_non_exhaustive()
    }
}
