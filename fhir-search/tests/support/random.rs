//! Random queries, made of what stands in resources: so that they match something about half of the time.
//!
//! Values come from the elements that a parameter's FHIRPath selects, not from extracted index values, so that a parameter
//! whose extraction gives nothing is asked for all the same.

use super::data::Resource;
use hygea_fhir_model::element::{Element, JsonElement};
use hygea_fhir_model::json::{Document, Kind, Node};
use hygea_fhir_search::parameters::ParameterUsage;
use hygea_fhir_search::{Parameter, ParameterType, Parameters};
use hygea_fhirpath::Environment;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

/// A small generator of numbers, the same on every machine (xorshift64*).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % bound.max(1)
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn pick<'t, T>(&mut self, items: &'t [T]) -> Option<&'t T> {
        items.get(self.below(items.len()))
    }

    fn choose(&mut self, items: &[&'static str]) -> &'static str {
        items[self.below(items.len())]
    }
}

/// Makes queries about a set of resources.
pub struct Queries<'r> {
    parameters: &'static Parameters,
    documents: &'r [(&'r Resource, Document<'r>)],
    by_key: HashMap<(&'r str, &'r str), usize>,
    /// For each target the resources that refer to it.
    back: HashMap<&'r str, Vec<usize>>,
    pub random: Random,
}

