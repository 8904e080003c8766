//! Converting, comparing and normalising quantities.

use super::parse::MAX_LENGTH;
use super::ratio::Ratio;
use super::table::Function;
use super::{Special, Unit};
use hygea_fhir_model::primitive::decimal::Number;
use std::cmp::Ordering;

/// `value` of unit `from` in unit `to`; nothing if the units are not comparable or the result has no decimal
/// form. Exact where the definitions are exact and 38 digits suffice, else 28 significant digits; 15 for
/// logarithmic and trigonometric scales.
///
/// ```
/// use hygea_terminology::ucum::{Unit, convert};
/// use hygea_fhir_model::primitive::decimal::Number;
///
/// let fever = convert(Number::parse("38.5").unwrap(), &Unit::parse("Cel")?, &Unit::parse("[degF]")?).unwrap();
/// assert_eq!((fever.coefficient, fever.exponent), (1013, -1));
/// # Ok::<(), hygea_terminology::Error>(())
/// ```
#[must_use]
pub fn convert(value: Number, from: &Unit, to: &Unit) -> Option<Number> {
    if !from.is_comparable(to) || !is_sane(value) {
        return None;
    }
    let base = to_base(&Ratio::from_number(value), from)?;
    from_base(&base, to)?.to_number()
}

/// The order of two quantities; nothing if the units are not comparable.
#[must_use]
pub fn compare(left: Number, left_unit: &Unit, right: Number, right_unit: &Unit) -> Option<Ordering> {
    if !left_unit.is_comparable(right_unit) || !is_sane(left) || !is_sane(right) {
        return None;
    }
    let left = to_base(&Ratio::from_number(left), left_unit)?;
    Some(left.cmp(&to_base(&Ratio::from_number(right), right_unit)?))
}

/// The same quantity in base units, with their code: two comparable quantities get the same code, so that
/// values can be kept in one index.
///
/// ```
/// use hygea_terminology::ucum::{Unit, canonical};
/// use hygea_fhir_model::primitive::decimal::Number;
///
/// let (value, unit) = canonical(Number::parse("7.2").unwrap(), &Unit::parse("mmol/L")?).unwrap();
/// assert_eq!(unit, "/m3");
/// assert_eq!((value.coefficient, value.exponent), (4_335_938_424_000_000_000_000_000, 0));
/// # Ok::<(), hygea_terminology::Error>(())
/// ```
#[must_use]
pub fn canonical(value: Number, unit: &Unit) -> Option<(Number, String)> {
    if !is_sane(value) {
        return None;
    }
    let base = to_base(&Ratio::from_number(value), unit)?;
    // A unit of very many parts may have a canonical code that is too long to be read.
    let code = Some(unit.size.dimension.code()).filter(|code| code.len() <= MAX_LENGTH)?;
    Some((base.to_number()?, code))
}

/// Exponents beyond all measures would take memory without bound.
fn is_sane(value: Number) -> bool {
    value.exponent.abs() <= 400
}

fn to_base(value: &Ratio, unit: &Unit) -> Option<Ratio> {
    match &unit.special {
        None => Some(value.times(&unit.size.ratio)),
        Some(special) => special.to_ratio(&value.times(&special.scale), &unit.size.ratio),
    }
}

fn from_base(base: &Ratio, unit: &Unit) -> Option<Ratio> {
    match &unit.special {
        None => base.over(&unit.size.ratio),
        Some(special) => special.of_ratio(base, &unit.size.ratio)?.over(&special.scale),
    }
}

impl Special {
    /// What a value on the special scale is in base units. `unit` is the size of the unit that the function
    /// starts from.
    fn to_ratio(&self, value: &Ratio, unit: &Ratio) -> Option<Ratio> {
        let offset = self.offset();
        if let Some(offset) = offset {
            return Some(value.plus(&offset).times(unit));
        }
        let x = value.to_f64();
        let found = match self.function {
            Function::Ph => 10_f64.powf(-x),
            Function::Ln => x.exp(),
            Function::Lg => 10_f64.powf(x),
            Function::LgTwice => 10_f64.powf(x / 2.0),
            Function::Ld => x.exp2(),
            Function::Tangent => (x / 100.0).atan() / angle(unit),
            Function::SquareRoot => x * x,
            function => homeopathic(function).powf(-x),
        };
        Some(Ratio::from_f64(found)?.times(unit))
    }

    fn of_ratio(&self, base: &Ratio, unit: &Ratio) -> Option<Ratio> {
        let own = base.over(unit)?;
        if let Some(offset) = self.offset() {
            return Some(own.minus(&offset));
        }
        let x = own.to_f64();
        Ratio::from_f64(match self.function {
            Function::Ph => -x.log10(),
            Function::Ln => x.ln(),
            Function::Lg => x.log10(),
            Function::LgTwice => 2.0 * x.log10(),
            Function::Ld => x.log2(),
            Function::Tangent => (x * angle(unit)).tan() * 100.0,
            Function::SquareRoot => x.sqrt(),
            function => -x.ln() / homeopathic(function).ln(),
        })
    }

