//! The values of a query, by the type of their parameter (<https://hl7.org/fhir/R4/search.html#ptypes>).

use super::escape::{escape, split, unescape};
use super::modifier::Modifier;
use crate::error::{Error, ErrorKind};
use crate::parameters::{Parameter, ParameterType, Parameters, Part, SearchParameter};
use crate::query::Options;
use crate::value::{DateRange, Decimal, DecimalRange, ReferenceTarget, canonical_parts, fold, is_id};
use std::fmt;

/// A value to compare with.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// A code with or without its system.
    Token(TokenValue),
    /// `:text` on a token: the folded beginning of a display or a text.
    TokenText(TextValue),
    /// `:of-type`: an identifier by the type that it has.
    OfType(OfTypeValue),
    /// A string.
    Text(TextValue),
    /// A date.
    Date(DateValue),
    /// A number.
    Number(NumberValue),
    /// A number with or without a unit.
    Quantity(QuantityValue),
    /// A reference.
    Reference(ReferenceValue),
    /// `:identifier` on a reference: the identifier that stands in it.
    Identifier(TokenValue),
    /// A URI.
    Uri(UriValue),
    /// One value for each part of a composite.
    Composite(Vec<Self>),
}

/// What is asked of the system of a code or unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SystemTest {
    /// Nothing: `code`.
    Any,
    /// That there is none: `|code`.
    Absent,
    /// That it is this one: `system|code`.
    Is(String),
}

/// A code: `code`, `system|code`, `|code`, `system|`.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenValue {
    /// The test of the system.
    pub system: SystemTest,
    /// The code; none for any code of a system.
    pub code: Option<String>,
}

/// `type system|type code|value` of an identifier.
#[derive(Clone, PartialEq, Eq)]
pub struct OfTypeValue {
    /// The code system of the type; none for any.
    pub system: Option<String>,
    /// The code of the type.
    pub code: String,
    /// The value of the identifier.
    pub value: String,
}

/// A string and how it is compared.
#[derive(Clone, PartialEq, Eq)]
pub struct TextValue {
    /// The text of the query.
    pub text: String,
    /// The comparison.
    pub test: TextTest,
}

/// How strings compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextTest {
    /// The folded text begins with the folded value.
    Prefix,
    /// The text is the value, case and accents included.
    Exact,
    /// The folded text contains the folded value.
    Contains,
}

/// A date and how it is compared.
#[derive(Clone, PartialEq, Eq)]
pub struct DateValue {
    /// The comparison.
    pub prefix: Prefix,
    /// The text of the query, without prefix.
    pub text: String,
    /// The span that the text stands for; for `ap` wider.
    pub range: DateRange,
}

/// A number and how it is compared.
#[derive(Clone, PartialEq, Eq)]
pub struct NumberValue {
    /// The comparison.
    pub prefix: Prefix,
    /// The text of the query, without prefix.
    pub text: String,
    /// The number itself.
    pub number: Decimal,
    /// The numbers that `eq` means: up to half a unit of the last digit away; for `ap` a tenth.
    pub range: DecimalRange,
}

/// A number with a unit: `5.4`, `5.4|system|code`, `5.4||unit`.
#[derive(Clone, PartialEq, Eq)]
pub struct QuantityValue {
    /// The number.
    pub number: NumberValue,
    /// The test of the unit's system.
    pub system: SystemTest,
    /// The code, or without system the code or the unit for people; none for any.
    pub unit: Option<String>,
}

/// A reference.
#[derive(Clone, PartialEq, Eq)]
pub enum ReferenceValue {
    /// A resource of this service by its id: `123`. Matches a reference to any type.
    Id(String),
    /// A resource of this service: `Patient/123`, `Patient/123/_history/4`.
    Resource {
        /// The type.
        resource_type: &'static str,
        /// The id.
        id: String,
        /// The version; none for any.
        version: Option<String>,
    },
    /// Another server's resource, a canonical, a URN: compared as text.
    Url {
        /// The URL.
        url: String,
        /// The version of a canonical; none for any.
        version: Option<String>,
    },
}

/// A URI and how it is compared.
#[derive(Clone, PartialEq, Eq)]
pub struct UriValue {
    /// The URI of the query.
    pub uri: String,
    /// The comparison.
    pub test: UriTest,
}

