//! The functions: those of the specification, four of the reference's library, and the eight that the
//! reference mapper adds for its templates.

use super::eval::{Evaluation, order_of};
use super::value::Value;
use crate::error::{Error, ErrorKind};
use crate::number::Number;
use crate::time::{Moment, Timestamp};
use hygea_fhir_model::json::Writer;
use std::borrow::Cow;
use std::cmp::Ordering;

mod arithmetic;

/// A function that expressions may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Abs,
    Add,
    Avg,
    Ceil,
    Contains,
    Divide,
    EndsWith,
    Floor,
    FromUnixTimestamp,
    FromUnixTimestampMs,
    InsertString,
    Items,
    Join,
    Keys,
    Length,
    Let,
    Map,
    Max,
    MaxBy,
    Merge,
    Min,
    MinBy,
    Multiply,
    NotNull,
    Pow,
    Reverse,
    Sort,
    SortBy,
    StartsWith,
    Subtract,
    Sum,
    ToArray,
    ToNumber,
    ToObject,
    ToString,
    Type,
    Values,
    Zip,
}

/// Name, function, least number of arguments, and whether there may be more.
const FUNCTIONS: [(&str, Function, usize, bool); 38] = [
    ("abs", Function::Abs, 1, false),
    ("add", Function::Add, 2, false),
    ("avg", Function::Avg, 1, false),
    ("ceil", Function::Ceil, 1, false),
    ("contains", Function::Contains, 2, false),
    ("divide", Function::Divide, 2, false),
    ("ends_with", Function::EndsWith, 2, false),
    ("floor", Function::Floor, 1, false),
    ("fromUnixTimestamp", Function::FromUnixTimestamp, 1, false),
    ("fromUnixTimestampMs", Function::FromUnixTimestampMs, 1, false),
    ("insertString", Function::InsertString, 3, false),
    ("items", Function::Items, 1, false),
    ("join", Function::Join, 2, false),
    ("keys", Function::Keys, 1, false),
    ("length", Function::Length, 1, false),
    ("let", Function::Let, 2, false),
    ("map", Function::Map, 2, false),
    ("max", Function::Max, 1, false),
    ("max_by", Function::MaxBy, 2, false),
    ("merge", Function::Merge, 1, true),
    ("min", Function::Min, 1, false),
    ("min_by", Function::MinBy, 2, false),
    ("multiply", Function::Multiply, 2, false),
    ("not_null", Function::NotNull, 1, true),
    ("pow", Function::Pow, 2, false),
    ("reverse", Function::Reverse, 1, false),
    ("sort", Function::Sort, 1, false),
    ("sort_by", Function::SortBy, 2, false),
    ("starts_with", Function::StartsWith, 2, false),
    ("subtract", Function::Subtract, 2, false),
    ("sum", Function::Sum, 1, false),
    ("to_array", Function::ToArray, 1, false),
    ("to_number", Function::ToNumber, 1, false),
    ("to_object", Function::ToObject, 1, false),
    ("to_string", Function::ToString, 1, false),
    ("type", Function::Type, 1, false),
    ("values", Function::Values, 1, false),
    ("zip", Function::Zip, 1, true),
];

impl Function {
    pub(super) fn named(name: &str) -> Option<Self> {
        let at = FUNCTIONS.binary_search_by_key(&name, |(name, ..)| name).ok()?;
        FUNCTIONS.get(at).map(|&(_, function, ..)| function)
    }

    pub(super) fn name(self) -> &'static str {
        self.row().0
    }

    pub(super) fn takes(self, arguments: usize) -> bool {
        let (_, _, least, more) = self.row();
        arguments == least || more && arguments > least
    }

    pub(super) fn arity(self) -> String {
        let (_, _, least, more) = self.row();
        if more { format!("at least {least}") } else { least.to_string() }
    }

    fn row(self) -> (&'static str, Self, usize, bool) {
        FUNCTIONS.iter().copied().find(|row| row.1 == self).unwrap_or(("", self, 0, true))
    }

    /// A failure of this function: `wanted` says what it takes.
    #[cold]
    fn wants(self, wanted: &str) -> Error {
        Error::new(ErrorKind::Evaluation, format!("`{}` takes {wanted}", self.name()))
    }
}