    /// Where zero of a temperature scale lies, in its own degrees above absolute zero.
    fn offset(&self) -> Option<Ratio> {
        Some(match self.function {
            Function::Celsius => Ratio::fraction(27_315, 100),
            Function::Fahrenheit => Ratio::fraction(45_967, 100),
            // 273.15 K in degrees of 5/4 K.
            Function::Reaumur => Ratio::fraction(21_852, 100),
            _ => return None,
        })
    }
}

/// The size of the unit of an angle in radians.
fn angle(unit: &Ratio) -> f64 {
    unit.to_f64()
}

fn homeopathic(function: Function) -> f64 {
    match function {
        Function::HomeopathicCentesimal => 100.0,
        Function::HomeopathicMillesimal => 1000.0,
        Function::HomeopathicQuintamillesimal => 50_000.0,
        _ => 10.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(value: &str, from: &str, to: &str) -> Option<(i128, i32)> {
        let (from, to) = (Unit::parse(from).unwrap(), Unit::parse(to).unwrap());
        convert(Number::parse(value).unwrap(), &from, &to).map(|found| (found.coefficient, found.exponent))
    }

    #[test]
    fn canonical_codes_can_be_read() {
        for code in ["uL33", "uL83", "[iU]99.g-99", "m99.m99"] {
            let Ok(unit) = Unit::parse(code) else { continue };
            if let Some((_, code)) = canonical(Number::parse("1").unwrap(), &unit) {
                assert!(Unit::parse(&code).is_ok(), "{code}");
            }
        }
        assert!(Unit::parse("uL33").is_ok());
    }

    #[test]
    fn conversions_are_exact() {
        let table: &[(&str, &str, &str, (i128, i32))] = &[
            ("1", "[in_i]", "cm", (254, -2)),
            ("1", "[lb_av]", "g", (45_359_237, -5)),
            ("1", "[gal_us]", "l", (3_785_411_784, -9)),
            ("1", "[mi_i]", "m", (1_609_344, -3)),
            ("120", "mm[Hg]", "kPa", (1_599_864, -5)),
            ("1", "kg.m/s2", "N", (1, 0)),
            ("1", "h", "s", (3600, 0)),
            ("1", "a", "d", (36_525, -2)),
            ("7", "d", "wk", (1, 0)),
            ("100", "mg/dL", "g/L", (1, 0)),
            ("5", "10*9/L", "10*6/mL", (5, 0)),
            ("1", "%", "[ppm]", (10_000, 0)),
            ("37", "Cel", "K", (31_015, -2)),
            ("98.6", "[degF]", "Cel", (37, 0)),
            ("0", "[degRe]", "Cel", (0, 0)),
            ("80", "[degRe]", "Cel", (100, 0)),
            ("212", "[degF]", "K", (37_315, -2)),
            ("1", "[ft_us]", "m", (3_048_006_096_012_192_024_384_048_768, -28)),
            ("1", "Mibit", "bit", (1_048_576, 0)),
            ("60", "{beats}/min", "Hz", (1, 0)),
            ("1", "mU/mL", "U/L", (1, 0)),
            ("1", "[IU]/mL", "[iU]/L", (1000, 0)),
            ("1", "m2.s-2", "J/kg", (1, 0)),
            ("1", "(m.s)/(s.cm)", "1", (100, 0)),
        ];
        for (value, from, to, wanted) in table {
            assert_eq!(converted(value, from, to), Some(*wanted), "{value} {from} in {to}");
        }
    }

    #[test]
    fn logarithmic_scales_convert() {
        assert_eq!(converted("7", "[pH]", "mol/L"), Some((1, -7)));
        assert_eq!(converted("20", "dB", "1"), Some((100, 0)));
        assert_eq!(converted("1", "B[V]", "V").map(|(value, _)| value / 100_000_000_000), Some(3162));
        assert_eq!(converted("100", "%[slope]", "deg"), Some((45, 0)));
    }

    #[test]
    fn incomparable_units_do_not_convert() {
        for (from, to) in
            [("m", "s"), ("m", "m2"), ("[iU]", "g"), ("[iU]", "[arb'U]"), ("Cel", "m"), ("mol", "g")]
        {
            assert_eq!(converted("1", from, to), None, "{from} {to}");
        }
    }

    #[test]
    fn products_have_short_codes() {
        let unit = |code: &str| Unit::parse(code).unwrap();
        assert_eq!(unit("cm").multiply(&unit("cm")).unwrap().code(), "cm2");
        assert_eq!(unit("cm2").divide(&unit("cm")).unwrap().code(), "cm");
        assert_eq!(unit("m").divide(&unit("m")).unwrap().code(), "1");
        assert_eq!(unit("1").divide(&unit("s")).unwrap().code(), "/s");
        assert_eq!(unit("g").divide(&unit("m")).unwrap().code(), "g/m");
        assert_eq!(unit("Cel").multiply(&unit("m")), None);
    }
}
