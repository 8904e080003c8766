//! The functions of the language and of FHIR: their names and how many arguments they take.

/// A function that is called with its input and the collections of its arguments, or that scopes `$this`.
///
/// The ones that shape the plan itself (`is`, `as`, `ofType`, `where`) become steps of their own and are not
/// here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Function {
    // Existence
    Empty,
    Exists,
    All,
    AllTrue,
    AnyTrue,
    AllFalse,
    AnyFalse,
    SubsetOf,
    SupersetOf,
    Count,
    Distinct,
    IsDistinct,
    Not,
    // Filtering and projection
    Select,
    Repeat,
    RepeatAll,
    Sort,
    Coalesce,
    // Subsetting
    Single,
    First,
    Last,
    Tail,
    Skip,
    Take,
    Intersect,
    Exclude,
    // Combining
    Union,
    Combine,
    // Conversion
    Iif,
    ToBoolean,
    ConvertsToBoolean,
    ToInteger,
    ConvertsToInteger,
    ToLong,
    ConvertsToLong,
    ToDate,
    ConvertsToDate,
    ToDateTime,
    ConvertsToDateTime,
    ToDecimal,
    ConvertsToDecimal,
    ToQuantity,
    ConvertsToQuantity,
    ToText,
    ConvertsToText,
    ToTime,
    ConvertsToTime,
    // Strings
    IndexOf,
    LastIndexOf,
    Substring,
    StartsWith,
    EndsWith,
    Contains,
    Upper,
    Lower,
    Replace,
    Matches,
    MatchesFull,
    ReplaceMatches,
    Length,
    ToChars,
    Encode,
    Decode,
    Escape,
    Unescape,
    Trim,
    Split,
    Join,
    // Math
    Abs,
    Ceiling,
    Exp,
    Floor,
    Ln,
    Log,
    Power,
    Round,
    Sqrt,
    Truncate,
    Sum,
    Min,
    Max,
    Avg,
    Aggregate,
    // Tree navigation
    Children,
    Descendants,
    // Utility
    Trace,
    Now,
    TimeOfDay,
    Today,
    DefineVariable,
    LowBoundary,
    HighBoundary,
    Precision,
    Comparable,
    Type,
    YearOf,
    MonthOf,
    DayOf,
    HourOf,
    MinuteOf,
    SecondOf,
    MillisecondOf,
    TimezoneOffsetOf,
    DateOf,
    TimeOf,
    Duration,
    Difference,
    // FHIR
    Extension,
    HasExtension,
    HasValue,
    GetValue,
    Resolve,
    ElementDefinition,
    Slice,
    CheckModifiers,
    PathName,
    /// Makes an element: its arguments are the name of the type, and names and values of elements in turns. It has
    /// no name of its own.
    Instance,
    ConformsTo,
    MemberOf,
    Subsumes,
    SubsumedBy,
    HtmlChecks,
    HtmlChecks2,
    GetResourceKey,
    GetReferenceKey,
}

/// How arguments are evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scoping {
    /// Before the call, on the focus where the function stands.
    Plain,
    /// For each item, which is `$this` then.
    EachItem,
    /// Once, with the whole input as `$this`.
    Input,
}

/// A row of the table.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    pub(crate) function: Function,
    pub(crate) least: usize,
    pub(crate) most: usize,
    pub(crate) scoping: Scoping,
}

const fn plain(name: &'static str, function: Function, least: usize, most: usize) -> Signature {
    Signature { name, function, least, most, scoping: Scoping::Plain }
}

const fn each(name: &'static str, function: Function, least: usize, most: usize) -> Signature {
    Signature { name, function, least, most, scoping: Scoping::EachItem }
}

const MANY: usize = 64;

