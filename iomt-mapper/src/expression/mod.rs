//! The two expression languages of templates behind one type.

pub(crate) mod budget;
mod convert;
pub(crate) mod jmespath;
mod jsonpath;
mod needs;

use crate::error::{Error, ErrorKind};
use crate::options::{Limits, Mode};
use crate::token::Token;
use budget::Budget;
use hygea_fhir_model::json::{Node, Value as Json};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

pub(crate) use convert::{Unlike, text_of, time_of};
pub(crate) use jmespath::Value;
pub(crate) use needs::Needs;

/// The language of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Language {
    /// JSONPath in the dialect of Json.NET.
    #[default]
    JsonPath,
    /// JMESPath with the functions of the mapping templates.
    JmesPath,
}

/// A compiled expression.
///
/// ```
/// use hygea_fhir_model::json::Document;
/// use hygea_iomt_mapper::{Expression, Language, Mode};
///
/// let event = Document::parse(br#"{"Body": {"inches": 72, "at": "now"}}"#)?;
/// let path = Expression::compile("$..[?(@inches)].at", Language::JsonPath)?;
/// let found = path.evaluate(event.root(), Mode::Strict)?;
/// assert_eq!(found[0].value.as_str(), Some("now"));
/// assert_eq!(found[0].span, Some(30..35));
///
/// let metres = Expression::compile("multiply(Body.inches, `0.0254`)", Language::JmesPath)?;
/// assert_eq!(metres.evaluate(event.root(), Mode::Compat)?[0].value.to_json(), "1.8288");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Expression {
    text: Box<str>,
    language: Language,
    compiled: Compiled,
}

enum Compiled {
    JsonPath(jsonpath::Path),
    JmesPath(Box<jmespath::Program>),
    /// The reference finds a broken JSONPath only when it meets a message.
    Broken(Error),
}

/// A value that an expression selected or computed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Selected {
    /// The value.
    pub value: Json,
    /// Its bytes in the text of the message, if it is part of the message.
    pub span: Option<Range<usize>>,
}

impl Expression {
    /// Compiles `text`.
    ///
    /// # Errors
    /// [`ErrorKind::ExpressionSyntax`] with the character, [`ErrorKind::UnknownFunction`],
    /// [`ErrorKind::WrongArity`], and [`ErrorKind::TooLarge`] over 64 KiB or for deep nesting.
    pub fn compile(text: &str, language: Language) -> Result<Self, Error> {
        let compiled = match language {
            Language::JsonPath => Compiled::JsonPath(jsonpath::Path::parse(text)?),
            Language::JmesPath => Compiled::JmesPath(Box::new(jmespath::Program::parse(text)?)),
        };
        Ok(Self { text: text.into(), language, compiled })
    }

    /// As [`Expression::compile`], but a broken JSONPath fails when it is used, as in the reference.
    pub(crate) fn compile_later(text: &str, language: Language) -> Result<Self, Error> {
        match Self::compile(text, language) {
            Err(error) if language == Language::JsonPath => {
                Ok(Self { text: text.into(), language, compiled: Compiled::Broken(error) })
            }
            other => other,
        }
    }

    /// The text that was compiled.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The language.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// What the expression selects from `event`, in order: the matches that a template would see.
    ///
    /// # Errors
    /// [`ErrorKind::Evaluation`] where a function or comparison meets a value of another type,
    /// [`ErrorKind::Budget`] past the default [`Limits`], to which the texts of all that is selected count.
    pub fn evaluate(&self, event: Node<'_>, mode: Mode) -> Result<Vec<Selected>, Error> {
        self.evaluate_with(event, mode, &Limits::default())
    }

    /// As [`Expression::evaluate`], with other limits.
    ///
    /// # Errors
    /// As [`Expression::evaluate`].
    pub fn evaluate_with(
        &self,
        event: Node<'_>,
        mode: Mode,
        limits: &Limits,
    ) -> Result<Vec<Selected>, Error> {
        let budget = Budget::new(limits);
        let mut all = Vec::new();
        self.matches(Token::new(event), mode, &budget, &mut |value| {
            let span = match &value {
                Value::Token(token) if std::ptr::eq(token.node().document(), event.document()) => {
                    Some(token.node().span())
                }
                _ => None,
            };
            // What is selected a million times must not be copied a million times.
            value.weigh(&budget)?;
            all.push(Selected { value: value.to_json(mode), span });
            Ok(())
        })?;
        Ok(all)
    }

    /// Why a JSONPath that was kept for later is broken.
    pub(crate) fn broken(&self) -> Option<&Error> {
        match &self.compiled {
            Compiled::Broken(error) => Some(error),
            _ => None,
        }
    }

    /// Hands each match to `found`: each token of a JSONPath, each item of a projection, or the one result.
    pub(crate) fn matches<'v>(
        &'v self,
        root: Token<'v>,
        mode: Mode,
        budget: &Budget,
        found: &mut dyn FnMut(Value<'v>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match &self.compiled {
            Compiled::JsonPath(path) => {
                let selection = jsonpath::Selection::new(root, mode, budget);
                path.select(selection, &mut |token| found(Value::Token(token)))
            }
            Compiled::JmesPath(program) => {
                let outcome = program.evaluate(root, mode, budget)?;
                if outcome.projection {
                    outcome.value.items().try_for_each(found)
                } else if outcome.value.is_null() {
                    Ok(())
                } else {
                    found(outcome.value)
                }
            }
            Compiled::Broken(error) => Err(error.repeat()),
        }
    }

    /// The one value that the expression selects; an error if there are several.
    #[inline]
    pub(crate) fn single<'v>(
        &'v self,
        root: Token<'v>,
        mode: Mode,
        budget: &Budget,
    ) -> Result<Option<Value<'v>>, Error> {
        match &self.compiled {
            Compiled::JsonPath(path) => {
                Ok(path.single(jsonpath::Selection::new(root, mode, budget))?.map(Value::Token))
            }
            Compiled::JmesPath(program) => {
                let outcome = program.evaluate(root, mode, budget)?;
                if outcome.projection && outcome.value.items().nth(1).is_some() {
                    let detail = "the JMESPath selected several values, one is wanted";
                    return Err(Error::new(ErrorKind::SeveralValues, detail));
                }
                Ok((!outcome.value.is_null()).then_some(outcome.value))
            }
            Compiled::Broken(error) => Err(error.repeat()),
        }
    }

    /// The member names without which the expression selects nothing and fails on nothing.
    pub(crate) fn needs(&self) -> Needs<'_> {
        match &self.compiled {
            Compiled::JsonPath(path) => path.needs(),
            Compiled::JmesPath(program) => program.needs(),
            Compiled::Broken(_) => Needs::none(),
        }
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expression").field("text", &self.text).field("language", &self.language).finish()
    }
}

impl FromStr for Language {
    type Err = Error;

    /// Reads the name as templates write it, without regard to case.
    fn from_str(text: &str) -> Result<Self, Error> {
        if text.eq_ignore_ascii_case("JsonPath") {
            Ok(Self::JsonPath)
        } else if text.eq_ignore_ascii_case("JmesPath") {
            Ok(Self::JmesPath)
        } else {
            Err(Error::new(ErrorKind::InvalidValue, "the language must be `JsonPath` or `JmesPath`"))
        }
    }
}
