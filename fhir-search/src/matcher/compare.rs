//! One element of a resource against one value of a query (<https://hl7.org/fhir/R4/search.html#table>).

use crate::ExtractOptions;
use crate::extract::sampled_range;
use crate::parameters::ParameterType;
use crate::query::{
    DateEquality, DateValue, NumberValue, OfTypeValue, Prefix, QuantityValue, ReferenceValue, SystemTest,
    TextTest, TextValue, TokenValue, UriTest, UriValue, Value,
};
use crate::value::{DateRange, Decimal, DecimalRange, ReferenceTarget, canonical_parts, fold};
use hygea_fhir_model::element::{Element, JsonElement};
use hygea_fhir_model::json::Node;
use hygea_fhir_model::schema::{PrimitiveKind, TypeDef};

/// What an expression gave: an element, or a Boolean that it computed.
#[derive(Clone, Copy)]
pub(super) enum Found<'d> {
    Element(JsonElement<'d>),
    Boolean(bool),
}

/// How values compare.
#[derive(Clone, Copy)]
pub(super) struct Compare<'o> {
    pub(super) options: &'o ExtractOptions<'o>,
    pub(super) dates: DateEquality,
}

/// An element with the name of its type.
#[derive(Clone, Copy)]
struct Typed<'d> {
    node: Node<'d>,
    definition: &'static TypeDef,
}

impl<'d> Found<'d> {
    fn typed(self) -> Option<Typed<'d>> {
        match self {
            Found::Element(element) => {
                Some(Typed { node: element.node()?, definition: element.definition()? })
            }
            Found::Boolean(_) => None,
        }
    }
}

impl<'d> Typed<'d> {
    fn is(self, name: &str) -> bool {
        self.definition.name() == name
    }

    fn text(self, name: &str) -> Option<&'d str> {
        text(self.node, name)
    }

    fn all(self, name: &str) -> impl Iterator<Item = Node<'d>> {
        self.node.get(name).into_iter().flat_map(Node::items_or_self)
    }
}

fn text<'d>(node: Node<'d>, name: &str) -> Option<&'d str> {
    node.get(name).and_then(Node::as_str)
}