/// How URIs compare. All compare case and accents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UriTest {
    /// It is the value.
    Is,
    /// It is the value, or the value and then `/` and more.
    Below,
    /// It is the value, or what stands before a `/` of the value.
    Above,
}

/// How an ordered value compares: the letters before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Prefix {
    /// Equal: within the precision of the value.
    Eq,
    /// Not equal.
    Ne,
    /// Greater.
    Gt,
    /// Less.
    Lt,
    /// Greater or equal.
    Ge,
    /// Less or equal.
    Le,
    /// Starts after.
    Sa,
    /// Ends before.
    Eb,
    /// Approximately.
    Ap,
}

impl Prefix {
    const ALL: [(&'static str, Self); 9] = [
        ("eq", Self::Eq),
        ("ne", Self::Ne),
        ("gt", Self::Gt),
        ("lt", Self::Lt),
        ("ge", Self::Ge),
        ("le", Self::Le),
        ("sa", Self::Sa),
        ("eb", Self::Eb),
        ("ap", Self::Ap),
    ];

    /// The letters: `ge`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, prefix)| *prefix == self).map_or("", |(letters, _)| letters)
    }

    /// The prefix of a value, and what stands behind it.
    fn split(text: &str) -> (Self, &str) {
        let found =
            Self::ALL.iter().find_map(|&(letters, prefix)| Some((prefix, text.strip_prefix(letters)?)));
        found.unwrap_or((Self::Eq, text))
    }
}

/// Reads values of parameters.
#[derive(Clone, Copy)]
pub(super) struct ValueReader<'r> {
    pub(super) parameters: &'r Parameters,
    pub(super) options: &'r Options<'r>,
    /// The parameter as the query names it.
    pub(super) name: &'r str,
}

