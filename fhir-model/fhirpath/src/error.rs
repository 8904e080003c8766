//! The one error of this crate: what failed, at which character of the expression, and what was wanted.
//!
//! An error never carries a value out of the data that is evaluated, because those are patients' data; it may
//! quote the expression, which is not.

use hygea_fhir_model::Position;
use std::borrow::Cow;
use std::fmt;

/// A failure to compile or to evaluate an expression.
///
/// ```
/// use hygea_fhir_model::schema::{Schema, Version};
/// use hygea_fhirpath::{ErrorKind, Expression};
///
/// # if let Some(schema) = Schema::of(Version::R4) {
/// let error = Expression::compile("Patient.name.[0]", schema).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Syntax);
/// assert_eq!(error.position().map(|position| position.column), Some(14));
/// assert!(error.to_string().starts_with("wanted an element or a function after '.'"));
/// assert_eq!(format!("{error:#}"), "\
/// wanted an element or a function after '.', found '[', line 1, column 14 (byte 13)
///   Patient.name.[0]
///                ^");
/// # }
/// ```
///
/// `{:#}` shows the line of the expression and points at the character.
#[derive(Debug)]
pub struct Error(Box<Repr>);

#[derive(Debug)]
struct Repr {
    kind: ErrorKind,
    position: Option<Position>,
    detail: Cow<'static, str>,
    /// The line of the expression, cut to what a screen holds, and how many characters stand before the place.
    line: Option<(Box<str>, usize)>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What went wrong. The numbers are stable and shared with the C library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u16)]
pub enum ErrorKind {
    /// The text is no expression.
    Syntax = 200,
    /// A function of this name does not exist.
    UnknownFunction = 201,
    /// A function has too few or too many arguments, or one of a form that it does not take.
    Arguments = 202,
    /// The type has no such element (strict compilation only).
    UnknownElement = 203,
    /// The version has no such type.
    UnknownType = 204,
    /// The expression nests deeper than the limit, or evaluation did.
    TooDeep = 205,
    /// The expression is longer than the limit.
    TooLong = 206,
    /// An operator or a function met a value of a type that it is not defined for.
    WrongType = 207,
    /// One item was wanted and several were found.
    NotSingle = 208,
    /// Evaluation took more steps than its budget.
    TooManySteps = 209,
    /// A variable (`%name`) that nobody defined.
    UnknownVariable = 210,
    /// A function needs a service that the environment does not hold: a clock, a resolver, a terminology, profiles.
    NoService = 211,
    /// A service of the environment failed; see the source.
    Service = 212,
    /// A regular expression that cannot be compiled or is too large.
    Pattern = 213,
    /// A variable is defined twice in one scope.
    DuplicateVariable = 214,
    /// A function that asks for an order is applied to a collection that has none (strict order only).
    Unordered = 215,
    /// A value is outside of the range that a function takes, or its result would be outside of its type.
    Range = 216,
}

impl Error {
    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Where in the expression.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.0.position
    }

    /// What was wanted, in words.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.detail)?;
        if let Some(position) = self.0.position {
            write!(f, ", {position}")?;
        }
        if let (true, Some((line, before))) = (f.alternate(), &self.0.line) {
            write!(f, "\n  {line}\n  {:before$}^", "")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// A failure while it travels up: it knows the byte of the expression, not yet the expression.
#[derive(Debug)]
pub(crate) struct Failure(Box<FailureRepr>);

#[derive(Debug)]
struct FailureRepr {
    kind: ErrorKind,
    at: Option<u32>,
    detail: Cow<'static, str>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Failure {
    /// A failure whose place the caller adds with [`Failure::at`].
    #[cold]
    pub(crate) fn new(kind: ErrorKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(FailureRepr { kind, at: None, detail: detail.into(), source: None }))
    }

    /// A failure of something outside of the expression.
    #[cold]
    pub(crate) fn caused(
        kind: ErrorKind,
        detail: impl Into<Cow<'static, str>>,
        source: Box<dyn std::error::Error + Send + Sync>,
    ) -> Self {
        Self(Box::new(FailureRepr { kind, at: None, detail: detail.into(), source: Some(source) }))
    }

    /// The same, at a byte of the expression unless it has a place already.
    #[cold]
    pub(crate) fn at(mut self, at: u32) -> Self {
        self.0.at.get_or_insert(at);
        self
    }

    /// What was wanted.
    pub(crate) fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The error that callers see.
    pub(crate) fn into_error(self, text: &str) -> Error {
        let repr = *self.0;
        Error(Box::new(Repr {
            kind: repr.kind,
            position: repr.at.map(|at| Position::of(text.as_bytes(), at as usize)),
            line: repr.at.and_then(|at| excerpt(text, at as usize)),
            detail: repr.detail,
            source: repr.source,
        }))
    }
}

/// How many characters are shown before and after the place.
const AROUND: usize = 60;

/// The line of a place with control characters as spaces, and how many characters stand before the place.
fn excerpt(text: &str, at: usize) -> Option<(Box<str>, usize)> {
    let (before, after) = text.split_at_checked(at)?;
    let before = before.rsplit(['\n', '\r']).next().unwrap_or_default();
    let after = after.split(['\n', '\r']).next().unwrap_or_default();
    let mut line: Vec<char> = before.chars().rev().take(AROUND).collect();
    line.reverse();
    if line.len() < before.chars().count() {
        line.insert(0, '…');
    }
    let place = line.len();
    line.extend(after.chars().take(AROUND));
    if after.chars().count() > AROUND {
        line.push('…');
    }
    Some((line.into_iter().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().into(), place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alternate_form_points_at_the_character() {
        let long = format!("{}nope(){}", "name.".repeat(30), ".first()".repeat(20));
        let table = [
            ("a +", 3, "x, line 1, column 4 (byte 3)\n  a +\n     ^".to_owned()),
            ("a\n\tand\u{e9} b", 8, "x, line 2, column 7 (byte 8)\n   andé b\n       ^".to_owned()),
            (
                &long,
                150,
                format!(
                    "x, line 1, column 151 (byte 150)\n  …{}nope(){}…\n  {:61}^",
                    "name.".repeat(12),
                    &".first()".repeat(20)[..54],
                    ""
                ),
            ),
        ];
        for (text, at, wanted) in table {
            let error = Failure::new(ErrorKind::Syntax, "x").at(at).into_error(text);
            assert_eq!(format!("{error:#}"), wanted);
            assert!(!format!("{error}").contains('^'));
        }
    }
}