impl Compare<'_> {
    /// Whether an element matches a value. `implied` are the code systems of codes that have none of their own.
    pub(super) fn matches(self, found: Found<'_>, value: &Value, implied: &[String]) -> bool {
        match value {
            Value::Token(token) => Self::token(found, token, implied),
            Value::TokenText(wanted) => {
                token_texts(found).iter().any(|text| fold(text).starts_with(&*fold(&wanted.text)))
            }
            Value::OfType(of_type) => found.typed().is_some_and(|element| Self::of_type(element, of_type)),
            Value::Text(wanted) => strings(found).iter().any(|text| Self::string(text, wanted)),
            Value::Date(date) => self.dates(found).into_iter().any(|range| self.date(range, date)),
            Value::Number(wanted) => numbers(found).is_some_and(|range| number(range, wanted)),
            Value::Quantity(wanted) => quantities(found).iter().any(|quantity| quantity.matches(wanted)),
            Value::Reference(wanted) => self.reference(found, wanted),
            Value::Identifier(token) => {
                found.typed().filter(|element| element.is("Reference")).is_some_and(|element| {
                    element.node.get("identifier").is_some_and(|identifier| {
                        text(identifier, "value")
                            .is_some_and(|value| is_token(text(identifier, "system"), value, token))
                    })
                })
            }
            Value::Uri(wanted) => found.typed().is_some_and(|element| Self::uri(element, wanted)),
            Value::Composite(_) => false,
        }
    }

    /// Whether an element has a value that a parameter of the type could compare.
    pub(super) fn has_value(self, found: Found<'_>, kind: ParameterType) -> bool {
        match kind {
            ParameterType::Token => {
                !tokens(found).is_empty() || token_texts(found).iter().any(|text| !fold(text).is_empty())
            }
            ParameterType::String => strings(found).iter().any(|text| !fold(text).is_empty()),
            ParameterType::Date => !self.dates(found).is_empty(),
            ParameterType::Number => numbers(found).is_some(),
            ParameterType::Quantity => !quantities(found).is_empty(),
            ParameterType::Reference => {
                let identifier = found.typed().and_then(|element| element.node.get("identifier"));
                Self::target(found, self.options.bases).is_some()
                    || identifier.is_some_and(|identifier| text(identifier, "value").is_some())
            }
            ParameterType::Uri => {
                found.typed().is_some_and(|element| is_uri(element) && element.node.as_str().is_some())
            }
            ParameterType::Composite | ParameterType::Special => false,
        }
    }

    fn token(found: Found<'_>, token: &TokenValue, implied: &[String]) -> bool {
        let is_code = found.typed().is_some_and(|element| element.definition.primitive().is_some());
        tokens(found).into_iter().any(|(system, code)| {
            let implied =
                is_code && matches!(&token.system, SystemTest::Is(wanted) if implied.contains(wanted));
            match (&token.code, implied) {
                (Some(wanted), true) => wanted == code,
                (None, true) => true,
                (_, false) => is_token(system, code, token),
            }
        })
    }

    fn of_type(element: Typed<'_>, wanted: &OfTypeValue) -> bool {
        let codings = element.node.get("type").and_then(|concept| concept.get("coding"));
        let of_type = codings.into_iter().flat_map(Node::items_or_self).any(|coding| {
            text(coding, "code") == Some(&wanted.code)
                && wanted.system.as_deref().is_none_or(|system| text(coding, "system") == Some(system))
        });
        element.is("Identifier") && of_type && element.text("value") == Some(&wanted.value)
    }

    fn string(text: &str, wanted: &TextValue) -> bool {
        match wanted.test {
            TextTest::Prefix => fold(text).starts_with(&*fold(&wanted.text)),
            TextTest::Contains => fold(text).contains(&*fold(&wanted.text)),
            TextTest::Exact => text == wanted.text && !fold(text).is_empty(),
        }
    }

    fn dates(self, found: Found<'_>) -> Vec<DateRange> {
        let zone = self.options.zone;
        let period = |node: Node<'_>| DateRange::between(text(node, "start"), text(node, "end"), zone);
        let date = |node: Node<'_>| node.as_str().and_then(|text| DateRange::parse(text, zone));
        let Some(element) = found.typed() else { return Vec::new() };
        match element.definition.name() {
            "date" | "dateTime" | "instant" => date(element.node).into_iter().collect(),
            "Period" => period(element.node).into_iter().collect(),
            "Timing" => {
                let bounds = element.node.get("repeat").and_then(|repeat| repeat.get("boundsPeriod"));
                element.all("event").filter_map(date).chain(bounds.and_then(period)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The table of spec: R is the range of the resource, S the one of the query.
    fn date(self, r: DateRange, wanted: &DateValue) -> bool {
        let s = wanted.range;
        let equal = match self.dates {
            DateEquality::Containment => s.contains(r),
            DateEquality::Overlap => s.overlaps(r),
        };
        match wanted.prefix {
            Prefix::Eq => equal,
            Prefix::Ne => !equal,
            Prefix::Gt => r.high > s.high,
            Prefix::Lt => r.low < s.low,
            Prefix::Ge => r.high > s.high || equal,
            Prefix::Le => r.low < s.low || equal,
            Prefix::Sa => r.low >= s.high,
            Prefix::Eb => r.high <= s.low,
            Prefix::Ap => s.overlaps(r),
        }
    }

    /// What a Reference, canonical or uri leads to.
    pub(super) fn target<'d>(found: Found<'d>, bases: &[&str]) -> Option<ReferenceTarget<'d>> {
        let element = found.typed()?;
        if element.is("Reference") {
            return ReferenceTarget::parse(element.text("reference")?, bases);
        }
        is_uri(element).then(|| ReferenceTarget::parse_canonical(element.node.as_str()?, bases))?
    }

    fn reference(self, found: Found<'_>, wanted: &ReferenceValue) -> bool {
        let same = |wanted: &Option<String>, version: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| version == Some(wanted))
        };
        match (Self::target(found, self.options.bases), wanted) {
            (Some(ReferenceTarget::Resource { id, .. }), ReferenceValue::Id(wanted)) => id == wanted,
            (Some(ReferenceTarget::Url { url, .. }), ReferenceValue::Id(wanted)) => url == wanted,
            (
                Some(ReferenceTarget::Resource { resource_type, id, version }),
                ReferenceValue::Resource { resource_type: wanted_type, id: wanted, version: wanted_version },
            ) => resource_type == *wanted_type && id == wanted && same(wanted_version, version),
            (
                Some(ReferenceTarget::Url { url, version }),
                ReferenceValue::Url { url: wanted, version: wanted_version },
            ) => url == wanted && same(wanted_version, version),
            _ => false,
        }
    }

    fn uri(element: Typed<'_>, wanted: &UriValue) -> bool {
        let Some(uri) = element.node.as_str().filter(|_| is_uri(element)) else { return false };
        // A canonical goes by its URL as well.
        let canonical = element.definition.primitive() == Some(PrimitiveKind::Canonical);
        let (bare, _) = if canonical { canonical_parts(uri) } else { (uri, None) };
        [uri, bare].into_iter().any(|uri| match wanted.test {
            UriTest::Is => uri == wanted.uri,
            UriTest::Below => is_below(uri, &wanted.uri),
            UriTest::Above => is_below(&wanted.uri, uri),
        })
    }
}

