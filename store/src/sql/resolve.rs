//! Names and texts become numbers; what no row can satisfy becomes [`Node::Nothing`] and takes its surroundings with it.

use std::collections::BTreeMap;

use super::{Leaf, Node, Test};
use crate::{Match, Plan, ReferenceTest, Result, TextTest, UriTest};

/// How a store finds its numbers.
pub trait Names {
    /// Number of a parameter of a kind.
    ///
    /// # Errors
    /// The failures of the store, as for all methods.
    fn parameter(&self, kind: i64, name: &str) -> Result<Option<i64>>;

    /// Number of a kind.
    ///
    /// # Errors
    /// As [`Names::parameter`].
    fn kind(&self, name: &str) -> Result<Option<i64>>;

    /// Number of a term: a code, system, unit, base or version.
    ///
    /// # Errors
    /// As [`Names::parameter`].
    fn term(&self, text: &str) -> Result<Option<i64>>;

    /// Row of an identity; kind 0 is the kind of identities without one.
    ///
    /// # Errors
    /// As [`Names::parameter`].
    fn identity(&self, kind: i64, id: &str) -> Result<Option<i64>>;

    /// Rows of all identities with an id, of any kind or none.
    ///
    /// # Errors
    /// As [`Names::parameter`].
    fn identities(&self, id: &str) -> Result<Vec<i64>>;

    /// Numbers of the URIs that pass a test.
    ///
    /// # Errors
    /// As [`Names::parameter`].
    fn uris(&self, test: &UriTest) -> Result<Vec<i64>>;
}

/// The plan of a kind in the numbers of a store.
///
/// # Errors
/// The failures of the store.
pub fn resolve(plan: &Plan, kind: i64, names: &dyn Names) -> Result<Node> {
    let leaf = |parameter: &str, test: Option<Test>| -> Result<Node> {
        let Some(test) = test else { return Ok(Node::Nothing) };
        let parameter = names.parameter(kind, parameter)?;
        Ok(parameter.map_or(Node::Nothing, |parameter| Node::Leaf(Leaf { parameter, test })))
    };
    Ok(match plan {
        Plan::All => Node::Everything,
        Plan::Ids(ids) => {
            let mut rows = Vec::with_capacity(ids.len());
            for id in ids {
                rows.extend(names.identity(kind, id)?);
            }
            rows.sort_unstable();
            rows.dedup();
            if rows.is_empty() { Node::Nothing } else { Node::Rows(rows) }
        }
        Plan::Token { parameter, system, code } => {
            let test = match (term(code, names)?, term(system, names)?) {
                (Some(code), Some(system)) if code != Some(0) => {
                    Some(Test::Token { codes: code.into_iter().collect(), system })
                }
                _ => None,
            };
            leaf(parameter, test)?
        }
        Plan::Text { parameter, test } => leaf(parameter, Some(Test::Text(test.clone())))?,
        Plan::Date { parameter, range } => leaf(parameter, Some(Test::Date(range.clone())))?,
        Plan::Number { parameter, range } => leaf(parameter, Some(Test::Number(range.clone())))?,
        Plan::Quantity { parameter, system, unit, range } => {
            let test = match (term(system, names)?, term(unit, names)?) {
                (Some(system), Some(unit)) => Some(Test::Quantity { system, unit, range: range.clone() }),
                _ => None,
            };
            leaf(parameter, test)?
        }
        Plan::Reference { parameter, test } => leaf(parameter, reference(test, names)?)?,
        Plan::Uri { parameter, test } => {
            let uris = names.uris(test)?;
            leaf(parameter, (!uris.is_empty()).then_some(Test::Uri(uris)))?
        }
        Plan::Modified { within: (low, high) } => Node::Modified(*low, *high),
        Plan::Missing { parameter, missing } => match names.parameter(kind, parameter)? {
            Some(parameter) => Node::Missing { parameter, missing: *missing },
            None if *missing => Node::Everything,
            None => Node::Nothing,
        },
        Plan::And(plans) => {
            let mut nodes = Vec::with_capacity(plans.len());
            for plan in plans {
                match resolve(plan, kind, names)? {
                    Node::Nothing => return Ok(Node::Nothing),
                    Node::Everything => {}
                    Node::And(inner) => nodes.extend(inner),
                    node => nodes.push(node),
                }
            }
            single_or(nodes, Node::Everything, Node::And)
        }
        Plan::Or(plans) => {
            let mut nodes = Vec::with_capacity(plans.len());
            for plan in plans {
                match resolve(plan, kind, names)? {
                    Node::Everything => return Ok(Node::Everything),
                    Node::Nothing => {}
                    Node::Or(inner) => nodes.extend(inner),
                    node => nodes.push(node),
                }
            }
            single_or(joined(nodes), Node::Nothing, Node::Or)
        }
        Plan::Not(plan) => match resolve(plan, kind, names)? {
            Node::Nothing => Node::Everything,
            Node::Everything => Node::Nothing,
            Node::Not(inner) => *inner,
            Node::Missing { parameter, missing } => Node::Missing { parameter, missing: !missing },
            node => Node::Not(Box::new(node)),
        },
        Plan::Chain { parameter, kind: target, plan } => {
            let (Some(parameter), Some(target)) = (names.parameter(kind, parameter)?, names.kind(target)?)
            else {
                return Ok(Node::Nothing);
            };
            match resolve(plan, target, names)? {
                Node::Nothing => Node::Nothing,
                node => Node::Chain { parameter, kind: target, node: Box::new(node), inner_first: true },
            }
        }
        Plan::Reverse { kind: other, parameter, plan } => {
            let Some(other) = names.kind(other)? else { return Ok(Node::Nothing) };
            let Some(parameter) = names.parameter(other, parameter)? else { return Ok(Node::Nothing) };
            match resolve(plan, other, names)? {
                Node::Nothing => Node::Nothing,
                node => Node::Reverse { kind: other, parameter, node: Box::new(node) },
            }
        }
    })
}

