//! How an element of a FHIR type becomes values of a parameter's type (<https://hl7.org/fhir/R4/search.html#table>).

use super::{ExtractOptions, IndexEntry, IndexValue};
use crate::parameters::{Parameter, ParameterType};
use crate::value::{DateRange, Decimal, DecimalRange, ReferenceTarget, canonical_parts, fold};
use hygea_fhir_model::json::{Kind, Node};
use hygea_fhir_model::schema::{PrimitiveKind, TypeDef};
use std::borrow::Cow;

/// Between the type's code and the value in an `of-type` token; a bar or backslash of the code itself is escaped.
pub(crate) const OF_TYPE_BAR: char = '|';

/// The way from a type of element to a type of parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conversion {
    Coding,
    CodeableConcept,
    Identifier,
    /// The member `value` is the code.
    ContactPoint,
    Code,
    Date,
    Period,
    Timing,
    Text,
    HumanName,
    Address,
    Reference,
    Canonical,
    Number,
    NumberRange,
    Quantity,
    Money,
    QuantityRange,
    SampledData,
    Uri,
    CanonicalUri,
}

impl Conversion {
    /// The conversion, if the parameter's type can take something from the element's type. What it cannot take, as the
    /// text in `Condition.onset` for a date parameter, is no value of the parameter.
    pub(crate) fn of(kind: ParameterType, definition: &TypeDef) -> Option<Self> {
        let primitive = definition.primitive();
        let is = |wanted: &str| definition.name() == wanted;
        let number = matches!(
            primitive,
            Some(
                PrimitiveKind::Decimal
                    | PrimitiveKind::Integer
                    | PrimitiveKind::Integer64
                    | PrimitiveKind::PositiveInt
                    | PrimitiveKind::UnsignedInt
            )
        );
        match kind {
            ParameterType::Token => match definition.name() {
                "Coding" => Some(Self::Coding),
                "CodeableConcept" => Some(Self::CodeableConcept),
                "Identifier" => Some(Self::Identifier),
                "ContactPoint" => Some(Self::ContactPoint),
                _ => primitive.map(|_| Self::Code),
            },
            ParameterType::Date => match primitive {
                Some(PrimitiveKind::Date | PrimitiveKind::DateTime | PrimitiveKind::Instant) => {
                    Some(Self::Date)
                }
                Some(_) => None,
                None if is("Period") => Some(Self::Period),
                None if is("Timing") => Some(Self::Timing),
                None => None,
            },
            ParameterType::String => match definition.name() {
                "HumanName" => Some(Self::HumanName),
                "Address" => Some(Self::Address),
                _ => primitive.map(|_| Self::Text),
            },
            ParameterType::Reference => match primitive {
                Some(_) => is_uri(primitive).then_some(Self::Canonical),
                None => is("Reference").then_some(Self::Reference),
            },
            ParameterType::Number => {
                if is("Range") {
                    Some(Self::NumberRange)
                } else {
                    number.then_some(Self::Number)
                }
            }
            ParameterType::Quantity => match definition.name() {
                "Money" => Some(Self::Money),
                "Range" => Some(Self::QuantityRange),
                "SampledData" => Some(Self::SampledData),
                _ if number => Some(Self::Number),
                _ => is_quantity(definition).then_some(Self::Quantity),
            },
            ParameterType::Uri if primitive == Some(PrimitiveKind::Canonical) => Some(Self::CanonicalUri),
            ParameterType::Uri => is_uri(primitive).then_some(Self::Uri),
            ParameterType::Composite | ParameterType::Special => None,
        }
    }
}

fn is_uri(primitive: Option<PrimitiveKind>) -> bool {
    use PrimitiveKind::{Canonical, Oid, Uri, Url, Uuid};
    matches!(primitive, Some(Canonical | Oid | Uri | Url | Uuid))
}

/// Quantity and what specialises it: Age, Count, Distance, Duration.
fn is_quantity(definition: &TypeDef) -> bool {
    std::iter::successors(Some(definition), |definition| definition.base())
        .any(|found| found.name() == "Quantity")
}

/// Where the values of one parameter go.
pub(super) struct Output<'o, 'p, 'd> {
    pub(super) parameter: &'p Parameter,
    pub(super) options: &'o ExtractOptions<'o>,
    pub(super) entries: &'o mut Vec<IndexEntry<'p, 'd>>,
}