/// Whether `uri` is `base`, or goes on behind it with a `/`.
fn is_below(uri: &str, base: &str) -> bool {
    uri.strip_prefix(base).is_some_and(|rest| rest.is_empty() || base.ends_with('/') || rest.starts_with('/'))
}

fn is_uri(element: Typed<'_>) -> bool {
    use PrimitiveKind::{Canonical, Oid, Uri, Url, Uuid};
    matches!(element.definition.primitive(), Some(Canonical | Oid | Uri | Url | Uuid))
}

fn is_token(system: Option<&str>, code: &str, wanted: &TokenValue) -> bool {
    let system_matches = match &wanted.system {
        SystemTest::Any => true,
        SystemTest::Absent => system.is_none(),
        SystemTest::Is(wanted) => system == Some(wanted),
    };
    system_matches && wanted.code.as_deref().is_none_or(|wanted| wanted == code)
}

/// System and code of an element.
fn tokens(found: Found<'_>) -> Vec<(Option<&str>, &str)> {
    let Some(element) = found.typed() else {
        return match found {
            Found::Boolean(value) => vec![(None, if value { "true" } else { "false" })],
            Found::Element(_) => Vec::new(),
        };
    };
    let coding = |node| text(node, "code").map(|code| (text(node, "system"), code));
    match element.definition.name() {
        "Coding" => coding(element.node).into_iter().collect(),
        "CodeableConcept" => element.all("coding").filter_map(coding).collect(),
        "Identifier" => {
            element.text("value").map(|value| (element.text("system"), value)).into_iter().collect()
        }
        "ContactPoint" => element.text("value").map(|value| (None, value)).into_iter().collect(),
        _ if element.definition.primitive().is_some() => {
            element.node.as_primitive().map(|code| (None, code)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The texts that go with the codes of an element.
fn token_texts(found: Found<'_>) -> Vec<&str> {
    let Some(element) = found.typed() else { return Vec::new() };
    match element.definition.name() {
        "Coding" => element.text("display").into_iter().collect(),
        "CodeableConcept" => element
            .all("coding")
            .filter_map(|coding| text(coding, "display"))
            .chain(element.text("text"))
            .collect(),
        "Identifier" => {
            element.node.get("type").and_then(|concept| text(concept, "text")).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn strings(found: Found<'_>) -> Vec<&str> {
    let Some(element) = found.typed() else { return Vec::new() };
    let parts: &[&str] = match element.definition.name() {
        "HumanName" => &["family", "given", "prefix", "suffix", "text"],
        "Address" => &["line", "city", "district", "state", "postalCode", "country", "text"],
        _ if element.definition.primitive().is_some() => {
            return element.node.as_primitive().into_iter().collect();
        }
        _ => &[],
    };
    parts.iter().flat_map(|part| element.all(part)).filter_map(Node::as_str).collect()
}

fn decimal(node: Option<Node<'_>>) -> Option<DecimalRange> {
    node.and_then(|node| node.as_number().or_else(|| node.as_str())).and_then(DecimalRange::parse)
}

/// The numbers of a number or Range.
fn numbers(found: Found<'_>) -> Option<DecimalRange> {
    let element = found.typed()?;
    let number = element.definition.primitive().is_some_and(|primitive| {
        use PrimitiveKind::{Decimal, Integer, Integer64, PositiveInt, UnsignedInt};
        matches!(primitive, Decimal | Integer | Integer64 | PositiveInt | UnsignedInt)
    });
    if number { decimal(Some(element.node)) } else { element.is("Range").then(|| between(element.node))? }
}

fn between(node: Node<'_>) -> Option<DecimalRange> {
    let low = node.get("low").and_then(|end| decimal(end.get("value")));
    let high = node.get("high").and_then(|end| decimal(end.get("value")));
    let range = DecimalRange { low: low.and_then(|low| low.low), high: high.and_then(|high| high.high) };
    match (range.low, range.high) {
        (Some(low), Some(high)) if low > high => None,
        _ => (low.is_some() || high.is_some()).then_some(range),
    }
}

/// A number with what its unit may be called.
struct Quantity<'d> {
    range: DecimalRange,
    system: Option<&'d str>,
    code: Option<&'d str>,
    unit: Option<&'d str>,
}

impl Quantity<'_> {
    fn matches(&self, wanted: &QuantityValue) -> bool {
        let unit = match (&wanted.system, wanted.unit.as_deref()) {
            (SystemTest::Any, None) => true,
            (SystemTest::Any, Some(unit)) => self.code == Some(unit) || self.unit == Some(unit),
            (SystemTest::Absent, unit) => {
                self.system.is_none() && unit.is_none_or(|unit| self.code == Some(unit))
            }
            (SystemTest::Is(system), unit) => {
                self.system == Some(system) && unit.is_none_or(|unit| self.code == Some(unit))
            }
        };
        unit && number(self.range, &wanted.number)
    }
}

fn quantities(found: Found<'_>) -> Vec<Quantity<'_>> {
    let Some(element) = found.typed() else { return Vec::new() };
    let node = element.node;
    let (range, unit) = match element.definition.name() {
        "Money" => {
            let currency = element.text("currency");
            let system = currency.map(|_| "urn:iso:std:iso:4217");
            let quantity = |range| Quantity { range, system, code: currency, unit: None };
            return decimal(node.get("value")).map(quantity).into_iter().collect();
        }
        "Range" => (between(node), node.get("low").or_else(|| node.get("high"))),
        "SampledData" => (sampled_range(node), node.get("origin")),
        name if name == "Quantity"
            || element.definition.base().is_some_and(|base| base.name() == "Quantity") =>
        {
            let value = decimal(node.get("value")).map(|range| match element.text("comparator") {
                Some("<" | "<=") => DecimalRange { low: None, ..range },
                Some(">" | ">=") => DecimalRange { high: None, ..range },
                _ => range,
            });
            (value, Some(node))
        }
        _ => {
            return numbers(found)
                .map(|range| Quantity { range, system: None, code: None, unit: None })
                .into_iter()
                .collect();
        }
    };
    match (range, unit) {
        (Some(range), Some(unit)) => {
            vec![Quantity {
                range,
                system: text(unit, "system"),
                code: text(unit, "code"),
                unit: text(unit, "unit"),
            }]
        }
        _ => Vec::new(),
    }
}

/// Compares a number of a resource, or a range of them, with one of a query.
fn number(r: DecimalRange, wanted: &NumberValue) -> bool {
    let number = wanted.number;
    let high_is = |test: &dyn Fn(Decimal) -> bool| r.high.is_none_or(test);
    let low_is = |test: &dyn Fn(Decimal) -> bool| r.low.is_none_or(test);
    let (Some(s_low), Some(s_high)) = (wanted.range.low, wanted.range.high) else { return false };
    let equal = r.low.is_some_and(|low| low >= s_low) && r.high.is_some_and(|high| high < s_high);
    match wanted.prefix {
        Prefix::Eq => equal,
        Prefix::Ne => !equal,
        Prefix::Gt => high_is(&|high| high > number),
        Prefix::Lt => low_is(&|low| low < number),
        Prefix::Ge => high_is(&|high| high >= number),
        Prefix::Le => low_is(&|low| low <= number),
        Prefix::Sa => r.low.is_some_and(|low| low > number),
        Prefix::Eb => r.high.is_some_and(|high| high < number),
        Prefix::Ap => low_is(&|low| low <= s_high) && high_is(&|high| high >= s_low),
    }
}