impl<'v> Evaluation<'_, 'v> {
    pub(super) fn call(
        &self,
        function: Function,
        arguments: &[Value<'v>],
        current: &Value<'v>,
    ) -> Result<Value<'v>, Error> {
        match arguments {
            [only] => match function {
                Function::NotNull | Function::Merge | Function::Zip => self.many(function, arguments),
                Function::Abs | Function::Ceil | Function::Floor | Function::Avg | Function::Sum => {
                    self.numeric(function, only)
                }
                Function::FromUnixTimestamp | Function::FromUnixTimestampMs => self.unix_time(function, only),
                _ => self.one(function, only),
            },
            [left, right] => match function {
                Function::NotNull | Function::Merge | Function::Zip => self.many(function, arguments),
                Function::Add
                | Function::Subtract
                | Function::Multiply
                | Function::Divide
                | Function::Pow => self.arithmetic(function, left, right),
                Function::Let | Function::Map | Function::MaxBy | Function::MinBy | Function::SortBy => {
                    self.by_reference(function, left, right, current)
                }
                _ => self.two(function, left, right),
            },
            [text, inserted, at] if function == Function::InsertString => self.insert(text, inserted, at),
            _ => self.many(function, arguments),
        }
    }

    fn one(&self, function: Function, value: &Value<'v>) -> Result<Value<'v>, Error> {
        self.budget.spend_values(value.len())?;
        match function {
            Function::Length => {
                let count = match value.text(self.mode) {
                    Some(text) => text.chars().count(),
                    None if value.is_array() || value.is_object() => value.len(),
                    None => return Err(function.wants("a string, an array or an object")),
                };
                Ok(Value::Number(Number::Integer(i64::try_from(count).unwrap_or(i64::MAX))))
            }
            Function::Keys => {
                self.object(function, value)?;
                Ok(Value::array(value.members().map(|(name, _)| Value::Text(name)).collect()))
            }
            Function::Values => {
                self.object(function, value)?;
                Ok(Value::array(value.members().map(|(_, value)| value).collect()))
            }
            Function::Items => {
                self.object(function, value)?;
                let pairs = value.members().map(|(name, value)| Value::array(vec![Value::Text(name), value]));
                Ok(Value::array(pairs.collect()))
            }
            Function::ToObject => self.to_object(function, value),
            Function::Max => self.extreme(function, value, Ordering::Greater),
            Function::Min => self.extreme(function, value, Ordering::Less),
            Function::Reverse => match value.text(self.mode) {
                Some(text) => self
                    .budget
                    .spend_text(text.len())
                    .map(|()| Value::Text(text.chars().rev().collect::<String>().into())),
                None if value.is_array() => Ok(Value::array(value.items().rev().collect())),
                None => Err(function.wants("a string or an array")),
            },
            Function::Sort => {
                let mut keyed = self.keyed(function, value, Ok)?;
                keyed.sort_by(|left, right| left.0.order(&right.0));
                Ok(Value::array(keyed.into_iter().map(|(_, item)| item).collect()))
            }
            Function::ToArray => {
                Ok(if value.is_array() { value.clone() } else { Value::array(vec![value.clone()]) })
            }
            Function::ToNumber => Ok(self.to_number(value)),
            Function::ToString => self.to_text(value),
            Function::Type => Ok(Value::Text(Cow::Borrowed(self.type_name(value)))),
            _ => Err(function.wants("other arguments")),
        }
    }

    fn two(&self, function: Function, left: &Value<'v>, right: &Value<'v>) -> Result<Value<'v>, Error> {
        match function {
            Function::Contains => {
                if let Some(text) = left.text(self.mode) {
                    let found = right.text(self.mode).is_some_and(|part| text.contains(&*part));
                    return Ok(Value::Bool(found));
                }
                if !left.is_array() {
                    return Err(function.wants("a string or an array first"));
                }
                self.budget.spend_values(left.len())?;
                for item in left.items() {
                    if item.equals(right, self.mode, self.budget)? {
                        return Ok(Value::Bool(true));
                    }
                }
                Ok(Value::Bool(false))
            }
            Function::StartsWith | Function::EndsWith => {
                let texts = left.text(self.mode).zip(right.text(self.mode));
                let (text, part) = texts.ok_or_else(|| function.wants("two strings"))?;
                Ok(Value::Bool(match function {
                    Function::StartsWith => text.starts_with(&*part),
                    _ => text.ends_with(&*part),
                }))
            }
            Function::Join => {
                let glue = left.text(self.mode).ok_or_else(|| function.wants("a string first"))?;
                if !right.is_array() {
                    return Err(function.wants("an array second"));
                }
                self.budget.spend_values(right.len())?;
                let mut out = String::new();
                for (at, item) in right.items().enumerate() {
                    let text = item.text(self.mode).ok_or_else(|| function.wants("an array of strings"))?;
                    self.budget.spend_text(glue.len() + text.len())?;
                    if at > 0 {
                        out.push_str(&glue);
                    }
                    out.push_str(&text);
                }
                Ok(Value::Text(out.into()))
            }
            _ => Err(function.wants("other arguments")),
        }
    }

    fn many(&self, function: Function, arguments: &[Value<'v>]) -> Result<Value<'v>, Error> {
        match function {
            Function::NotNull => {
                Ok(arguments.iter().find(|value| !value.is_null()).cloned().unwrap_or(Value::Null))
            }
            Function::Merge => {
                let mut out: Vec<(Cow<'v, str>, Value<'v>)> = Vec::new();
                for value in arguments {
                    self.object(function, value)?;
                    self.budget.spend_values(value.len().saturating_mul(2))?;
                    for (name, value) in value.members() {
                        self.budget.spend_len(out.len() + 1)?;
                        match out.iter_mut().find(|(other, _)| *other == name) {
                            Some(twice) => twice.1 = value,
                            None => out.push((name, value)),
                        }
                    }
                }
                Ok(Value::object(out))
            }
            Function::Zip => {
                let mut columns = Vec::with_capacity(arguments.len());
                for value in arguments {
                    if !value.is_array() {
                        return Err(function.wants("arrays"));
                    }
                    self.budget.spend_values(value.len().saturating_mul(2))?;
                    columns.push(value.items());
                }
                let mut rows = Vec::new();
                while let Some(row) = columns.iter_mut().map(Iterator::next).collect::<Option<Vec<_>>>() {
                    rows.push(Value::array(row));
                }
                Ok(Value::array(rows))
            }
            _ => Err(function.wants("other arguments")),
        }
    }

    /// Functions that run an expression given as `&expression`.
    fn by_reference(
        &self,
        function: Function,
        left: &Value<'v>,
        right: &Value<'v>,
        current: &Value<'v>,
    ) -> Result<Value<'v>, Error> {
        match (function, left, right) {
            (Function::Map, Value::Reference(ast), items) if items.is_array() => {
                self.budget.spend_values(items.len())?;
                let items = items.items().map(|item| self.eval(ast, &item)).collect::<Result<_, _>>()?;
                Ok(Value::array(items))
            }
            (Function::Let, scope, Value::Reference(ast)) if scope.is_object() => {
                self.scopes.borrow_mut().push(scope.clone());
                let value = self.eval(ast, current);
                self.scopes.borrow_mut().pop();
                value
            }
            (Function::SortBy, items, Value::Reference(ast)) if items.is_array() => {
                let mut keyed = self.keyed(function, items, |item| self.eval(ast, &item))?;
                keyed.sort_by(|left, right| left.0.order(&right.0));
                Ok(Value::array(keyed.into_iter().map(|(_, item)| item).collect()))
            }
            (Function::MaxBy | Function::MinBy, items, Value::Reference(ast)) if items.is_array() => {
                let wanted = if function == Function::MaxBy { Ordering::Greater } else { Ordering::Less };
                let keyed = self.keyed(function, items, |item| self.eval(ast, &item))?;
                Ok(best(keyed, wanted))
            }
            (Function::Map, ..) => Err(function.wants("an expression and an array")),
            (Function::Let, ..) => Err(function.wants("an object and an expression")),
            _ => Err(function.wants("an array and an expression")),
        }
    }

    fn extreme(&self, function: Function, value: &Value<'v>, wanted: Ordering) -> Result<Value<'v>, Error> {
        Ok(best(self.keyed(function, value, Ok)?, wanted))
    }

    /// The items of an array with what they are ordered by: numbers alone or strings alone.
    fn keyed(
        &self,
        function: Function,
        value: &Value<'v>,
        key: impl Fn(Value<'v>) -> Result<Value<'v>, Error>,
    ) -> Result<Vec<(Key<'v>, Value<'v>)>, Error> {
        let wrong = || function.wants("an array of numbers or of strings");
        if !value.is_array() {
            return Err(wrong());
        }
        self.budget.spend_values(value.len().saturating_mul(2))?;
        let mut keyed: Vec<(Key<'v>, Value<'v>)> = Vec::with_capacity(value.len());
        for item in value.items() {
            let key = key(item.clone())?;
            let key = match key.number(self.mode) {
                Some(number) => Key::Number(number),
                None => Key::Text(key.text(self.mode).ok_or_else(wrong)?),
            };
            if let Some((first, _)) = keyed.first()
                && std::mem::discriminant(first) != std::mem::discriminant(&key)
            {
                return Err(wrong());
            }
            keyed.push((key, item));
        }
        Ok(keyed)
    }

    fn object(&self, function: Function, value: &Value<'v>) -> Result<(), Error> {
        if value.is_object() { Ok(()) } else { Err(function.wants("an object")) }
    }

    fn to_object(&self, function: Function, value: &Value<'v>) -> Result<Value<'v>, Error> {
        let wrong = || function.wants("an array of pairs of a string and a value");
        if !value.is_array() {
            return Err(wrong());
        }
        let mut out: Vec<(Cow<'v, str>, Value<'v>)> = Vec::new();
        for pair in value.items() {
            let (Some(name), Some(value), 2) = (pair.items().next(), pair.items().nth(1), pair.len()) else {
                return Err(wrong());
            };
            let name = name.text(self.mode).ok_or_else(wrong)?;
            self.budget.spend_len(out.len())?;
            match out.iter_mut().find(|(other, _)| *other == name) {
                Some(twice) => twice.1 = value,
                None => out.push((name, value)),
            }
        }
        Ok(Value::object(out))
    }

    fn to_number(&self, value: &Value<'v>) -> Value<'v> {
        if value.number(self.mode).is_some() {
            return value.clone();
        }
        let Some(text) = value.text(self.mode) else { return Value::Null };
        if let Ok(integer) = text.trim().parse() {
            return Value::Number(Number::Integer(integer));
        }
        let numeric = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
        match text.parse::<f64>() {
            Ok(value) if numeric && value.is_finite() => Value::Number(Number::Float(value)),
            _ => Value::Null,
        }
    }

    fn to_text(&self, value: &Value<'v>) -> Result<Value<'v>, Error> {
        let date = matches!(value.scalar(self.mode), Some(crate::token::Scalar::Date(_)));
        if !date && let Some(text) = value.text(self.mode) {
            return Ok(Value::Text(text));
        }
        // A date is JSON text here, with its quotes: so the reference has it.
        value.weigh(self.budget)?;
        let mut writer = Writer::new();
        value.write(&mut writer, self.mode);
        Ok(Value::Text(writer.into_text().into()))
    }

    fn type_name(&self, value: &Value<'v>) -> &'static str {
        use crate::token::Scalar;
        match value.scalar(self.mode) {
            Some(Scalar::Null) => "null",
            Some(Scalar::Bool(_)) => "boolean",
            Some(Scalar::Number(_)) => "number",
            Some(Scalar::Text(_) | Scalar::Date(_)) => "string",
            None if value.is_array() => "array",
            None if value.is_object() => "object",
            None => "expression",
        }
    }

    fn unix_time(&self, function: Function, value: &Value<'v>) -> Result<Value<'v>, Error> {
        let Some(Number::Integer(count)) = value.number(self.mode) else {
            return Err(function.wants("an integer"));
        };
        let time = match function {
            Function::FromUnixTimestamp => Timestamp::from_unix_seconds(count),
            _ => Timestamp::from_unix_millis(count),
        };
        time.map(|time| Value::Date(Moment::utc(time)))
            .ok_or_else(|| function.wants("a time of years 1 to 9999"))
    }

    /// Inserts a text at a place counted in UTF-16 units.
    fn insert(&self, text: &Value<'v>, inserted: &Value<'v>, at: &Value<'v>) -> Result<Value<'v>, Error> {
        let function = Function::InsertString;
        let texts = text.text(self.mode).zip(inserted.text(self.mode));
        let (text, inserted) = texts.ok_or_else(|| function.wants("two strings and an integer"))?;
        let Some(Number::Integer(at)) = at.number(self.mode) else {
            return Err(function.wants("two strings and an integer"));
        };
        self.budget.spend_text(text.len() + inserted.len())?;
        let mut units = 0;
        let places = text.char_indices().map(|(byte, character)| (byte, character.len_utf16()));
        let byte = places.chain([(text.len(), 0)]).find_map(|(byte, width)| {
            let here = units == at;
            units += i64::try_from(width).unwrap_or(0);
            here.then_some(byte)
        });
        let byte =
            byte.ok_or_else(|| function.wants("a place between two characters of its first string"))?;
        let (before, after) = text.split_at(byte);
        Ok(Value::Text([before, &inserted, after].concat().into()))
    }
}

/// What sorting goes by.
enum Key<'v> {
    Number(Number),
    Text(Cow<'v, str>),
}

impl Key<'_> {
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => order_of(*left, *right).unwrap_or(Ordering::Equal),
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        }
    }
}

/// The first of the items that are at the wanted end.
fn best<'v>(keyed: Vec<(Key<'v>, Value<'v>)>, wanted: Ordering) -> Value<'v> {
    let better = |best: (Key<'v>, Value<'v>), next: (Key<'v>, Value<'v>)| {
        if next.0.order(&best.0) == wanted { next } else { best }
    };
    keyed.into_iter().reduce(better).map_or(Value::Null, |(_, value)| value)
}