impl<'p, 'd> Output<'_, 'p, 'd> {
    /// Adds the values of an element.
    pub(super) fn convert(&mut self, conversion: Conversion, node: Node<'d>) {
        match conversion {
            Conversion::Coding => self.coding(node),
            Conversion::CodeableConcept => {
                children(node, "coding").for_each(|coding| self.coding(coding));
                self.token_text(string(node, "text"));
            }
            Conversion::Identifier => self.identifier(node),
            Conversion::ContactPoint => self.token(None, string(node, "value")),
            Conversion::Code => self.token(None, node.as_primitive()),
            Conversion::Date => {
                self.date(node.as_str().and_then(|text| DateRange::parse(text, self.options.zone)));
            }
            Conversion::Period => self.period(node),
            Conversion::Timing => self.timing(node),
            Conversion::Text => self.text(node.as_primitive()),
            Conversion::HumanName => self.texts(node, &["text", "family", "given", "prefix", "suffix"]),
            Conversion::Address => {
                self.texts(node, &["text", "line", "city", "district", "state", "postalCode", "country"]);
            }
            Conversion::Reference => self.reference(node),
            Conversion::Canonical => {
                if let Some(text) = node.as_str() {
                    self.target(text, ReferenceTarget::parse_canonical(text, self.options.bases));
                }
            }
            Conversion::Number => match self.parameter.kind() {
                ParameterType::Quantity => self.quantity(None, None, number(Some(node))),
                _ => self.number(number(Some(node))),
            },
            Conversion::NumberRange => self.number(range(node)),
            Conversion::Quantity => self.units(node, quantity_range(node)),
            Conversion::Money => {
                let currency = string(node, "currency");
                let system = currency.map(|_| "urn:iso:std:iso:4217");
                self.quantity(system, currency, number(node.get("value")));
            }
            Conversion::QuantityRange => {
                if let Some(end) = node.get("low").or_else(|| node.get("high")) {
                    self.units(end, range(node));
                }
            }
            Conversion::SampledData => {
                if let Some(origin) = node.get("origin") {
                    self.units(origin, sampled_range(node));
                }
            }
            Conversion::Uri => {
                if let Some(uri) = node.as_str() {
                    self.push(IndexValue::Uri(uri));
                }
            }
            // A profile is found by its URL, whatever the version.
            Conversion::CanonicalUri => {
                if let Some(uri) = node.as_str() {
                    self.push(IndexValue::Uri(uri));
                    let (bare, _) = canonical_parts(uri);
                    if bare != uri {
                        self.push(IndexValue::Uri(bare));
                    }
                }
            }
        }
    }

    /// A Boolean that an expression computed.
    pub(super) fn boolean(&mut self, value: bool) {
        self.token(None, Some(if value { "true" } else { "false" }));
    }

    fn push(&mut self, value: IndexValue<'d>) {
        self.entries.push(IndexEntry { parameter: self.parameter.index_name(), value });
    }

    fn token(&mut self, system: Option<&'d str>, code: Option<&'d str>) {
        if let Some(code) = code {
            self.push(IndexValue::Token { system, code: Cow::Borrowed(code) });
        }
    }

    fn token_text(&mut self, text: Option<&'d str>) {
        if self.options.without_token_text {
            return;
        }
        let Some(exact) = text else { return };
        let folded = fold(exact);
        let parameter = self.parameter.index_names().text.as_str();
        // The text of a concept is most often the display of its coding.
        let repeated = self.entries.last().is_some_and(|last| {
            std::ptr::eq(last.parameter, parameter)
                && matches!(&last.value, IndexValue::Text { folded: before, .. } if *before == folded)
        });
        if !folded.is_empty() && !repeated {
            self.entries.push(IndexEntry { parameter, value: IndexValue::Text { folded, exact } });
        }
    }

    fn coding(&mut self, node: Node<'d>) {
        self.token(string(node, "system"), string(node, "code"));
        self.token_text(string(node, "display"));
    }

    fn identifier(&mut self, node: Node<'d>) {
        let value = string(node, "value");
        self.token(string(node, "system"), value);
        let Some(identifier_type) = node.get("type") else { return };
        if let Some(value) = value {
            let parameter = self.parameter.index_names().of_type.as_str();
            for coding in children(identifier_type, "coding") {
                if let Some(code) = string(coding, "code") {
                    let code = Cow::Owned(of_type_code(code, value));
                    let value = IndexValue::Token { system: string(coding, "system"), code };
                    self.entries.push(IndexEntry { parameter, value });
                }
            }
        }
        self.token_text(string(identifier_type, "text"));
    }

    fn date(&mut self, range: Option<DateRange>) {
        if let Some(range) = range {
            self.push(IndexValue::Date(range));
        }
    }

    fn period(&mut self, node: Node<'d>) {
        self.date(DateRange::between(string(node, "start"), string(node, "end"), self.options.zone));
    }

    /// The events and the outer limits of a schedule; what happens between them is ignored.
    fn timing(&mut self, node: Node<'d>) {
        for event in children(node, "event") {
            self.date(event.as_str().and_then(|text| DateRange::parse(text, self.options.zone)));
        }
        if let Some(bounds) = node.get("repeat").and_then(|repeat| repeat.get("boundsPeriod")) {
            self.period(bounds);
        }
    }

    fn text(&mut self, text: Option<&'d str>) {
        let Some(exact) = text else { return };
        let folded = fold(exact);
        if !folded.is_empty() {
            self.push(IndexValue::Text { folded, exact });
        }
    }

    fn texts(&mut self, node: Node<'d>, names: &[&str]) {
        for (name, value) in node.members() {
            if names.contains(&name) {
                value.items_or_self().for_each(|item| self.text(item.as_str()));
            }
        }
    }

    fn reference(&mut self, node: Node<'d>) {
        if let Some(text) = string(node, "reference") {
            self.target(text, ReferenceTarget::parse(text, self.options.bases));
        }
        let Some(identifier) = node.get("identifier") else { return };
        if let Some(code) = string(identifier, "value") {
            let parameter = self.parameter.index_names().identifier.as_str();
            let value = IndexValue::Token { system: string(identifier, "system"), code: Cow::Borrowed(code) };
            self.entries.push(IndexEntry { parameter, value });
        }
    }

    fn target(&mut self, text: &'d str, target: Option<ReferenceTarget<'d>>) {
        match target {
            // No query asks for it, but the parameter is not missing.
            Some(ReferenceTarget::Contained(_)) => {
                self.push(IndexValue::Reference { resource_type: None, id: text, version: None });
            }
            Some(ReferenceTarget::Resource { resource_type, id, version }) => {
                self.push(IndexValue::Reference { resource_type: Some(resource_type), id, version });
            }
            Some(ReferenceTarget::Url { url, version }) => {
                self.push(IndexValue::Reference { resource_type: None, id: url, version });
            }
            None => {}
        }
    }

    fn number(&mut self, range: Option<DecimalRange>) {
        if let Some(range) = range {
            self.push(IndexValue::Number(range));
        }
    }

    /// A number with the units of a Quantity.
    fn units(&mut self, quantity: Node<'d>, range: Option<DecimalRange>) {
        let (code, unit) = (string(quantity, "code"), string(quantity, "unit"));
        let system = string(quantity, "system");
        if code.is_some() || system.is_some() || unit.is_none() {
            self.quantity(system, code, range);
        }
        if unit.is_some() && unit != code {
            self.quantity(None, unit, range);
        }
    }

    fn quantity(&mut self, system: Option<&'d str>, unit: Option<&'d str>, range: Option<DecimalRange>) {
        if let Some(range) = range {
            self.push(IndexValue::Quantity { system, unit, range });
        }
    }
}

