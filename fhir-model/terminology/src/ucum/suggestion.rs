//! What was perhaps meant by a text that is no unit: the spellings that prescriptions and laboratories use.

use super::essence::{ATOMS, BASES, PREFIXES};
use super::parse;

/// Spellings in common use, and the codes of UCUM.
const SPELLINGS: &[(&str, &str)] = &[
    ("10^9", "10*9"),
    ("Fahrenheit", "[degF]"),
    ("IU", "[IU]"),
    ("Torr", "mm[Hg]"),
    ("beats", "{beats}"),
    ("beats/min", "{beats}/min"),
    ("bpm", "{beats}/min"),
    ("breaths/min", "{breaths}/min"),
    ("cc", "mL"),
    ("celsius", "Cel"),
    ("cells", "{cells}"),
    ("cfu", "[CFU]"),
    ("cmH2O", "cm[H2O]"),
    ("copies", "{copies}"),
    ("count", "{count}"),
    ("day", "d"),
    ("days", "d"),
    ("degC", "Cel"),
    ("degF", "[degF]"),
    ("feet", "[ft_i]"),
    ("foot", "[ft_i]"),
    ("ft", "[ft_i]"),
    ("gallon", "[gal_us]"),
    ("gm", "g"),
    ("gram", "g"),
    ("grams", "g"),
    ("gtt", "[drp]"),
    ("hour", "h"),
    ("hours", "h"),
    ("hr", "h"),
    ("hrs", "h"),
    ("hpf", "[HPF]"),
    ("iU", "[iU]"),
    ("iu", "[iU]"),
    ("inHg", "[in_i'Hg]"),
    ("in", "[in_i]"),
    ("inch", "[in_i]"),
    ("inches", "[in_i]"),
    ("kcals", "kcal"),
    ("lb", "[lb_av]"),
    ("lbs", "[lb_av]"),
    ("litre", "L"),
    ("liter", "L"),
    ("lpf", "[LPF]"),
    ("mIU", "m[IU]"),
    ("mcg", "ug"),
    ("mcL", "uL"),
    ("mcmol", "umol"),
    ("mEq", "meq"),
    ("metre", "m"),
    ("meter", "m"),
    ("mile", "[mi_i]"),
    ("min.", "min"),
    ("mins", "min"),
    ("minute", "min"),
    ("minutes", "min"),
    ("mmHg", "mm[Hg]"),
    ("month", "mo"),
    ("months", "mo"),
    ("mOsm", "mosm"),
    ("ounce", "[oz_av]"),
    ("oz", "[oz_av]"),
    ("pH", "[pH]"),
    ("percent", "%"),
    ("ppb", "[ppb]"),
    ("ppm", "[ppm]"),
    ("psi", "[psi]"),
    ("sec", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("secs", "s"),
    ("tablet", "{tablet}"),
    ("tablets", "{tablets}"),
    ("tbsp", "[tbs_us]"),
    ("tsp", "[tsp_us]"),
    ("uIU", "u[IU]"),
    ("unit", "U"),
    ("units", "U"),
    ("week", "wk"),
    ("weeks", "wk"),
    ("year", "a"),
    ("years", "a"),
    ("yr", "a"),
    ("yrs", "a"),
    ("°C", "Cel"),
    ("°F", "[degF]"),
    ("µL", "uL"),
    ("µg", "ug"),
    ("µm", "um"),
    ("µmol", "umol"),
    ("μL", "uL"),
    ("μg", "ug"),
    ("μm", "um"),
    ("μmol", "umol"),
];

/// The code that was perhaps meant by the whole text or, if that has none, by one symbol in it.
pub(super) fn of(whole: &str, symbol: &str) -> Option<String> {
    let spelled = |text: &str| {
        SPELLINGS.iter().find(|(spelling, _)| *spelling == text).map(|(_, code)| (*code).to_owned())
    };
    // Both letters that look like a micro sign stand for the prefix.
    if whole.contains(['µ', 'μ']) {
        let plain = whole.replace(['µ', 'μ'], "u");
        return parse::read(&plain, None).is_ok().then_some(plain);
    }
    spelled(whole)
        .or_else(|| if symbol.is_empty() { None } else { spelled(symbol).or_else(|| cased(symbol)) })
}

/// The one unit that is written so in other capitals, or with brackets.
fn cased(symbol: &str) -> Option<String> {
    let bracketed = format!("[{symbol}]");
    let codes = || BASES.iter().copied().chain(ATOMS.iter().map(|atom| atom.code));
    let mut found = None;
    let mut consider = |code: String| match &found {
        None => {
            found = Some(Some(code));
        }
        Some(Some(other)) if *other == code => {}
        // Two of them: nobody knows which was meant.
        Some(_) => found = Some(None),
    };
    for code in
        codes().filter(|code| code.eq_ignore_ascii_case(symbol) || code.eq_ignore_ascii_case(&bracketed))
    {
        consider(code.to_owned());
    }
    for (prefix, _) in &PREFIXES {
        let Some((start, rest)) = symbol.split_at_checked(prefix.len()) else { continue };
        if *prefix != start {
            continue;
        }
        for code in codes().filter(|code| code.eq_ignore_ascii_case(rest) && parse::takes_prefix(code)) {
            consider(format!("{prefix}{code}"));
        }
    }
    found.flatten().filter(|code| parse::is_known(code))
}
