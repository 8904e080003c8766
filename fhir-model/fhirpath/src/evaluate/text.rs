//! Strings (FHIRPath "String Manipulation" and "Additional String Functions"). Characters are Unicode scalar values.

use super::{Run, Scope, single};
use crate::error::{ErrorKind, Failure};
use crate::function::Function;
use crate::plan::Plan;
use crate::value::{Item, Items};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use hygea_fhir_model::element::{Element, Primitive};
use regex::{Captures, Regex, RegexBuilder};
use std::borrow::Cow;
use std::fmt::Write;

/// The most bytes that a compiled regular expression may take.
const PATTERN_BYTES: usize = 1 << 20;

/// How many steps a replaced match takes.
const MATCH: usize = 16;

impl<'a> Run<'_, 'a> {
    pub(super) fn text(
        &self,
        function: Function,
        items: &Items<'a>,
        arguments: &'a [Plan],
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        use Function as F;
        if function == F::Join {
            return self.join(items, arguments, scope, out);
        }
        let Some(text) = string(items)? else { return Ok(()) };
        self.spend_text(text.len())?;
        if let F::Substring = function {
            let Some(start) = self.integer_argument(arguments, 0, scope)? else { return Ok(()) };
            let length = self.integer_argument(arguments, 1, scope)?;
            out.extend(substring(text, start, length).map(Item::String));
            return Ok(());
        }
        // The rest takes strings only; an empty argument makes the result empty, save for flags.
        let mut given = [None, None, None];
        for (place, argument) in given.iter_mut().zip(arguments) {
            *place = self.string(argument, scope)?;
        }
        let flags_at = match function {
            F::Matches | F::MatchesFull => 1,
            F::ReplaceMatches => 2,
            _ => arguments.len(),
        };
        if given.iter().take(arguments.len().min(flags_at)).any(Option::is_none) {
            return Ok(());
        }
        let [first, second, third] = &given;
        let first = first.as_deref().unwrap_or_default();
        let second = second.as_deref().unwrap_or_default();
        match function {
            F::IndexOf => out.push(index(&text, text.find(first))),
            F::LastIndexOf => out.push(index(&text, text.rfind(first))),
            F::StartsWith => out.push(Item::Boolean(text.starts_with(first))),
            F::EndsWith => out.push(Item::Boolean(text.ends_with(first))),
            F::Contains => out.push(Item::Boolean(text.contains(first))),
            F::Upper => out.push(text.to_uppercase().into()),
            F::Lower => out.push(text.to_lowercase().into()),
            F::Length => out.push(count(text.chars().count())),
            F::Trim => out.push(Item::String(trimmed(text))),
            F::ToChars => {
                self.spend(text.len())?;
                out.extend(text.chars().map(|character| Item::from(character.to_string())));
            }
            F::Split => {
                self.spend(text.len())?;
                if first.is_empty() {
                    out.extend(text.chars().map(|character| Item::from(character.to_string())));
                } else {
                    out.extend(text.split(first).map(|part| Item::from(part.to_owned())));
                }
            }
            F::Replace => {
                self.spend_replaced(&text, first, second)?;
                out.push(text.replace(first, second).into());
            }
            F::Matches | F::MatchesFull => {
                let pattern = compile_pattern(function, first, second)?;
                out.push(Item::Boolean(pattern.is_match(&text)));
            }
            F::ReplaceMatches => {
                // An empty pattern replaces nothing.
                if first.is_empty() {
                    out.push(Item::String(text));
                    return Ok(());
                }
                let pattern = compile_pattern(function, first, third.as_deref().unwrap_or_default())?;
                out.push(self.replaced(&text, &pattern, second)?);
            }
            F::Encode => out.extend(encode(&text, first).map(Item::from)),
            F::Decode => out.extend(decode(&text, first).map(Item::from)),
            F::Escape => out.extend(escape(&text, first).map(Item::from)),
            // Function::Unescape
            _ => out.extend(unescape(&text, first).map(Item::from)),
        }
        Ok(())
    }

    /// A function with a pattern that was compiled with the plan.
    pub(super) fn matched(
        &self,
        function: Function,
        pattern: &Regex,
        substitution: Option<&'a Plan>,
        items: &Items<'a>,
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        let Some(text) = string(items)? else { return Ok(()) };
        self.spend_text(text.len())?;
        if function != Function::ReplaceMatches {
            out.push(Item::Boolean(pattern.is_match(&text)));
            return Ok(());
        }
        let substitution = match substitution {
            Some(plan) => self.string(plan, scope)?,
            None => None,
        };
        if let Some(substitution) = substitution {
            out.push(self.replaced(&text, pattern, &substitution)?);
        }
        Ok(())
    }

    fn replaced(&self, text: &str, pattern: &Regex, substitution: &str) -> Result<Item<'a>, Failure> {
        self.spend_text(text.len())?;
        let mut out = String::with_capacity(text.len());
        // A match without characters counts right after another match too, as in PCRE: `.*` matches twice.
        let (mut copied, mut from) = (0, 0);
        while let Some(found) = pattern.captures_at(text, from) {
            let Some(whole) = found.get(0) else { break };
            // A search for groups costs as much as many elements.
            self.spend(MATCH)?;
            let before = out.len();
            out.push_str(text.get(copied..whole.start()).unwrap_or_default());
            substitute(&found, substitution, &mut out);
            self.spend_text(out.len() - before)?;
            copied = whole.end();
            from = copied;
            if whole.is_empty() {
                let Some(next) = text.get(copied..).and_then(|rest| rest.chars().next()) else { break };
                from += next.len_utf8();
            }
        }
        out.push_str(text.get(copied..).unwrap_or_default());
        Ok(out.into())
    }

    fn integer_argument(
        &self,
        arguments: &'a [Plan],
        at: usize,
        scope: &Scope<'_, 'a>,
    ) -> Result<Option<i64>, Failure> {
        match arguments.get(at) {
            Some(argument) => self.integer(argument, scope),
            None => Ok(None),
        }
    }

    fn join(
        &self,
        items: &Items<'a>,
        arguments: &'a [Plan],
        scope: &Scope<'_, 'a>,
        out: &mut Items<'a>,
    ) -> Result<(), Failure> {
        let separator = match arguments.first() {
            Some(separator) => self.string(separator, scope)?.unwrap_or_default(),
            None => Cow::Borrowed(""),
        };
        let mut joined = String::new();
        for (at, item) in items.iter().filter(|item| !item.is_valueless()).enumerate() {
            if at > 0 {
                joined.push_str(&separator);
            }
            let text = text_of(item)?;
            self.spend_text(text.len() + separator.len())?;
            joined.push_str(&text);
        }
        if !items.is_empty() {
            out.push(joined.into());
        }
        Ok(())
    }

    fn spend_replaced(&self, text: &str, from: &str, to: &str) -> Result<(), Failure> {
        let found = if from.is_empty() { text.len() + 1 } else { text.matches(from).count() };
        self.spend_text(found.saturating_mul(to.len()).saturating_add(text.len()))
    }
}