/// All functions, by name.
static SIGNATURES: &[Signature] = {
    use Function as F;
    &[
        plain("abs", F::Abs, 0, 0),
        each("aggregate", F::Aggregate, 1, 2),
        each("all", F::All, 1, 1),
        plain("allFalse", F::AllFalse, 0, 0),
        plain("allTrue", F::AllTrue, 0, 0),
        plain("anyFalse", F::AnyFalse, 0, 0),
        plain("anyTrue", F::AnyTrue, 0, 0),
        plain("avg", F::Avg, 0, 0),
        plain("ceiling", F::Ceiling, 0, 0),
        plain("checkModifiers", F::CheckModifiers, 0, MANY),
        plain("children", F::Children, 0, 0),
        plain("coalesce", F::Coalesce, 1, MANY),
        plain("combine", F::Combine, 1, 2),
        plain("comparable", F::Comparable, 1, 1),
        plain("conformsTo", F::ConformsTo, 1, 1),
        plain("contains", F::Contains, 1, 1),
        plain("convertsToBoolean", F::ConvertsToBoolean, 0, 0),
        plain("convertsToDate", F::ConvertsToDate, 0, 1),
        plain("convertsToDateTime", F::ConvertsToDateTime, 0, 1),
        plain("convertsToDecimal", F::ConvertsToDecimal, 0, 0),
        plain("convertsToInteger", F::ConvertsToInteger, 0, 0),
        plain("convertsToLong", F::ConvertsToLong, 0, 0),
        plain("convertsToQuantity", F::ConvertsToQuantity, 0, 1),
        plain("convertsToString", F::ConvertsToText, 0, 0),
        plain("convertsToTime", F::ConvertsToTime, 0, 0),
        plain("count", F::Count, 0, 0),
        plain("dateOf", F::DateOf, 0, 0),
        plain("dayOf", F::DayOf, 0, 0),
        plain("decode", F::Decode, 1, 1),
        plain("defineVariable", F::DefineVariable, 1, 2),
        plain("descendants", F::Descendants, 0, 0),
        plain("difference", F::Difference, 2, 2),
        plain("distinct", F::Distinct, 0, 0),
        plain("duration", F::Duration, 2, 2),
        plain("elementDefinition", F::ElementDefinition, 0, 0),
        plain("empty", F::Empty, 0, 0),
        plain("encode", F::Encode, 1, 1),
        plain("endsWith", F::EndsWith, 1, 1),
        plain("escape", F::Escape, 1, 1),
        plain("exclude", F::Exclude, 1, 1),
        each("exists", F::Exists, 0, 1),
        plain("exp", F::Exp, 0, 0),
        plain("extension", F::Extension, 1, 1),
        plain("first", F::First, 0, 0),
        plain("floor", F::Floor, 0, 0),
        plain("getReferenceKey", F::GetReferenceKey, 0, 1),
        plain("getResourceKey", F::GetResourceKey, 0, 0),
        plain("getValue", F::GetValue, 0, 0),
        plain("hasExtension", F::HasExtension, 1, 1),
        plain("hasValue", F::HasValue, 0, 0),
        plain("highBoundary", F::HighBoundary, 0, 1),
        plain("hourOf", F::HourOf, 0, 0),
        plain("htmlChecks", F::HtmlChecks, 0, 0),
        plain("htmlChecks2", F::HtmlChecks2, 0, 0),
        Signature { name: "iif", function: F::Iif, least: 2, most: 3, scoping: Scoping::Input },
        plain("indexOf", F::IndexOf, 1, 1),
        plain("intersect", F::Intersect, 1, 1),
        plain("isDistinct", F::IsDistinct, 0, 0),
        plain("join", F::Join, 0, 1),
        plain("last", F::Last, 0, 0),
        plain("lastIndexOf", F::LastIndexOf, 1, 1),
        plain("length", F::Length, 0, 0),
        plain("ln", F::Ln, 0, 0),
        plain("log", F::Log, 1, 1),
        plain("lowBoundary", F::LowBoundary, 0, 1),
        plain("lower", F::Lower, 0, 0),
        plain("matches", F::Matches, 1, 2),
        plain("matchesFull", F::MatchesFull, 1, 2),
        plain("max", F::Max, 0, 0),
        plain("memberOf", F::MemberOf, 1, 1),
        plain("millisecondOf", F::MillisecondOf, 0, 0),
        plain("min", F::Min, 0, 0),
        plain("minuteOf", F::MinuteOf, 0, 0),
        plain("monthOf", F::MonthOf, 0, 0),
        plain("not", F::Not, 0, 0),
        plain("now", F::Now, 0, 0),
        plain("pathname", F::PathName, 0, 1),
        plain("power", F::Power, 1, 1),
        plain("precision", F::Precision, 0, 0),
        each("repeat", F::Repeat, 1, 1),
        each("repeatAll", F::RepeatAll, 1, 1),
        plain("replace", F::Replace, 2, 2),
        plain("replaceMatches", F::ReplaceMatches, 2, 3),
        plain("resolve", F::Resolve, 0, 0),
        plain("round", F::Round, 0, 1),
        plain("secondOf", F::SecondOf, 0, 0),
        each("select", F::Select, 1, 1),
        plain("single", F::Single, 0, 0),
        plain("skip", F::Skip, 1, 1),
        plain("slice", F::Slice, 2, 2),
        each("sort", F::Sort, 0, MANY),
        plain("split", F::Split, 1, 1),
        plain("sqrt", F::Sqrt, 0, 0),
        plain("startsWith", F::StartsWith, 1, 1),
        plain("subsetOf", F::SubsetOf, 1, 1),
        plain("substring", F::Substring, 1, 2),
        plain("subsumedBy", F::SubsumedBy, 1, 1),
        plain("subsumes", F::Subsumes, 1, 1),
        plain("sum", F::Sum, 0, 0),
        plain("supersetOf", F::SupersetOf, 1, 1),
        plain("tail", F::Tail, 0, 0),
        plain("take", F::Take, 1, 1),
        plain("timeOf", F::TimeOf, 0, 0),
        plain("timeOfDay", F::TimeOfDay, 0, 0),
        plain("timezoneOffsetOf", F::TimezoneOffsetOf, 0, 0),
        plain("toBoolean", F::ToBoolean, 0, 0),
        plain("toChars", F::ToChars, 0, 0),
        plain("toDate", F::ToDate, 0, 1),
        plain("toDateTime", F::ToDateTime, 0, 1),
        plain("toDecimal", F::ToDecimal, 0, 0),
        plain("toInteger", F::ToInteger, 0, 0),
        plain("toLong", F::ToLong, 0, 0),
        plain("toQuantity", F::ToQuantity, 0, 1),
        plain("toString", F::ToText, 0, 0),
        plain("toTime", F::ToTime, 0, 0),
        plain("today", F::Today, 0, 0),
        each("trace", F::Trace, 1, 2),
        plain("trim", F::Trim, 0, 0),
        plain("truncate", F::Truncate, 0, 0),
        plain("type", F::Type, 0, 0),
        plain("unescape", F::Unescape, 1, 1),
        plain("union", F::Union, 1, 1),
        plain("upper", F::Upper, 0, 0),
        plain("yearOf", F::YearOf, 0, 0),
    ]
};

/// The row of a function.
pub(crate) fn signature(name: &str) -> Option<&'static Signature> {
    SIGNATURES.binary_search_by(|row| row.name.cmp(name)).ok().and_then(|at| SIGNATURES.get(at))
}

impl Function {
    /// The name as it is written.
    pub(crate) fn name(self) -> &'static str {
        SIGNATURES.iter().find(|row| row.function == self).map_or("", |row| row.name)
    }
}

/// The name of a function that is written almost like this one, for messages.
pub(crate) fn similar(name: &str) -> Option<&'static str> {
    SIGNATURES.iter().map(|row| row.name).chain(["where", "ofType", "is", "as"]).find(|known| {
        known.eq_ignore_ascii_case(name)
            || (name.len() > 3
                && (known.starts_with(name) || name.starts_with(known))
                && known.len().abs_diff(name.len()) <= 2)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_whole() {
        assert!(SIGNATURES.windows(2).all(|pair| pair[0].name < pair[1].name));
        for row in SIGNATURES {
            assert_eq!(signature(row.name).unwrap().function, row.function);
            assert!(row.least <= row.most);
        }
        assert!(signature("nope").is_none());
        assert_eq!(similar("startswith"), Some("startsWith"));
    }
}
