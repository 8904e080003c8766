//! The operations of a FHIRPath Patch, as its Parameters resource holds them.

use super::Fault;
use hygea_fhir_model::json::Node;
use hygea_fhir_model::{Error, ErrorKind};

/// The type of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Add,
    Insert,
    Delete,
    Replace,
    Move,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Add, Self::Insert, Self::Delete, Self::Replace, Self::Move];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Insert => "insert",
            Self::Delete => "delete",
            Self::Replace => "replace",
            Self::Move => "move",
        }
    }
}

/// One operation.
pub(super) struct Operation<'p> {
    pub(super) kind: Kind,
    pub(super) path: &'p str,
    parameter: Node<'p>,
}

impl<'p> Operation<'p> {
    /// The operations of a Parameters resource.
    pub(super) fn all(parameters: Node<'p>, most: usize) -> Result<Vec<Self>, Error> {
        let fail = |kind, path: &str, detail: String| {
            Err(Error::new(kind, path, Some(parameters.position()), detail))
        };
        if parameters.get("resourceType").and_then(Node::as_str) != Some("Parameters") {
            return fail(ErrorKind::WrongType, "", "a FHIRPath Patch is a Parameters resource".to_owned());
        }
        let Some(list) = parameters.get("parameter") else { return Ok(Vec::new()) };
        if !list.is_array() {
            return fail(
                ErrorKind::WrongType,
                "Parameters.parameter",
                "parameters stand in an array".to_owned(),
            );
        }
        if list.len() > most {
            return fail(
                ErrorKind::TooLarge,
                "Parameters.parameter",
                format!("the patch has more than {most} operations"),
            );
        }
        let mut operations = Vec::with_capacity(list.len());
        for (index, parameter) in list.items().enumerate() {
            let fail = |kind, detail: &str| {
                let path = format!("Parameters.parameter[{index}]");
                Err(Error::new(kind, path, Some(parameter.position()), detail))
            };
            if parameter.get("name").and_then(Node::as_str) != Some("operation") {
                return fail(ErrorKind::Syntax, "each parameter of a patch is called operation");
            }
            let kind = part(parameter, "type").and_then(value_of).and_then(Node::as_str);
            let kind = Kind::ALL.into_iter().find(|known| Some(known.name()) == kind);
            let Some(kind) = kind else {
                return fail(ErrorKind::Syntax, "the part \"type\" is add, insert, delete, replace or move");
            };
            let Some(path) = part(parameter, "path").and_then(value_of).and_then(Node::as_str) else {
                return fail(ErrorKind::MissingElement, "the operation needs a part \"path\" with a string");
            };
            operations.push(Self { kind, path, parameter });
        }
        Ok(operations)
    }

    /// The name of the element to add.
    pub(super) fn name(&self) -> Result<&'p str, Fault> {
        let found = part(self.parameter, "name").and_then(value_of).and_then(Node::as_str);
        found.ok_or_else(|| missing("name"))
    }

    /// The part that holds the value.
    pub(super) fn value(&self) -> Result<Node<'p>, Fault> {
        part(self.parameter, "value").ok_or_else(|| missing("value"))
    }

    /// Where to insert into a list of `count` items.
    pub(super) fn index(&self, count: usize) -> Result<usize, Fault> {
        self.number("index").and_then(|index| within(index, count, "index"))
    }

    /// From where to where to move in a list of `count` items.
    pub(super) fn source_and_destination(&self, count: usize) -> Result<(usize, usize), Fault> {
        let last = count.saturating_sub(1);
        let source = within(self.number("source")?, last, "source")?;
        Ok((source, within(self.number("destination")?, last, "destination")?))
    }

    fn number(&self, name: &str) -> Result<i64, Fault> {
        part(self.parameter, name).and_then(value_of).and_then(Node::as_i64).ok_or_else(|| missing(name))
    }
}

fn within(index: i64, last: usize, name: &str) -> Result<usize, Fault> {
    match usize::try_from(index) {
        Ok(index) if index <= last => Ok(index),
        _ => Err(Fault::new(ErrorKind::MissingElement, format!("{name} is from 0 to {last} there"))),
    }
}

fn missing(name: &str) -> Fault {
    Fault::new(ErrorKind::MissingElement, format!("the operation needs a part {name:?} with its value"))
}

/// The part of a name.
fn part<'p>(parameter: Node<'p>, name: &str) -> Option<Node<'p>> {
    parameter.get("part")?.items().find(|part| part.get("name").and_then(Node::as_str) == Some(name))
}

/// The value of a part, whatever its type.
fn value_of(part: Node<'_>) -> Option<Node<'_>> {
    part.members().find(|(name, _)| name.starts_with("value")).map(|(_, value)| value)
}

/// An expression as errors name it: texts may be patients' data.
pub(super) fn without_texts(path: &str) -> String {
    const LONGEST: usize = 200;
    let mut out = String::new();
    let (mut quoted, mut escaped) = (false, false);
    for c in path.chars() {
        if quoted {
            quoted = escaped || c != '\'';
            escaped = !escaped && c == '\\';
            if quoted {
                continue;
            }
        } else if c == '\'' {
            quoted = true;
            out.push_str("'…");
            continue;
        }
        out.push(c);
        if out.len() > LONGEST {
            out.push('…');
            break;
        }
    }
    out
}