/// The one string of a collection; nothing if it is empty.
pub(super) fn string<'a>(items: &[Item<'a>]) -> Result<Option<Cow<'a, str>>, Failure> {
    match single(items)? {
        Some(item) if !item.is_valueless() => text_of(item).map(Some),
        _ => Ok(None),
    }
}

/// The text of a string, or of an element that FHIR writes as a string.
fn text_of<'a>(item: &Item<'a>) -> Result<Cow<'a, str>, Failure> {
    match item {
        Item::String(text) => return Ok(text.clone()),
        Item::Element(node) => {
            if let Some(Primitive::Text(text)) = node.primitive() {
                return Ok(Cow::Borrowed(text));
            }
        }
        _ => {}
    }
    Err(Failure::new(ErrorKind::WrongType, format!("wanted a string, found {}", item.type_name())))
}

fn count<'a>(number: usize) -> Item<'a> {
    Item::Integer(i32::try_from(number).unwrap_or(i32::MAX))
}

/// A byte offset as a number of characters; -1 for none.
fn index<'a>(text: &str, at: Option<usize>) -> Item<'a> {
    match at.and_then(|at| text.get(..at)) {
        Some(before) => count(before.chars().count()),
        None => Item::Integer(-1),
    }
}

fn substring(text: Cow<'_, str>, start: i64, length: Option<i64>) -> Option<Cow<'_, str>> {
    let start = usize::try_from(start).ok()?;
    let from = text.char_indices().nth(start)?.0;
    let rest = text.get(from..)?;
    let to = match length {
        None => rest.len(),
        Some(length) => {
            let length = usize::try_from(length.max(0)).unwrap_or(usize::MAX);
            rest.char_indices().nth(length).map_or(rest.len(), |(at, _)| at)
        }
    };
    match text {
        Cow::Borrowed(text) => text.get(from..from + to).map(Cow::Borrowed),
        Cow::Owned(text) => text.get(from..from + to).map(|part| Cow::Owned(part.to_owned())),
    }
}

/// White space is what the language's own grammar counts as such.
fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    let space = [' ', '\t', '\r', '\n'];
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(space)),
        Cow::Owned(text) => Cow::Owned(text.trim_matches(space).to_owned()),
    }
}

/// The regular expression of a function, in single-line mode, with the flags `i` and `m`. Its matching time grows
/// with the length of the text only.
pub(crate) fn compile_pattern(function: Function, text: &str, flags: &str) -> Result<Regex, Failure> {
    let whole = match function {
        Function::MatchesFull => Cow::Owned(format!("^(?:{text})$")),
        _ => Cow::Borrowed(text),
    };
    let mut builder = RegexBuilder::new(&whole);
    builder
        .dot_matches_new_line(true)
        .size_limit(PATTERN_BYTES)
        .dfa_size_limit(PATTERN_BYTES)
        .nest_limit(100);
    for flag in flags.chars() {
        match flag {
            'i' => builder.case_insensitive(true),
            'm' => builder.multi_line(true),
            _ => return Err(Failure::new(ErrorKind::Pattern, "wanted the flags 'i' and 'm' only")),
        };
    }
    builder.build().map_err(|error| {
        let detail =
            "the regular expression is not one that this library reads (look-around is not), or is too large";
        Failure::caused(ErrorKind::Pattern, detail, Box::new(error))
    })
}

