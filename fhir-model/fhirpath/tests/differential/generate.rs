//! Expressions that mean something: they follow the elements that an example holds and the types that the tables
//! give them, and end in functions and operators that these types take. Seeded, so that every run has the same.

use hygea_fhir_model::element::{Element, JsonElement, Primitive};
use hygea_fhir_model::schema::{PrimitiveKind, TypeDef, TypeKind};
use std::collections::BTreeSet;

/// A generator of numbers (SplitMix64); the sequence depends on the seed only.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    /// True in one of `times` throws.
    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn of<T: Copy>(&mut self, table: &[T]) -> T {
        table[self.below(table.len())]
    }
}

/// What an expression gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Boolean,
    Integer,
    Decimal,
    Text,
    Date,
    DateTime,
    Time,
    Quantity,
    Complex,
}

fn kind_of(definition: &TypeDef) -> Kind {
    use PrimitiveKind as P;
    match definition.primitive() {
        Some(P::Boolean) => Kind::Boolean,
        Some(P::Integer | P::PositiveInt | P::UnsignedInt) => Kind::Integer,
        Some(P::Decimal) => Kind::Decimal,
        Some(P::Date) => Kind::Date,
        Some(P::DateTime | P::Instant) => Kind::DateTime,
        Some(P::Time) => Kind::Time,
        Some(_) => Kind::Text,
        None => match definition.name() {
            "Quantity" | "Age" | "Duration" | "SimpleQuantity" => Kind::Quantity,
            _ => Kind::Complex,
        },
    }
}

/// A path and the elements that it finds in the example.
struct Found<'d> {
    text: String,
    items: Vec<JsonElement<'d>>,
}

impl<'d> Found<'d> {
    fn kind(&self) -> Option<Kind> {
        self.items.first()?.definition().map(kind_of)
    }
}

/// Elements that an expression starts at, and how deep it may still nest.
#[derive(Clone)]
struct Focus<'d> {
    items: Vec<JsonElement<'d>>,
    root: Option<&'static str>,
}

pub(crate) struct Generator<'g> {
    pub(crate) dice: &'g mut Dice,
}

const UNITS: [&str; 14] = [
    "'mg'", "'g'", "'kg'", "'cm'", "'m'", "'mm[Hg]'", "'1'", "'%'", "'mmol/L'", "'d'", "'h'", "days",
    "hours", "'mL'",
];
const CALENDAR: [&str; 14] = [
    "year", "years", "month", "months", "week", "weeks", "day", "days", "hour", "hours", "minutes",
    "seconds", "'d'", "'h'",
];