const PREFIXES: &[&str] = &["", "", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"];

impl<'r> Queries<'r> {
    pub fn new(
        parameters: &'static Parameters,
        documents: &'r [(&'r Resource, Document<'r>)],
        seed: u64,
    ) -> Self {
        let key = |(at, (resource, _)): (usize, &(&'r Resource, Document<'r>))| {
            ((resource.resource_type.as_str(), resource.id.as_str()), at)
        };
        let by_key = documents.iter().enumerate().map(key).collect();
        let mut back: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, (_, document)) in documents.iter().enumerate() {
            for target in leaves(document.root(), &["reference"]) {
                back.entry(target).or_default().push(at);
            }
        }
        Self { parameters, documents, by_key, back, random: Random::new(seed) }
    }

    /// A query about the type of a resource, one to three conditions made of what it holds.
    pub fn query(&mut self, at: usize) -> String {
        let conditions = if self.random.one_in(4) { 2 + self.random.below(2) } else { 1 };
        let mut form = String::new();
        for _ in 0..conditions {
            let (name, value) = self.condition(at, 0);
            if !form.is_empty() {
                form.push('&');
            }
            form.push_str(&encoded(&name));
            form.push('=');
            form.push_str(&encoded(&value));
        }
        form
    }

    fn condition(&mut self, at: usize, depth: usize) -> (String, String) {
        let documents = self.documents;
        let (resource, document) = &documents[at];
        if depth < 2
            && self.random.one_in(12)
            && let Some(chain) = self.reverse(at, depth)
        {
            return chain;
        }
        let answered = |parameter: &&Arc<Parameter>| {
            !parameter.expression().is_empty()
                && parameter.kind() != ParameterType::Special
                && parameter.definition().usage == ParameterUsage::Normal
        };
        let all: Vec<_> =
            self.parameters.of_type(&resource.resource_type).iter().filter(answered).cloned().collect();
        for _ in 0..12 {
            let parameter = self.random.pick(&all).unwrap().clone();
            let elements = elements(&parameter, document.root());
            // Parameters without a value in the resource are asked for now and then only.
            if elements.is_empty() && !self.random.one_in(10) {
                continue;
            }
            if parameter.kind() == ParameterType::Reference
                && depth < 2
                && self.random.one_in(6)
                && let Some(chain) = self.chain(&parameter, &elements, depth)
            {
                return chain;
            }
            if let Some(condition) = self.values(&parameter, &elements, document.root()) {
                return condition;
            }
        }
        ("_id".to_owned(), escaped(&resource.id))
    }

    fn chain(
        &mut self,
        parameter: &Parameter,
        elements: &[JsonElement<'_>],
        depth: usize,
    ) -> Option<(String, String)> {
        let text = elements.iter().filter_map(|element| element.node()?.get("reference")?.as_str()).next()?;
        let (resource_type, id) = text.split_once('/')?;
        let at = *self.by_key.get(&(resource_type, id))?;
        let (name, value) = self.condition(at, depth + 1);
        let typed = if self.random.one_in(2) { format!(":{resource_type}") } else { String::new() };
        Some((format!("{}{typed}.{name}", parameter.code()), value))
    }

    /// `_has` over a resource that refers to this one.
    fn reverse(&mut self, at: usize, depth: usize) -> Option<(String, String)> {
        let documents = self.documents;
        let target = documents[at].0;
        let wanted = format!("{}/{}", target.resource_type, target.id);
        for _ in 0..3 {
            let sources = self.back.get(wanted.as_str())?;
            let other = sources[self.random.below(sources.len())];
            let (source, document) = &documents[other];
            let references = self.parameters.of_type(&source.resource_type).iter();
            let leads = |parameter: &&Arc<Parameter>| {
                let to = |element: &JsonElement<'_>| {
                    element.node().and_then(|node| node.get("reference")?.as_str()) == Some(&wanted)
                };
                parameter.kind() == ParameterType::Reference
                    && parameter.leads_to(&target.resource_type)
                    && elements(parameter, document.root()).iter().any(to)
            };
            let parameters: Vec<_> = references.filter(leads).cloned().collect();
            let Some(parameter) = self.random.pick(&parameters).cloned() else { continue };
            let (name, value) = self.condition(other, depth + 1);
            return Some((format!("_has:{}:{}:{name}", source.resource_type, parameter.code()), value));
        }
        None
    }

    fn values(
        &mut self,
        parameter: &Parameter,
        elements: &[JsonElement<'_>],
        root: Node<'_>,
    ) -> Option<(String, String)> {
        let code = parameter.code();
        if parameter.kind() != ParameterType::Composite && self.random.one_in(15) {
            let missing = self.random.choose(&["true", "false"]);
            return Some((format!("{code}:missing"), missing.to_owned()));
        }
        let mut modifier = self.modifier(parameter);
        let mut alternatives = Vec::new();
        for _ in 0..if self.random.one_in(5) { 2 } else { 1 } {
            // Where there is no element, anything of the resource will do.
            let node = match self.random.pick(elements) {
                Some(element) => element.node()?,
                None => root,
            };
            match self.value(parameter, &modifier, node) {
                Some(value) => alternatives.push(value),
                None if alternatives.is_empty() => {
                    modifier = String::new();
                    alternatives.push(self.value(parameter, &modifier, node)?);
                }
                None => {}
            }
        }
        let name = if modifier.is_empty() { code.to_owned() } else { format!("{code}:{modifier}") };
        Some((name, alternatives.join(",")))
    }

    fn modifier(&mut self, parameter: &Parameter) -> String {
        let of_kind: &[&'static str] = match parameter.kind() {
            ParameterType::Token => &["", "", "", "not", "text", "of-type"],
            ParameterType::String => &["", "", "exact", "contains", "text"],
            ParameterType::Reference => &["", "", "identifier", "type"],
            ParameterType::Uri => &["", "below", "above"],
            _ => &[""],
        };
        let modifier = self.random.choose(of_kind);
        let identifiers =
            parameter.element_types().iter().any(|definition| definition.name() == "Identifier");
        match modifier {
            "of-type" if !identifiers => String::new(),
            "type" => self
                .random
                .pick(parameter.targets())
                .filter(|target| **target != "Resource")
                .map_or_else(String::new, |target| (*target).to_owned()),
            modifier => modifier.to_owned(),
        }
    }

    fn value(&mut self, parameter: &Parameter, modifier: &str, node: Node<'_>) -> Option<String> {
        match (parameter.kind(), modifier) {
            (ParameterType::Token, "text") => {
                let text = self.random_text(&leaves(node, &["display", "text"]))?;
                self.part(&text, false)
            }
            (ParameterType::Token, "of-type") => {
                let coding = node.get("type")?.get("coding")?.items().next()?;
                let text = |node: Node<'_>, name: &str| node.get(name).and_then(Node::as_str).map(escaped);
                let system = if self.random.one_in(4) {
                    String::new()
                } else {
                    text(coding, "system").unwrap_or_default()
                };
                Some(format!("{system}|{}|{}", text(coding, "code")?, text(node, "value")?))
            }
            (ParameterType::Token, _) => self.token(parameter, node),
            (ParameterType::String, "contains" | "text") => self.text_part(node, true),
            (ParameterType::String, "exact") => {
                let text = self.random_text(&leaves(node, &[]))?;
                Some(escaped(&if self.random.one_in(3) { text.to_uppercase() } else { text }))
            }
            (ParameterType::String, _) => self.text_part(node, false),
            (ParameterType::Date, _) => self.date(node),
            (ParameterType::Number, _) => self.number(node),
            (ParameterType::Quantity, _) => self.quantity(node),
            (ParameterType::Reference, "identifier") => {
                let identifier = node.get("identifier")?;
                let value = escaped(identifier.get("value")?.as_str()?);
                match identifier.get("system").and_then(Node::as_str) {
                    Some(system) if self.random.one_in(2) => Some(format!("{}|{value}", escaped(system))),
                    _ => Some(value),
                }
            }
            (ParameterType::Reference, modifier) => self.reference(node, modifier),
            (ParameterType::Uri, modifier) => {
                let uri = self.random_text(&leaves(node, &[]))?;
                Some(escaped(&match modifier {
                    "below" => uri
                        .get(..uri.rfind('/').unwrap_or(uri.len()) + usize::from(self.random.one_in(2)))
                        .unwrap_or(&uri)
                        .to_owned(),
                    "above" => format!("{uri}/more"),
                    _ => uri,
                }))
                .filter(|uri| !uri.is_empty())
            }
            (ParameterType::Composite, _) => self.composite(parameter, node),
            (ParameterType::Special, _) => None,
        }
    }

    fn token(&mut self, parameter: &Parameter, node: Node<'_>) -> Option<String> {
        let mut found = Vec::new();
        codes(node, &mut found);
        let (system, code) = self.random.pick(&found).copied()?;
        let code = escaped(code);
        let implied = parameter.implied_systems().first().filter(|_| system.is_none());
        let system = system.or_else(|| implied.map(String::as_str));
        Some(match (self.random.below(6), system) {
            (0, Some(system)) => format!("{}|", escaped(system)),
            (1 | 2, Some(system)) => format!("{}|{code}", escaped(system)),
            (3, _) => format!("|{code}"),
            (4, _) if self.random.one_in(3) => code.to_uppercase(),
            _ => code,
        })
    }

    fn text_part(&mut self, node: Node<'_>, anywhere: bool) -> Option<String> {
        let text = self.random_text(&leaves(node, &[]))?;
        self.part(&text, anywhere)
    }

    /// A part of a text: its beginning, or any piece of it; in another case, with or without accents.
    fn part(&mut self, text: &str, anywhere: bool) -> Option<String> {
        let chars: Vec<char> = text.chars().collect();
        let from = if anywhere { self.random.below(chars.len()) } else { 0 };
        let until = from + 1 + self.random.below(chars.len() - from);
        let part: String = chars.get(from..until)?.iter().collect();
        let part = match self.random.below(4) {
            0 => part.to_uppercase(),
            1 => part.to_lowercase().replace('e', "é"),
            _ => part,
        };
        (!part.trim().is_empty()).then(|| escaped(&part))
    }

    fn random_text(&mut self, texts: &[&str]) -> Option<String> {
        self.random.pick(texts).filter(|text| !text.is_empty()).map(|text| (*text).to_owned())
    }

    fn date(&mut self, node: Node<'_>) -> Option<String> {
        let dates: Vec<&str> = leaves(node, &[]).into_iter().filter(|text| is_date(text)).collect();
        let text = (*self.random.pick(&dates)?).to_owned();
        let cut = [4, 7, 10, 16, 19, text.len()][self.random.below(6)].min(text.len());
        let mut date = text.get(..cut)?.to_owned();
        if cut == 16 || cut == 19 {
            let zone =
                text.get(19..).and_then(|rest| rest.find(['Z', '+', '-']).and_then(|at| rest.get(at..)));
            date.push_str(if self.random.one_in(4) { "" } else { zone.unwrap_or("Z") });
        }
        // The year, the month or the day before or after, if there is one.
        let (from, until, most) = [(0, 4, 2_100), (5, 7, 12), (8, 10, 28)][self.random.below(3)];
        if self.random.one_in(2)
            && let Some(part) = date.get(from..until)
        {
            let shifted =
                (part.parse::<usize>().unwrap() + self.random.below(3)).saturating_sub(1).clamp(1, most);
            date =
                format!("{}{shifted:0width$}{}", date.get(..from)?, date.get(until..)?, width = until - from);
            date = date.replace("-02-29", "-02-28").replace("-31", "-30").replace("-02-30", "-02-28");
        }
        Some(format!("{}{date}", self.random.choose(PREFIXES)))
    }

    fn number(&mut self, node: Node<'_>) -> Option<String> {
        let mut numbers = Vec::new();
        all(node, &mut |_, leaf| {
            numbers.extend(leaf.as_number().filter(|text| text.len() < 30).map(str::to_owned))
        });
        let mut text = self.random.pick(&numbers)?.clone();
        match self.random.below(5) {
            0 if text.contains('.') && !text.contains(['e', 'E']) => {
                text.truncate(text.find('.')? + self.random.below(3));
                text = text.trim_end_matches('.').to_owned();
            }
            1 if !text.contains(['.', 'e', 'E']) => text.push_str(".0"),
            2 if !text.contains(['.', 'e', 'E']) => text.push('0'),
            _ => {}
        }
        Some(format!("{}{text}", self.random.choose(PREFIXES)))
    }

    fn quantity(&mut self, node: Node<'_>) -> Option<String> {
        let number = self.number(node)?;
        let text = |names: &[&str]| leaves(node, names).first().map(|text| escaped(text));
        let (system, code, unit) = (text(&["system"]), text(&["code", "currency"]), text(&["unit"]));
        Some(match (self.random.below(5), system, code, unit) {
            (0, Some(system), Some(code), _) => format!("{number}|{system}|{code}"),
            (1, _, Some(code), _) => format!("{number}||{code}"),
            (2, _, _, Some(unit)) => format!("{number}||{unit}"),
            (3, Some(system), ..) => format!("{number}|{system}|"),
            _ => number,
        })
    }

    fn reference(&mut self, node: Node<'_>, modifier: &str) -> Option<String> {
        let text = match node.as_str() {
            Some(text) => text,
            None => leaves(node, &["reference"]).first().copied()?,
        };
        if text.starts_with('#') || text.is_empty() {
            return None;
        }
        let local =
            text.split_once('/').filter(|(resource_type, _)| resource_type.starts_with(char::is_uppercase));
        Some(match (self.random.below(4), local) {
            (0, Some((_, id))) => id.to_owned(),
            (1, Some(_)) if modifier.is_empty() => format!("https://a.org/fhir/{text}"),
            (_, Some((_, id))) if !modifier.is_empty() => id.to_owned(),
            (2, _) if text.contains('|') => text.split_once('|')?.0.to_owned(),
            (_, Some(_)) => text.to_owned(),
            (_, None) if modifier.is_empty() && text.contains(':') => text.to_owned(),
            _ => return None,
        })
        .filter(|text| !text.contains(',') && !text.is_empty())
    }

    fn composite(&mut self, parameter: &Parameter, node: Node<'_>) -> Option<String> {
        let mut values = Vec::new();
        for part in parameter.parts() {
            // Parts are asked of the place in the JSON by the last name of their expression.
            let name = part.expression().split(['.', '(']).next()?;
            let mut places: Vec<Node<'_>> = Vec::new();
            for (member, value) in node.members() {
                if member.starts_with(name) {
                    places.extend(value.items_or_self());
                }
            }
            let place = *self.random.pick(&places)?;
            let value = match part.definition().kind {
                ParameterType::Token => self.token(parameter, place)?,
                ParameterType::Quantity => self.quantity(place)?,
                ParameterType::Date => self.date(place)?,
                ParameterType::String => self.text_part(place, false)?,
                ParameterType::Number => self.number(place)?,
                ParameterType::Reference => self.reference(place, "")?,
                _ => return None,
            };
            values.push(value.replace('$', "\\$"));
        }
        Some(values.join("$"))
    }
}

/// What a parameter's expression selects.
pub fn elements<'d>(parameter: &'d Parameter, root: Node<'d>) -> Vec<JsonElement<'d>> {
    let element = JsonElement::resource(
        root,
        hygea_fhir_model::schema::Schema::of(hygea_fhir_model::schema::Version::R4).unwrap(),
    );
    static NOTHING: LazyLock<Environment<'static>> = LazyLock::new(Environment::new);
    let items = parameter.compiled().unwrap().evaluate(element, &NOTHING).unwrap();
    items.elements().filter_map(|node| node.json()).filter(|element| element.definition().is_some()).collect()
}

fn all<'d>(node: Node<'d>, visit: &mut dyn FnMut(&'d str, Node<'d>)) {
    fn walk<'d>(name: &'d str, node: Node<'d>, visit: &mut dyn FnMut(&'d str, Node<'d>)) {
        match node.kind() {
            Kind::Object => node.members().for_each(|(name, value)| walk(name, value, visit)),
            Kind::Array => node.items().for_each(|item| walk(name, item, visit)),
            _ => visit(name, node),
        }
    }
    walk("", node, visit);
}