impl ValueReader<'_> {
    /// One alternative of a value.
    pub(super) fn value(
        self,
        parameter: &Parameter,
        modifier: &Modifier,
        text: &str,
    ) -> Result<Value, Error> {
        if text.is_empty() {
            return self.wrong("an alternative is empty");
        }
        match (parameter.kind(), modifier) {
            (ParameterType::Token, Modifier::Text) => self.text(text, TextTest::Prefix).map(Value::TokenText),
            (ParameterType::Token, Modifier::OfType) => self.of_type(text),
            (ParameterType::Reference, Modifier::Identifier) => self.token(text).map(Value::Identifier),
            (ParameterType::Reference, Modifier::Type(resource_type)) => {
                self.reference(text, Some(resource_type)).map(Value::Reference)
            }
            (ParameterType::String, Modifier::Exact) => self.text(text, TextTest::Exact).map(Value::Text),
            (ParameterType::String, Modifier::Contains | Modifier::Text) => {
                self.text(text, TextTest::Contains).map(Value::Text)
            }
            (ParameterType::Uri, Modifier::Below) => Ok(Self::uri(text, UriTest::Below)),
            (ParameterType::Uri, Modifier::Above) => Ok(Self::uri(text, UriTest::Above)),
            (ParameterType::Composite, _) => self.composite(parameter.parts(), text),
            _ => self.plain(parameter.definition(), text),
        }
    }

    /// A value of a parameter without modifier.
    fn plain(self, parameter: &SearchParameter, text: &str) -> Result<Value, Error> {
        match parameter.kind {
            ParameterType::Token => self.token(text).map(Value::Token),
            ParameterType::String => self.text(text, TextTest::Prefix).map(Value::Text),
            ParameterType::Date => self.date(text).map(Value::Date),
            ParameterType::Number => self.number(&unescape(text)).map(Value::Number),
            ParameterType::Quantity => self.quantity(text).map(Value::Quantity),
            ParameterType::Reference => self.reference(text, None).map(Value::Reference),
            ParameterType::Uri => Ok(Self::uri(text, UriTest::Is)),
            ParameterType::Composite | ParameterType::Special => {
                self.wrong("the parameter takes no such value")
            }
        }
    }

    fn composite(self, parts: &[Part], text: &str) -> Result<Value, Error> {
        let pieces: Vec<&str> = split(text, '$').collect();
        if pieces.len() != parts.len() {
            return self.wrong(&format!("{} values joined by $ were wanted", parts.len()));
        }
        let read = |(part, piece): (&Part, &str)| {
            if piece.is_empty() {
                self.wrong("a part is empty")
            } else {
                self.plain(part.definition(), piece)
            }
        };
        parts.iter().zip(pieces).map(read).collect::<Result<_, _>>().map(Value::Composite)
    }

    fn token(self, text: &str) -> Result<TokenValue, Error> {
        let mut pieces = split(text, '|').map(unescape);
        let value = match (pieces.next(), pieces.next(), pieces.next()) {
            (Some(code), None, None) => TokenValue { system: SystemTest::Any, code: Some(code.into_owned()) },
            (Some(system), Some(code), None) if !(system.is_empty() && code.is_empty()) => {
                let system =
                    if system.is_empty() { SystemTest::Absent } else { SystemTest::Is(system.into_owned()) };
                TokenValue { system, code: (!code.is_empty()).then(|| code.into_owned()) }
            }
            _ => return self.wrong("a token was wanted: code, system|code, |code or system|"),
        };
        Ok(value)
    }

    fn of_type(self, text: &str) -> Result<Value, Error> {
        let pieces: Vec<String> = split(text, '|').map(|piece| unescape(piece).into_owned()).collect();
        match <[String; 3]>::try_from(pieces) {
            Ok([system, code, value]) if !code.is_empty() && !value.is_empty() => {
                Ok(Value::OfType(OfTypeValue { system: (!system.is_empty()).then_some(system), code, value }))
            }
            _ => self.wrong("an identifier with its type was wanted: type system|type code|value"),
        }
    }

    fn text(self, text: &str, test: TextTest) -> Result<TextValue, Error> {
        let text = unescape(text).into_owned();
        if test != TextTest::Exact && fold(&text).is_empty() {
            return self.wrong("the text holds nothing to compare");
        }
        Ok(TextValue { text, test })
    }

    fn date(self, text: &str) -> Result<DateValue, Error> {
        let text = unescape(text);
        let (prefix, text) = Prefix::split(&text);
        let Some(range) = DateRange::parse(text, self.options.zone) else {
            let form = "YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm[:ss[.fff]] with Z, +hh:mm or -hh:mm";
            return self.wrong(&format!(
                "a date was wanted: {form}, perhaps behind eq, ne, gt, lt, ge, le, sa, eb or ap"
            ));
        };
        let range = match (prefix, self.options.now) {
            (Prefix::Ap, Some(now)) => range.widened(now),
            _ => range,
        };
        // What a `+` in a URL was decoded to is put right.
        Ok(DateValue { prefix, text: text.replace(' ', "+"), range })
    }

    fn number(self, text: &str) -> Result<NumberValue, Error> {
        let (prefix, text) = Prefix::split(text);
        let range = if prefix == Prefix::Ap { DecimalRange::about(text) } else { DecimalRange::around(text) };
        match (Decimal::parse(text), range) {
            (Some(number), Some(range)) => Ok(NumberValue { prefix, text: text.to_owned(), number, range }),
            _ => {
                self.wrong("a decimal number was wanted, perhaps behind eq, ne, gt, lt, ge, le, sa, eb or ap")
            }
        }
    }

    fn quantity(self, text: &str) -> Result<QuantityValue, Error> {
        let pieces: Vec<_> = split(text, '|').map(unescape).collect();
        let (number, system, unit) = match &*pieces {
            [number] => (number, SystemTest::Any, None),
            [number, system, unit] => {
                let test =
                    if system.is_empty() { SystemTest::Any } else { SystemTest::Is(system.to_string()) };
                (number, test, (!unit.is_empty()).then(|| unit.to_string()))
            }
            _ => return self.wrong("a quantity was wanted: number, number|system|code or number||unit"),
        };
        Ok(QuantityValue { number: self.number(number)?, system, unit })
    }

    fn reference(self, text: &str, only: Option<&'static str>) -> Result<ReferenceValue, Error> {
        let text = unescape(text);
        let value = self.any_reference(&text)?;
        match (value, only) {
            (ReferenceValue::Id(id), Some(resource_type)) => {
                Ok(ReferenceValue::Resource { resource_type, id, version: None })
            }
            (ReferenceValue::Resource { resource_type, .. }, Some(only)) if resource_type != only => {
                self.wrong("the reference is not to the type that the modifier names")
            }
            (ReferenceValue::Url { .. }, Some(_)) => self.wrong("an id was wanted behind a type as modifier"),
            (value, _) => Ok(value),
        }
    }

    fn any_reference(self, text: &str) -> Result<ReferenceValue, Error> {
        if is_id(text) {
            return Ok(ReferenceValue::Id(text.to_owned()));
        }
        let (_, version) = canonical_parts(text);
        let target = match version {
            Some(_) => ReferenceTarget::parse_canonical(text, self.options.bases),
            None => ReferenceTarget::parse(text, self.options.bases),
        };
        match target {
            Some(ReferenceTarget::Resource { resource_type, id, version }) => {
                let Some(resource_type) = self.parameters.resource_type(resource_type) else {
                    return self.wrong("the type in the reference is no resource type");
                };
                let version = version.map(str::to_owned);
                Ok(ReferenceValue::Resource { resource_type, id: id.to_owned(), version })
            }
            Some(ReferenceTarget::Url { url, version }) if url.contains(':') => {
                Ok(ReferenceValue::Url { url: url.to_owned(), version: version.map(str::to_owned) })
            }
            _ => self.wrong("a reference was wanted: id, Type/id or a URL"),
        }
    }

    fn uri(text: &str, test: UriTest) -> Value {
        Value::Uri(UriValue { uri: unescape(text).into_owned(), test })
    }

    fn wrong<T>(self, rule: &str) -> Result<T, Error> {
        Err(Error::new(ErrorKind::InvalidValue, self.name, rule))
    }
}