impl Generator<'_> {
    /// An expression for a resource.
    pub(crate) fn expression(&mut self, resource: JsonElement<'_>) -> String {
        let root = resource.definition().map(TypeDef::name).filter(|_| self.dice.one_in(2));
        let focus = Focus { items: vec![resource], root };
        let depth = 1 + self.dice.below(3);
        match self.dice.below(10) {
            0..4 => self.collection(&focus, depth),
            4..7 => self.boolean(&focus, depth),
            7 => self.text(&focus, depth),
            8 => self.number(&focus, depth),
            _ => self.moment_or_quantity(&focus, depth),
        }
    }

    /// A path that finds something in the example; most of them end at a primitive.
    fn path<'d>(&mut self, focus: &Focus<'d>) -> Found<'d> {
        let mut text = focus.root.unwrap_or("").to_owned();
        let mut items = focus.items.clone();
        let steps = 1 + self.dice.below(4);
        for step in 0..steps {
            let mut names: BTreeSet<&str> = BTreeSet::new();
            for item in &items {
                item.for_each(&mut |name, child| {
                    let narrative = child.definition().is_some_and(|own| own.name() == "Narrative");
                    if !narrative && name != "resourceType" {
                        names.insert(name);
                    }
                });
            }
            if names.is_empty() || (step > 1 && self.dice.one_in(6)) {
                break;
            }
            let names: Vec<&str> = names.into_iter().collect();
            let name = self.dice.of(&names);
            let mut found = Vec::new();
            for item in &items {
                item.for_each_child(name, &mut |child| found.push(child));
            }
            if !text.is_empty() {
                text.push('.');
            }
            match matches!(name, "contains" | "in" | "is" | "as" | "div" | "mod" | "day" | "or" | "and") {
                true => text.push_str(&format!("`{name}`")),
                false => text.push_str(name),
            }
            items = found;
        }
        if text.is_empty() {
            text.push_str("$this");
        }
        Found { text, items }
    }

    /// A path whose elements are of a kind, if a few throws find one.
    fn path_of<'d>(&mut self, focus: &Focus<'d>, wanted: &[Kind]) -> Option<Found<'d>> {
        for _ in 0..12 {
            let found = self.path(focus);
            if found.kind().is_some_and(|kind| wanted.contains(&kind)) {
                return Some(found);
            }
        }
        None
    }

    /// A path that gives one item; now and then one that gives several, which many operators refuse.
    fn single(&mut self, focus: &Focus<'_>, wanted: &[Kind]) -> Option<String> {
        let mut found = self.path_of(focus, wanted)?;
        if found.items.len() > 1 && !self.dice.one_in(12) {
            found.text.push_str(self.dice.of(&[".first()", ".last()", "[0]", "[1]", ".distinct().first()"]));
        }
        Some(found.text)
    }

    fn collection(&mut self, focus: &Focus<'_>, depth: usize) -> String {
        let mut found = self.path(focus);
        let mut text = std::mem::take(&mut found.text);
        let inner = Focus { items: found.items, root: None };
        for _ in 0..=self.dice.below(2) {
            if depth == 0 {
                break;
            }
            let step = match self.dice.below(26) {
                0..4 => format!(".where({})", self.boolean(&inner, depth - 1)),
                4 => format!(".select({})", self.scalar(&inner, depth - 1)),
                5 => format!(".exists({})", self.boolean(&inner, depth - 1)),
                6 => format!(".all({})", self.boolean(&inner, depth - 1)),
                7 => ".first()".to_owned(),
                8 => ".last()".to_owned(),
                9 => ".tail()".to_owned(),
                10 => format!(".skip({})", self.dice.below(3)),
                11 => format!(".take({})", self.dice.below(3)),
                12 => format!("[{}]", self.dice.below(3)),
                13 => ".distinct()".to_owned(),
                14 => format!(".combine({})", self.path(focus).text),
                15 => format!(".union({})", self.path(focus).text),
                16 => format!(".intersect({})", self.path(focus).text),
                17 => format!(".exclude({})", self.path(focus).text),
                18 => format!(".ofType({})", self.type_name(&inner)),
                19 => self.dice.of(&[".children().count()", ".descendants().count()"]).to_owned(),
                20 => format!(".repeat({})", self.path(&inner).text),
                21 => self.dice.of(&[".count()", ".empty()", ".exists()", ".isDistinct()"]).to_owned(),
                22 => format!(".iif({}, $this, {{}})", self.boolean(&inner, depth - 1)),
                23 => self
                    .dice
                    .of(&[
                        ".select($index)",
                        ".select($this)",
                        ".where($index = 0)",
                        ".aggregate($total + 1, 0)",
                        ".trace('t')",
                        ".select(type().name)",
                        ".type().namespace",
                        ".extension.url",
                        ".hasValue()",
                        ".getValue()",
                        ".single()",
                    ])
                    .to_owned(),
                24 => format!(
                    ".{}(%resource.{})",
                    self.dice.of(&["subsetOf", "supersetOf"]),
                    self.path(&Focus { root: None, ..focus.clone() }).text
                ),
                _ => format!(".defineVariable('v').select({} | %v.count())", self.scalar(&inner, depth - 1)),
            };
            text.push_str(&step);
        }
        if self.dice.one_in(10) {
            let other = self.path(focus).text;
            text = format!("{text} | {other}");
        }
        text
    }

    fn type_name(&mut self, focus: &Focus<'_>) -> String {
        let own = focus.items.first().and_then(|item| item.definition());
        match (own, self.dice.below(4)) {
            (Some(own), 0..3)
                if matches!(own.kind(), TypeKind::Primitive | TypeKind::Complex | TypeKind::Resource) =>
            {
                let prefix = if self.dice.one_in(4) { "FHIR." } else { "" };
                format!("{prefix}{}", own.name())
            }
            _ => self
                .dice
                .of(&[
                    "string",
                    "code",
                    "Coding",
                    "Quantity",
                    "HumanName",
                    "dateTime",
                    "boolean",
                    "Reference",
                    "Element",
                    "Resource",
                ])
                .to_owned(),
        }
    }

    /// A value of any kind.
    fn scalar(&mut self, focus: &Focus<'_>, depth: usize) -> String {
        match self.dice.below(5) {
            0 => self.boolean(focus, depth),
            1 => self.number(focus, depth),
            2 => self.moment_or_quantity(focus, depth),
            _ => self.text(focus, depth),
        }
    }

    fn boolean(&mut self, focus: &Focus<'_>, depth: usize) -> String {
        if depth == 0 {
            return match self.single(focus, &[Kind::Boolean]).filter(|_| self.dice.one_in(2)) {
                Some(path) => path,
                None => {
                    let path = self.path(focus);
                    format!("{}{}", path.text, self.dice.of(&[".exists()", ".empty()", ".exists().not()"]))
                }
            };
        }
        match self.dice.below(17) {
            0..4 => {
                let operator = self.dice.of(&["=", "!=", "~", "!~", "=", "~"]);
                let (left, right) = self.pair(focus, depth - 1);
                format!("{left} {operator} {right}")
            }
            4..6 => {
                let operator = self.dice.of(&["<", "<=", ">", ">="]);
                let (left, right) = self.ordered_pair(focus, depth - 1);
                format!("{left} {operator} {right}")
            }
            6..9 => {
                let operator = self.dice.of(&["and", "or", "xor", "implies"]);
                let (left, right) = (self.boolean(focus, depth - 1), self.boolean(focus, depth - 1));
                format!("({left}) {operator} ({right})")
            }
            9 => format!("({}).not()", self.boolean(focus, depth - 1)),
            10 => {
                let all = self.path(focus);
                match self.dice.one_in(2) {
                    true => format!("{}.first() in {}", all.text, self.path(focus).text),
                    false => format!("{} contains {}", all.text, self.path(focus).text),
                }
            }
            11 => {
                let found = self.path(focus);
                let inner = Focus { items: found.items, root: None };
                let many = if inner.items.len() > 1 { ".first()" } else { "" };
                format!("{}{many} is {}", found.text, self.type_name(&inner))
            }
            12 => {
                let text = self.text(focus, depth - 1);
                match self.dice.below(5) {
                    0 => format!("({text}).startsWith({})", self.literal_text(focus)),
                    1 => format!("({text}).endsWith({})", self.literal_text(focus)),
                    2 => format!("({text}).contains({})", self.literal_text(focus)),
                    3 => format!("({text}).matches({})", self.pattern()),
                    _ => format!("({text}).matchesFull({})", self.pattern()),
                }
            }
            13 => {
                let kinds =
                    ["Boolean", "Integer", "Decimal", "String", "Date", "DateTime", "Time", "Quantity"];
                format!("({}).convertsTo{}()", self.scalar(focus, depth - 1), self.dice.of(&kinds))
            }
            14 => {
                let found = self.path(focus);
                let inner = Focus { items: found.items, root: None };
                let condition = self.boolean(&inner, depth - 1);
                let function = self.dice.of(&["all", "exists"]);
                format!("{}.{function}({condition})", found.text)
            }
            15 => {
                let found = self.path(focus);
                let inner = Focus { items: found.items, root: None };
                let condition = self.boolean(&inner, depth - 1);
                let function = self.dice.of(&["allTrue", "anyTrue", "allFalse", "anyFalse"]);
                format!("{}.select({condition}).{function}()", found.text)
            }
            _ => format!("({}).toBoolean()", self.scalar(focus, depth - 1)),
        }
    }

    /// Two expressions that may be equal.
    fn pair(&mut self, focus: &Focus<'_>, depth: usize) -> (String, String) {
        match self.dice.below(6) {
            0 => {
                let left = self.path(focus).text;
                (left.clone(), if self.dice.one_in(2) { left } else { self.path(focus).text })
            }
            1 => self.ordered_pair(focus, depth),
            2 => (self.number(focus, depth), self.number(focus, depth)),
            3 => {
                let left = self.moment_or_quantity(focus, depth);
                (left, self.moment_or_quantity(focus, depth))
            }
            _ => match self.path_of(focus, &[Kind::Text]) {
                Some(found) => {
                    let literal = self.literal_of(&found);
                    (found.text, literal)
                }
                None => (self.text(focus, depth), self.text(focus, depth)),
            },
        }
    }

    /// Two expressions that have an order.
    fn ordered_pair(&mut self, focus: &Focus<'_>, depth: usize) -> (String, String) {
        match self.dice.below(5) {
            0 => (self.text(focus, depth), self.text(focus, depth)),
            1 => (self.number(focus, depth), self.number(focus, depth)),
            2 => (self.quantity(focus, depth), self.quantity(focus, depth)),
            3 => (self.date(focus, depth), self.date(focus, depth)),
            _ => (self.date_time(focus, depth), self.date_time(focus, depth)),
        }
    }

    fn number(&mut self, focus: &Focus<'_>, depth: usize) -> String {
        if depth == 0 {
            return match self.dice.below(4) {
                0 => self.dice.of(&["0", "1", "2", "3", "7", "10", "100"]).to_owned(),
                1 => self.dice.of(&["0.0", "1.0", "2.5", "0.1", "3.14159", "100.00", "0.25"]).to_owned(),
                2 => format!("{}.count()", self.path(focus).text),
                _ => match self.single(focus, &[Kind::Integer, Kind::Decimal]) {
                    Some(path) => path,
                    None => format!("{}.count()", self.path(focus).text),
                },
            };
        }
        let one = self.number(focus, depth - 1);
        match self.dice.below(12) {
            0..4 => {
                let operator = self.dice.of(&["+", "-", "*", "/", "div", "mod", "+", "-"]);
                format!("({one}) {operator} ({})", self.number(focus, depth - 1))
            }
            4 => format!("({one}).{}()", self.dice.of(&["abs", "ceiling", "floor", "truncate", "round"])),
            5 => format!("({one}).round({})", self.dice.below(4)),
            6 => format!("({one}).power({})", self.dice.of(&["2", "0", "3", "-1"])),
            7 => format!("({one}).{}()", self.dice.of(&["sqrt", "toInteger", "toDecimal", "exp"])),
            8 => format!("-({one})"),
            9 => format!("({}).length()", self.text(focus, depth - 1)),
            10 => format!("({}).indexOf({})", self.text(focus, depth - 1), self.literal_text(focus)),
            _ => {
                let function = self.dice.of(&["lowBoundary", "highBoundary", "precision"]);
                format!("({one}).{function}()")
            }
        }
    }

    fn pattern(&mut self) -> &'static str {
        self.dice.of(&[
            "'^[A-Za-z]+$'",
            "'[0-9]'",
            "'e'",
            "'.*'",
            "'^.$'",
            "'[a-z]{3}'",
            "'(a|e)+'",
            "'\\\\d+'",
        ])
    }

    /// A text that the path finds, or one that it does not.
    fn literal_of(&mut self, found: &Found<'_>) -> String {
        let item = found.items[self.dice.below(found.items.len())];
        match item.primitive() {
            Some(Primitive::Text(text))
                if text.len() < 40 && text.chars().all(|c| c >= ' ') && !self.dice.one_in(5) =>
            {
                format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
            }
            _ => "'x'".to_owned(),
        }
    }

    fn literal_text(&mut self, focus: &Focus<'_>) -> String {
        if self.dice.one_in(3)
            && let Some(found) = self.path_of(focus, &[Kind::Text])
        {
            return self.literal_of(&found);
        }
        self.dice.of(&["'a'", "''", "' '", "'e'", "'http'", "'-'", "'A b'", "'1'", "'é'"]).to_owned()
    }

    fn text(&mut self, focus: &Focus<'_>, depth: usize) -> String {
        if depth == 0 {
            return match self.single(focus, &[Kind::Text]).filter(|_| !self.dice.one_in(5)) {
                Some(path) => path,
                None => self.literal_text(focus),
            };
        }
        let one = self.text(focus, depth - 1);
        match self.dice.below(17) {
            0 => format!("({one}) & ({})", self.text(focus, depth - 1)),
            1 => format!("({one}) + ({})", self.text(focus, depth - 1)),
            2 => format!("({one}).substring({})", self.dice.below(6)),
            3 => format!("({one}).substring({}, {})", self.dice.below(4), self.dice.below(4)),
            4 => format!("({one}).{}()", self.dice.of(&["upper", "lower", "trim"])),
            5 => format!("({one}).replace({}, {})", self.literal_text(focus), self.literal_text(focus)),
            6 => format!("({one}).replaceMatches({}, '-')", self.pattern()),
            7 => format!("({one}).split({}).join('+')", self.literal_text(focus)),
            8 => format!("({one}).toChars().first()"),
            9 => format!("({one}).encode('{}')", self.dice.of(&["base64", "hex", "urlbase64"])),
            10 => format!("({one}).escape('{}')", self.dice.of(&["html", "json"])),
            11 => format!("({}).toString()", self.number(focus, depth - 1)),
            12 => format!("({}).toString()", self.moment_or_quantity(focus, depth - 1)),
            13 => format!("iif({}, {one}, {})", self.boolean(focus, depth - 1), self.text(focus, depth - 1)),
            14 => match self.path_of(focus, &[Kind::Text]) {
                Some(found) => format!("{}.join(', ')", found.text),
                None => one,
            },
            15 => format!("({}).toString()", self.boolean(focus, depth - 1)),
            _ => format!("({one}).lastIndexOf({}).toString()", self.literal_text(focus)),
        }
    }

    fn moment_or_quantity(&mut self, focus: &Focus<'_>, depth: usize) -> String {
        match self.dice.below(4) {
            0 => self.date(focus, depth),
            1 => self.date_time(focus, depth),
            2 => self.time(focus, depth),
            _ => self.quantity(focus, depth),
        }
    }

    fn date(&mut self, focus: &Focus<'_>, depth: usize) -> String {
        let plain = match self.single(focus, &[Kind::Date]).filter(|_| self.dice.one_in(2)) {
            Some(path) => path,
            None => {
                self.dice.of(&["@2012", "@2012-02", "@2012-02-29", "@2015-07-31", "@1970-01-01"]).to_owned()
            }
        };
        if depth == 0 {
            return plain;
        }
        match self.dice.below(6) {
            0 => plain,
            1 | 2 => {
                let operator = self.dice.of(&["+", "-"]);
                let unit = self.dice.of(&CALENDAR[..8]);
                format!("({plain} {operator} {} {unit})", 1 + self.dice.below(40))
            }
            3 => format!("{plain}.{}()", self.dice.of(&["lowBoundary", "highBoundary"])),
            4 => format!("({}).toDate()", self.date_time(focus, depth - 1)),
            _ => format!("({}).dateOf()", self.date_time(focus, depth - 1)),
        }
    }

    fn date_time(&mut self, focus: &Focus<'_>, depth: usize) -> String {
        let plain = match self.single(focus, &[Kind::DateTime]).filter(|_| !self.dice.one_in(3)) {
            Some(path) => path,
            None => self
                .dice
                .of(&[
                    "@2012-02-29T10:30:00Z",
                    "@2012-02-29T10:30",
                    "@2015T",
                    "@2013-12-31T23:59:59.999+02:00",
                    "@2015-02-07T13:28:17-05:00",
                ])
                .to_owned(),
        };
        if depth == 0 {
            return plain;
        }
        match self.dice.below(7) {
            0 => plain,
            1 | 2 => {
                let operator = self.dice.of(&["+", "-"]);
                let unit = self.dice.of(&CALENDAR);
                format!("({plain} {operator} {} {unit})", 1 + self.dice.below(40))
            }
            3 => format!("{plain}.{}()", self.dice.of(&["lowBoundary", "highBoundary"])),
            4 => format!("({}).toDateTime()", self.date(focus, depth - 1)),
            5 => format!("({plain}).toString().toDateTime()"),
            _ => {
                let parts =
                    ["yearOf", "monthOf", "dayOf", "hourOf", "minuteOf", "secondOf", "timezoneOffsetOf"];
                format!("({plain}).{}()", self.dice.of(&parts))
            }
        }
    }

    fn time(&mut self, focus: &Focus<'_>, depth: usize) -> String {
        let plain = match self.single(focus, &[Kind::Time]) {
            Some(path) => path,
            None => self.dice.of(&["@T10", "@T10:30", "@T23:59:59", "@T00:00:00.000"]).to_owned(),
        };
        if depth == 0 {
            return plain;
        }
        match self.dice.below(4) {
            0 => format!("({plain} + {} {})", 1 + self.dice.below(90), self.dice.of(&CALENDAR[8..12])),
            1 => {
                format!("{plain}.{}()", self.dice.of(&["lowBoundary", "highBoundary", "hourOf", "minuteOf"]))
            }
            2 => format!("({}).timeOf()", self.date_time(focus, depth - 1)),
            _ => plain,
        }
    }

    fn quantity(&mut self, focus: &Focus<'_>, depth: usize) -> String {
        let value = self.dice.of(&["1", "2.5", "10", "0.5", "100", "37.0"]);
        let literal = format!("{value} {}", self.dice.of(&UNITS));
        if depth == 0 {
            return match self.single(focus, &[Kind::Quantity]).filter(|_| !self.dice.one_in(3)) {
                Some(path) => path,
                None => literal,
            };
        }
        let one = self.quantity(focus, depth - 1);
        match self.dice.below(9) {
            0 | 1 => format!("({one} {} {})", self.dice.of(&["+", "-"]), self.quantity(focus, depth - 1)),
            2 => format!("({one} {} {})", self.dice.of(&["*", "/"]), self.number(focus, 0)),
            3 => format!("({one} {} {literal})", self.dice.of(&["*", "/"])),
            4 => format!("({one}).toQuantity({})", self.dice.of(&["'g'", "'cm'", "'h'", "'day'"])),
            5 => format!("({one}).{}()", self.dice.of(&["abs", "round", "ceiling", "floor"])),
            6 => format!("('{value} \\'mg\\'').toQuantity()"),
            7 => format!("-({one})"),
            _ => one,
        }
    }
}