/// The texts below a node, of members of certain names or of all.
fn leaves<'d>(node: Node<'d>, names: &[&str]) -> Vec<&'d str> {
    let mut texts = Vec::new();
    all(node, &mut |name, leaf| {
        if names.is_empty() || names.contains(&name) {
            texts.extend(leaf.as_str().filter(|text| text.len() < 200));
        }
    });
    texts
}

/// Systems and codes below a node.
fn codes<'d>(node: Node<'d>, found: &mut Vec<(Option<&'d str>, &'d str)>) {
    match node.kind() {
        Kind::Array => node.items().for_each(|item| codes(item, found)),
        Kind::Object => {
            let text = |name| node.get(name).and_then(Node::as_str);
            if let Some(code) =
                text("code").or_else(|| text("value")).filter(|code| code.len() < 200 && !code.is_empty())
            {
                found.push((text("system").filter(|system| system.contains(':')), code));
            }
            node.members().for_each(|(_, value)| codes(value, found));
        }
        _ => found.extend(
            node.as_primitive().filter(|code| code.len() < 60 && !code.is_empty()).map(|code| (None, code)),
        ),
    }
}

fn is_date(text: &str) -> bool {
    hygea_fhir_model::primitive::date::is_date_time(text)
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if matches!(c, ',' | '|' | '$' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/|,$\\".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