fn single_or(mut nodes: Vec<Node>, none: Node, several: impl FnOnce(Vec<Node>) -> Node) -> Node {
    match (nodes.pop(), nodes.is_empty()) {
        (None, _) => none,
        (Some(node), true) => node,
        (Some(node), false) => {
            nodes.push(node);
            several(nodes)
        }
    }
}

/// Up to how many codes of one parameter are read one by one, each in row order, and merged. More are one condition with a list.
const MERGED: usize = 8;

/// What tests of the same parameter have in common, when their lists of codes, targets or URIs can be joined.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Joinable {
    Rows,
    Token { parameter: i64, system: Option<i64> },
    Reference { parameter: i64, base: Option<i64>, version: Option<i64> },
    Uri { parameter: i64 },
}

/// Joins the parts of a disjunction that differ in a number only.
fn joined(nodes: Vec<Node>) -> Vec<Node> {
    let mut groups: BTreeMap<Joinable, Vec<Node>> = BTreeMap::new();
    let mut result = Vec::with_capacity(nodes.len());
    for node in nodes {
        let joinable = match &node {
            Node::Rows(_) => Some(Joinable::Rows),
            Node::Leaf(Leaf { parameter, test }) => match test {
                Test::Token { codes, system } if !codes.is_empty() => {
                    Some(Joinable::Token { parameter: *parameter, system: *system })
                }
                Test::Reference { base, version, .. } => {
                    Some(Joinable::Reference { parameter: *parameter, base: *base, version: *version })
                }
                Test::Uri(_) => Some(Joinable::Uri { parameter: *parameter }),
                _ => None,
            },
            _ => None,
        };
        match joinable {
            Some(joinable) => groups.entry(joinable).or_default().push(node),
            None => result.push(node),
        }
    }
    for (joinable, group) in groups {
        if group.len() <= MERGED && joinable != Joinable::Rows {
            result.extend(group);
            continue;
        }
        let mut numbers: Vec<i64> = group
            .into_iter()
            .flat_map(|node| match node {
                Node::Rows(numbers)
                | Node::Leaf(Leaf {
                    test:
                        Test::Token { codes: numbers, .. }
                        | Test::Reference { targets: numbers, .. }
                        | Test::Uri(numbers),
                    ..
                }) => numbers,
                _ => Vec::new(),
            })
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        result.push(match joinable {
            Joinable::Rows => Node::Rows(numbers),
            Joinable::Token { parameter, system } => {
                Node::Leaf(Leaf { parameter, test: Test::Token { codes: numbers, system } })
            }
            Joinable::Reference { parameter, base, version } => {
                Node::Leaf(Leaf { parameter, test: Test::Reference { targets: numbers, base, version } })
            }
            Joinable::Uri { parameter } => Node::Leaf(Leaf { parameter, test: Test::Uri(numbers) }),
        });
    }
    result
}