/// Adds the substitution of a match: `$1`, `${1}` and `${name}` stand for groups, `$$` for a dollar. A dollar
/// before anything else stands for itself.
fn substitute(found: &Captures<'_>, substitution: &str, out: &mut String) {
    let mut rest = substitution;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let digits = after.bytes().take(2).take_while(u8::is_ascii_digit).count();
        let braced = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let (group, after) = if let Some(after) = after.strip_prefix('$') {
            (Some("$"), after)
        } else if digits > 0 {
            let (number, after) = after.split_at_checked(digits).unwrap_or((after, ""));
            (
                Some(
                    number
                        .parse()
                        .ok()
                        .and_then(|number| found.get(number))
                        .map_or("", |group| group.as_str()),
                ),
                after,
            )
        } else if let Some((name, after)) = braced {
            let group = match name.parse() {
                Ok(number) => found.get(number),
                Err(_) => found.name(name),
            };
            (Some(group.map_or("", |group| group.as_str())), after)
        } else {
            (None, after)
        };
        out.push_str(group.unwrap_or("$"));
        rest = after;
    }
    out.push_str(rest);
}

fn encode(text: &str, format: &str) -> Option<String> {
    Some(match format {
        "base64" => STANDARD.encode(text),
        "urlbase64" => URL_SAFE.encode(text),
        "hex" => text.bytes().fold(String::with_capacity(text.len() * 2), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        }),
        "ascii" => text.chars().map(|character| if character.is_ascii() { character } else { '?' }).collect(),
        _ => return None,
    })
}

fn decode(text: &str, format: &str) -> Option<String> {
    let bytes = match format {
        "base64" => STANDARD.decode(text).ok()?,
        "urlbase64" => URL_SAFE.decode(text).ok()?,
        "hex" => {
            let digits = text.as_bytes();
            let pairs = digits.chunks(2).map(|pair| match pair {
                [a, b] => {
                    let digit =
                        |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                    Some(digit(*a)? << 4 | digit(*b)?)
                }
                _ => None,
            });
            pairs.collect::<Option<Vec<u8>>>()?
        }
        _ => return None,
    };
    String::from_utf8(bytes).ok()
}

fn escape(text: &str, target: &str) -> Option<String> {
    let mut found = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        let plain = match (target, character) {
            ("html", '<') => "&lt;",
            ("html", '>') => "&gt;",
            ("html", '&') => "&amp;",
            ("html", '"') => "&quot;",
            ("html", '\'') => "&#39;",
            ("json", '"') => "\\\"",
            ("json", '\\') => "\\\\",
            ("json", '\u{8}') => "\\b",
            ("json", '\u{c}') => "\\f",
            ("json", '\n') => "\\n",
            ("json", '\r') => "\\r",
            ("json", '\t') => "\\t",
            ("json", control) if control < ' ' => {
                let _ = write!(found, "\\u{:04x}", u32::from(control));
                continue;
            }
            ("html" | "json", other) => {
                found.push(other);
                continue;
            }
            _ => return None,
        };
        found.push_str(plain);
    }
    Some(found)
}

fn unescape(text: &str, target: &str) -> Option<String> {
    match target {
        "html" => Some(unescape_html(text)),
        "json" => Some(unescape_json(text)),
        _ => None,
    }
}

fn unescape_html(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        found.push_str(before);
        let entity = after.split_once(';').filter(|(name, _)| name.len() <= 8);
        let character = entity.and_then(|(name, _)| match name {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "nbsp" => Some('\u{a0}'),
            _ => {
                let number = name.strip_prefix('#')?;
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => number.parse().ok()?,
                };
                char::from_u32(code)
            }
        });
        match (entity, character) {
            (Some((_, after)), Some(character)) => {
                found.push(character);
                rest = after;
            }
            _ => {
                found.push('&');
                rest = after;
            }
        }
    }
    found.push_str(rest);
    found
}

fn unescape_json(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        found.push_str(before);
        let unit = |text: &str| {
            let digits = text.strip_prefix('u')?.get(..4)?;
            let all = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            if all { u16::from_str_radix(digits, 16).ok() } else { None }
        };
        if let Some(first) = unit(after) {
            let second = after.get(5..).and_then(|rest| rest.strip_prefix('\\')).and_then(unit);
            let mut decoded = char::decode_utf16([first].into_iter().chain(second));
            let character = decoded.next().and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER);
            found.push(character);
            rest = after.get(if character.len_utf16() == 2 { 11 } else { 5 }..).unwrap_or_default();
            continue;
        }
        let mut characters = after.chars();
        found.extend(characters.next().map(|escaped| match escaped {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            other => other,
        }));
        rest = characters.as_str();
    }
    found.push_str(rest);
    found
}