impl Value {
    /// Appends the value as a query has it, with escapes, before URL encoding.
    pub(super) fn write(&self, query: &mut String) {
        match self {
            Self::Token(token) | Self::Identifier(token) => token.write(query),
            Self::TokenText(text) | Self::Text(text) => escape(&text.text, query),
            Self::OfType(of_type) => {
                escape(of_type.system.as_deref().unwrap_or_default(), query);
                query.push('|');
                escape(&of_type.code, query);
                query.push('|');
                escape(&of_type.value, query);
            }
            Self::Date(date) => write_prefixed(date.prefix, &date.text, query),
            Self::Number(number) => write_prefixed(number.prefix, &number.text, query),
            Self::Quantity(quantity) => {
                write_prefixed(quantity.number.prefix, &quantity.number.text, query);
                if quantity.unit.is_some() || quantity.system != SystemTest::Any {
                    query.push('|');
                    quantity.system.write(query);
                    query.push('|');
                    escape(quantity.unit.as_deref().unwrap_or_default(), query);
                }
            }
            Self::Reference(reference) => reference.write(query),
            Self::Uri(uri) => escape(&uri.uri, query),
            Self::Composite(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    if index > 0 {
                        query.push('$');
                    }
                    part.write(query);
                }
            }
        }
    }
}

fn write_prefixed(prefix: Prefix, text: &str, query: &mut String) {
    if prefix != Prefix::Eq {
        query.push_str(prefix.as_str());
    }
    query.push_str(text);
}

impl SystemTest {
    fn write(&self, query: &mut String) {
        if let Self::Is(system) = self {
            escape(system, query);
        }
    }
}

impl TokenValue {
    fn write(&self, query: &mut String) {
        if self.system != SystemTest::Any {
            self.system.write(query);
            query.push('|');
        }
        escape(self.code.as_deref().unwrap_or_default(), query);
    }
}

impl ReferenceValue {
    fn write(&self, query: &mut String) {
        match self {
            Self::Id(id) => escape(id, query),
            Self::Resource { resource_type, id, version } => {
                query.push_str(resource_type);
                query.push('/');
                query.push_str(id);
                if let Some(version) = version {
                    query.push_str("/_history/");
                    query.push_str(version);
                }
            }
            Self::Url { url, version } => {
                escape(url, query);
                if let Some(version) = version {
                    // Unescaped, as clients write it.
                    query.push('|');
                    escape(version, query);
                }
            }
        }
    }
}

/// Shows the type of a value, never the value: what is searched for is patients' data.
macro_rules! opaque_debug {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}

opaque_debug!(
    TokenValue,
    OfTypeValue,
    TextValue,
    DateValue,
    NumberValue,
    QuantityValue,
    ReferenceValue,
    UriValue
);

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token(_) => "Token",
            Self::TokenText(_) => "TokenText",
            Self::OfType(_) => "OfType",
            Self::Text(_) => "Text",
            Self::Date(_) => "Date",
            Self::Number(_) => "Number",
            Self::Quantity(_) => "Quantity",
            Self::Reference(_) => "Reference",
            Self::Identifier(_) => "Identifier",
            Self::Uri(_) => "Uri",
            Self::Composite(_) => "Composite",
        })
    }
}