/// None: no value can match. Some(None): anything. Some(Some(0)): not there.
#[expect(clippy::option_option, reason = "the three answers are listed above, all private to this file")]
fn term(test: &Match, names: &dyn Names) -> Result<Option<Option<i64>>> {
    Ok(match test {
        Match::Any => Some(None),
        Match::Absent => Some(Some(0)),
        Match::Is(text) => names.term(text)?.map(Some),
    })
}

fn reference(test: &ReferenceTest, names: &dyn Names) -> Result<Option<Test>> {
    let (Some(base), Some(version)) = (term(&test.base, names)?, term(&test.version, names)?) else {
        return Ok(None);
    };
    let targets = match &test.kind {
        Match::Any => names.identities(&test.id)?,
        Match::Absent => names.identity(0, &test.id)?.into_iter().collect(),
        Match::Is(kind) => match names.kind(kind)? {
            Some(kind) => names.identity(kind, &test.id)?.into_iter().collect(),
            None => Vec::new(),
        },
    };
    Ok((!targets.is_empty()).then_some(Test::Reference { targets, base, version }))
}

impl UriTest {
    /// The texts that a store looks up for [`UriTest::Above`] and [`UriTest::Is`], and the texts and prefixes for
    /// [`UriTest::Below`]: all URIs equal to a text, and all that begin with a prefix.
    #[must_use]
    pub fn lookups(&self) -> (Vec<&str>, Option<String>) {
        match self {
            Self::Is(text) => (vec![text], None),
            Self::Below(text) if text.ends_with('/') => (Vec::new(), Some(text.to_string())),
            Self::Below(text) => (vec![text], Some(format!("{text}/"))),
            Self::Above(text) => {
                let mut texts = vec![text.as_str()];
                for (at, _) in text.match_indices('/') {
                    texts.extend(text.get(..at));
                    texts.extend(text.get(..at.saturating_add(1)));
                }
                texts.sort_unstable();
                texts.dedup();
                (texts, None)
            }
        }
    }
}

impl TextTest {
    /// For a prefix the first text behind all that begin with it; none where there is no such text.
    #[must_use]
    pub fn behind(prefix: &str) -> Option<String> {
        let mut characters: Vec<char> = prefix.chars().collect();
        while let Some(last) = characters.pop() {
            let next = (u32::from(last).saturating_add(1)..=u32::from(char::MAX)).find_map(char::from_u32);
            if let Some(next) = next {
                characters.push(next);
                return Some(characters.into_iter().collect());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookups_find_exactly_what_the_test_holds_for() {
        let uris = [
            "http://a",
            "http://a/",
            "http://a/b",
            "http://a/b/",
            "http://a/b/c",
            "http://a/bc",
            "http:",
            "x",
            "",
        ];
        for text in uris {
            for test in [UriTest::Is(text.into()), UriTest::Below(text.into()), UriTest::Above(text.into())] {
                let (texts, prefix) = test.lookups();
                for uri in uris {
                    let found = texts.contains(&uri)
                        || prefix.as_ref().is_some_and(|prefix| uri.starts_with(prefix.as_str()));
                    assert_eq!(found, test.holds(uri), "{text} {uri} {}", matches!(test, UriTest::Above(_)));
                }
            }
        }
    }

    #[test]
    fn the_text_behind_a_prefix() {
        for (prefix, wanted) in [
            ("a", Some("b")),
            ("az", Some("a{")),
            ("\u{D7FF}", Some("\u{E000}")),
            ("a\u{10FFFF}", Some("b")),
            ("", None),
            ("\u{10FFFF}", None),
        ] {
            assert_eq!(TextTest::behind(prefix).as_deref(), wanted, "{prefix:?}");
        }
    }
}