/// The code of an `of-type` token.
pub(crate) fn of_type_code(code: &str, value: &str) -> String {
    let mut token = String::with_capacity(code.len() + value.len() + 1);
    for c in code.chars() {
        if matches!(c, OF_TYPE_BAR | '\\') {
            token.push('\\');
        }
        token.push(c);
    }
    token.push(OF_TYPE_BAR);
    token.push_str(value);
    token
}

fn string<'d>(node: Node<'d>, name: &str) -> Option<&'d str> {
    node.get(name).and_then(Node::as_str)
}

fn children<'d>(node: Node<'d>, name: &str) -> impl Iterator<Item = Node<'d>> {
    node.get(name).into_iter().flat_map(Node::items_or_self)
}

fn number(node: Option<Node<'_>>) -> Option<DecimalRange> {
    let node = node?;
    let text = if node.kind() == Kind::String { node.as_str() } else { node.as_number() };
    text.and_then(DecimalRange::parse)
}

/// The value of a Quantity; with a comparator (`<5`) all numbers on that side.
fn quantity_range(node: Node<'_>) -> Option<DecimalRange> {
    let range = number(node.get("value"))?;
    Some(match string(node, "comparator") {
        Some("<" | "<=") => DecimalRange { low: None, ..range },
        Some(">" | ">=") => DecimalRange { high: None, ..range },
        _ => range,
    })
}

/// The numbers between the ends of a Range.
fn range(node: Node<'_>) -> Option<DecimalRange> {
    let end = |name| node.get(name).and_then(|end| number(end.get("value")));
    let (low, high) = (end("low"), end("high"));
    let range = DecimalRange { low: low.and_then(|end| end.low), high: high.and_then(|end| end.high) };
    let ordered = match (range.low, range.high) {
        (Some(low), Some(high)) => low <= high,
        _ => true,
    };
    ((low.is_some() || high.is_some()) && ordered).then_some(range)
}

/// The bounds of the values of a SampledData: what is searched of it. `L` and `U` stand for the limits, `E` for nothing.
pub(crate) fn sampled_range(node: Node<'_>) -> Option<DecimalRange> {
    let decimal = |node: Option<Node<'_>>| node.and_then(Node::as_number).and_then(Decimal::parse);
    let origin = decimal(node.get("origin")?.get("value"))?;
    let factor = match node.get("factor") {
        Some(factor) => decimal(Some(factor))?,
        None => Decimal::from_integer(1),
    };
    let mut bounds: Option<(Decimal, Decimal)> = None;
    for sample in string(node, "data")?.split_ascii_whitespace() {
        let raw = match sample {
            "E" => continue,
            "L" => decimal(node.get("lowerLimit")),
            "U" => decimal(node.get("upperLimit")),
            number => Decimal::parse(number),
        };
        let value =
            raw.and_then(|raw| raw.checked_mul(factor)).and_then(|scaled| scaled.checked_add(origin))?;
        let (low, high) = bounds.unwrap_or((value, value));
        bounds = Some((low.min(value), high.max(value)));
    }
    bounds.map(|(low, high)| DecimalRange { low: Some(low), high: Some(high) })
}
