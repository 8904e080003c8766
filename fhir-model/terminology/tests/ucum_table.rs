//! UCUM beside figures that another hand worked out: the essence's own definitions, published examples,
//! conversions and codes that are none.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    unused_crate_dependencies,
    clippy::type_complexity,
    reason = "tests fail by panicking"
)]

use hygea_fhir_model::primitive::decimal::Number;
use hygea_terminology::ErrorKind;
use hygea_terminology::ucum::{self, Unit, atoms, canonical, compare, convert};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use std::cmp::Ordering;

const ONE: Number = Number { coefficient: 1, exponent: 0 };

fn unit(code: &str) -> Unit {
    Unit::parse(code).unwrap_or_else(|error| panic!("{code}: {error}"))
}

/// The fraction of a decimal.
fn fraction(number: Number) -> BigRational {
    let power = BigInt::from(10).pow(number.exponent.unsigned_abs());
    let value = BigRational::from_integer(number.coefficient.into());
    if number.exponent < 0 { value / power } else { value * power }
}

/// Whether the decimal is the fraction: to the last digit if 38 digits can hold it, else to 28 digits.
fn is_rendered(found: Number, wanted: &BigRational) -> bool {
    let (mut rest, mut places) = (wanted.denom().clone(), 0_u32);
    for divisor in [BigInt::from(2), BigInt::from(5)] {
        while (&rest % &divisor).is_zero() {
            rest /= &divisor;
            places += 1;
        }
    }
    let found = fraction(found);
    let decimal = wanted * BigRational::from_integer(BigInt::from(10).pow(places));
    let digits = decimal.numer().abs().to_string().trim_end_matches('0').len();
    if rest.is_one() && digits <= 38 {
        return found == *wanted;
    }
    let error = (found - wanted).abs() / wanted.abs();
    error <= BigRational::new(BigInt::one(), BigInt::from(10).pow(27))
}

/// The rows of a table: code, fraction, code of the base units.
fn rows(text: &str) -> Vec<(&str, BigRational, &str)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let rows = lines.map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        (cells[0], BigRational::new(cells[1].parse().unwrap(), cells[2].parse().unwrap()), cells[3])
    });
    rows.collect()
}

/// Every row of a table converts to its base units and back, and has them as its canonical form.
fn check_sizes(text: &str) -> usize {
    let rows = rows(text);
    for (code, size, base_code) in &rows {
        let own = unit(code);
        assert_eq!(own.base_code(), *base_code, "{code}");
        let base = unit(base_code);
        assert!(own.is_comparable(&base), "{code}");
        if own.is_special() {
            continue;
        }
        let found = convert(ONE, &own, &base).unwrap();
        assert!(is_rendered(found, size), "1 {code} is {found:?} {base_code}, wanted {size}");
        let back = convert(ONE, &base, &own).unwrap();
        assert!(is_rendered(back, &size.recip()), "1 {base_code} is {back:?} {code}");
        assert_eq!(canonical(ONE, &own), Some((found, (*base_code).to_owned())), "{code}");
    }
    rows.len()
}

/// 305 units in base units, products of the essence's numbers by hand-written fractions.
#[test]
fn every_unit_has_its_size() {
    assert_eq!(check_sizes(include_str!("ucum/sizes.tsv")), 305);
    assert_eq!(ucum::VERSION, "2.2");
}

/// The 845 codes of the published table of examples, sizes included. Its `Torr` is no unit of the essence.
#[test]
fn published_examples_are_units() {
    assert_eq!(check_sizes(include_str!("ucum/examples.tsv")), 845);
    assert_eq!(Unit::parse("Torr").unwrap_err().kind(), ErrorKind::UnknownUnit);
}

/// Each definition of the essence is a conversion: 1 unit is so many of another one.
#[test]
fn every_definition_is_a_conversion() {
    let mut checked = 0;
    for atom in atoms() {
        let (value, of) = atom.definition();
        let (own, of) = (unit(atom.code()), unit(of));
        if atom.is_special() || (atom.is_arbitrary() && !own.is_comparable(&of)) {
            continue;
        }
        let found = convert(ONE, &own, &of).unwrap();
        let (digits, exponent) = value.split_once('e').unwrap_or((value, "0"));
        let (whole, behind) = digits.split_once('.').unwrap_or((digits, ""));
        let power = exponent.parse::<i32>().unwrap() - i32::try_from(behind.len()).unwrap();
        let mut wanted = BigRational::from_integer(format!("{whole}{behind}").parse().unwrap());
        let ten = BigInt::from(10).pow(power.unsigned_abs());
        wanted = if power < 0 { wanted / ten } else { wanted * ten };
        assert!(is_rendered(found, &wanted), "1 {} is {found:?}, wanted {value} {of}", atom.code());
        checked += 1;
    }
    println!("{checked} definitions");
    assert_eq!(checked, 244);
}

fn number(text: &str) -> Number {
    Number::parse(text).unwrap()
}

/// Exact conversions from published tables: value, unit, value, unit.
#[test]
fn published_conversions_are_exact() {
    let table = include_str!("ucum/conversions.tsv");
    let mut checked = 0;
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        let (left, right) = (unit(cells[1]), unit(cells[3]));
        let found = convert(number(cells[0]), &left, &right).unwrap_or_else(|| panic!("{line}"));
        assert_eq!(fraction(found), fraction(number(cells[2])), "{line}: found {found:?}");
        assert_eq!(
            compare(number(cells[0]), &left, number(cells[2]), &right),
            Some(Ordering::Equal),
            "{line}"
        );
        let back = convert(number(cells[2]), &right, &left).unwrap();
        assert_eq!(fraction(back), fraction(number(cells[0])), "{line}: back {back:?}");
        checked += 1;
    }
    assert_eq!(checked, 127);
}

/// Scales of which one side is irrational: the wanted digits, all of which must be met.
#[test]
fn special_units_convert() {
    let table = [
        ("7.4", "[pH]", "nmol/L", "39.81071705534972507702523051"),
        ("6.8", "[pH]", "umol/L", "0.1584893192461113485202101373"),
        ("1", "Np", "1", "2.718281828459045235360287471"),
        ("2", "1", "Np", "0.6931471805599453094172321215"),
        ("3", "dB", "1", "1.995262314968879601352455397"),
        ("1", "B[V]", "V", "3.162277660168379331998893544"),
        ("94", "dB[SPL]", "Pa", "1.002374467254544570003108374"),
        ("1.5", "[hp'_X]", "1", "0.03162277660168379331998893544"),
        ("30", "deg", "[p'diop]", "57.73502691896257645091487805"),
        ("10", "%[slope]", "deg", "5.710593137499642512695881348"),
        ("1000", "1", "bit_s", "9.965784284662087043610958288"),
        ("2", "[m/s2/Hz^(1/2)]", "m2/s3", "4"),
        ("2", "m2/s3", "[m/s2/Hz^(1/2)]", "1.414213562373095048801688724"),
    ];
    for (value, from, to, wanted) in table {
        let found = convert(number(value), &unit(from), &unit(to)).unwrap_or_else(|| panic!("{from} {to}"));
        let (found, wanted) = (fraction(found), fraction(number(wanted)));
        let error = (&found - &wanted).abs() / wanted.abs();
        let limit = BigRational::new(BigInt::one(), BigInt::from(10).pow(26));
        assert!(error <= limit, "{value} {from} is {found} {to}, wanted {wanted}");
    }
}

#[test]
fn codes_that_are_no_units_are_refused() {
    use ErrorKind::{Syntax, TooLarge, UnknownUnit, Unsupported};
    // Code, kind, byte, what was perhaps meant.
    let table: &[(&str, ErrorKind, Option<usize>, &str)] = &[
        ("", Syntax, Some(0), ""),
        ("m/", Syntax, Some(2), ""),
        ("m..s", Syntax, Some(2), ""),
        ("m.", Syntax, Some(2), ""),
        ("//m", Syntax, Some(1), ""),
        ("(m", Syntax, Some(2), ""),
        ("m)", Syntax, Some(1), ""),
        ("()", Syntax, Some(1), ""),
        ("m{x", Syntax, Some(1), ""),
        ("m{x}{y}", Syntax, Some(4), ""),
        ("{a}rad2{b}", Syntax, Some(3), ""),
        ("{|}1", Syntax, Some(3), ""),
        ("rad2{錠}", Syntax, Some(5), ""),
        ("m s", Syntax, Some(1), ""),
        (" m", Syntax, Some(0), ""),
        ("0", Syntax, Some(0), ""),
        ("µg", Syntax, Some(0), "ug"),
        ("μmol/L", Syntax, Some(0), "umol/L"),
        ("°C", Syntax, Some(0), "Cel"),
        ("10+3/ul", UnknownUnit, Some(0), ""),
        ("iU", UnknownUnit, Some(0), "[iU]"),
        ("molv", UnknownUnit, Some(0), ""),
        ("[BETH'U]", UnknownUnit, Some(0), "[beth'U]"),
        ("[iIU]", UnknownUnit, Some(0), ""),
        ("m[iIU]/L", UnknownUnit, Some(0), ""),
        ("g/12h", UnknownUnit, Some(2), ""),
        ("mL/10h", UnknownUnit, Some(3), ""),
        ("U/1h", UnknownUnit, Some(2), ""),
        ("mmol/kg[H20]", UnknownUnit, Some(5), ""),
        ("kk", UnknownUnit, Some(0), "kK"),
        ("kmin", UnknownUnit, Some(0), ""),
        ("km[pi]", UnknownUnit, Some(0), ""),
        ("lbs", UnknownUnit, Some(0), "[lb_av]"),
        ("mcg/mL", UnknownUnit, Some(0), "ug"),
        ("mmHg", UnknownUnit, Some(0), "mm[Hg]"),
        ("mEq/L", UnknownUnit, Some(0), "meq"),
        ("mMOL/L", UnknownUnit, Some(0), "mmol"),
        ("degF", UnknownUnit, Some(0), "[degF]"),
        ("bpm", UnknownUnit, Some(0), "{beats}/min"),
        ("Torr", UnknownUnit, Some(0), "mm[Hg]"),
        // UCUM 2.2 has not taken over the prefixes of 2022.
        ("Qm", UnknownUnit, Some(0), ""),
        ("rg", UnknownUnit, Some(0), ""),
        ("m100", TooLarge, Some(1), ""),
        ("m1000000", TooLarge, Some(1), ""),
        ("10*99999", TooLarge, Some(3), ""),
        ("m99999999999999999999", TooLarge, Some(1), ""),
        ("99999999999999999999", TooLarge, Some(0), ""),
        ("Cel2", Unsupported, Some(0), ""),
        ("Cel/s", Unsupported, Some(0), ""),
        ("[pH].m", Unsupported, Some(0), ""),
        ("/Cel", Unsupported, Some(1), ""),
    ];
    let mut checked = 0;
    for (code, kind, offset, meant) in table {
        let error = Unit::parse(code).expect_err(code);
        assert_eq!((error.kind(), error.offset()), (*kind, *offset), "{code}: {error}");
        if meant.is_empty() {
            assert!(!error.detail().contains("perhaps"), "{code}: {error}");
        } else {
            assert!(error.detail().contains(&format!("perhaps '{meant}'")), "{code}: {error}");
        }
        checked += 1;
    }
    println!("{checked} codes refused");
    for bomb in ["(".repeat(200), "m".repeat(300), "Ym99.".repeat(50), "(".repeat(17) + "m" + &")".repeat(17)]
    {
        assert_ne!(Unit::parse(&bomb).unwrap_err().kind(), UnknownUnit, "{bomb}");
    }
    assert!(Unit::parse(&("(".repeat(16) + "m" + &")".repeat(16))).is_ok());
}

#[test]
fn incomparable_units_do_not_convert() {
    let table = [
        ("m", "s"),
        ("m", "m2"),
        ("[iU]", "g"),
        ("[iU]", "1"),
        ("[iU]", "[arb'U]"),
        ("[iU]/mL", "U/mL"),
        ("Cel", "m"),
        ("mol", "g"),
        ("mg/dL", "mmol/L"),
        ("rad", "1"),
        ("sr", "rad"),
        ("[hp_X]", "[hp'_X]"),
        ("[CFU]", "[PFU]"),
    ];
    for (from, to) in table {
        assert!(!unit(from).is_comparable(&unit(to)), "{from} {to}");
        assert_eq!(convert(ONE, &unit(from), &unit(to)), None, "{from} {to}");
        assert_eq!(compare(ONE, &unit(from), ONE, &unit(to)), None, "{from} {to}");
    }
}

/// What stores keep. A change here breaks indexes that exist: it needs another `CANONICAL_FORM`.
#[test]
fn the_canonical_form_stays_as_it_is() {
    assert_eq!(ucum::CANONICAL_FORM, 1);
    let table = [
        ("1", "1", "1", (1, 0)),
        ("250", "mg", "g", (25, -2)),
        ("5.4", "mmol/L", "/m3", (3_251_956_010_400_000_000_000_000, 0)),
        ("120", "mm[Hg]", "g/m/s2", (15_998_640, 0)),
        ("120", "mm[Hg]{systolic}", "g/m/s2", (15_998_640, 0)),
        ("38.5", "Cel", "K", (31_165, -2)),
        ("98.6", "[degF]", "K", (31_015, -2)),
        ("72", "/min", "/s", (12, -1)),
        ("1", "/min", "/s", (1_666_666_666_666_666_666_666_666_667, -29)),
        ("6.5", "%", "1", (65, -3)),
        ("1", "J", "m2.g/s2", (1000, 0)),
        ("3.2", "m[IU]/L", "[iU]/m3", (32, -1)),
        ("10", "[arb'U].h", "s.[arb'U]", (36_000, 0)),
        ("1", "V", "m2.g/s2/C", (1000, 0)),
        ("90", "deg", "rad", (1_570_796_326_794_896_619_231_321_692, -27)),
        ("7.4", "[pH]", "/m3", (2_397_457_414_903_148_349_187, 1)),
        ("1", "a", "s", (31_557_600, 0)),
        ("0", "kg", "g", (0, 0)),
        ("0.10", "g", "g", (1, -1)),
        ("-5", "km", "m", (-5000, 0)),
        ("1", "cd/m2", "cd/m2", (1, 0)),
    ];
    for (value, code, wanted, (coefficient, exponent)) in table {
        let (found, base) = canonical(number(value), &unit(code)).unwrap();
        assert_eq!(base, wanted, "{value} {code}");
        if code == "[pH]" {
            assert_eq!(found.coefficient.to_string().len(), 28 + 9, "{found:?}");
            continue;
        }
        assert_eq!((found.coefficient, found.exponent), (coefficient, exponent), "{value} {code}");
    }
}

#[test]
fn canonical_codes_can_be_read() {
    for code in ["uL33", "m99", "[iU]99.g-99", "m50.m49", "s-50/s49"] {
        let (_, base) = canonical(ONE, &unit(code)).unwrap();
        assert!(Unit::parse(&base).is_ok(), "{base}");
    }
    for code in ["uL34", "m99.m", "m50.m50"] {
        assert_eq!(Unit::parse(code).unwrap_err().kind(), ErrorKind::TooLarge, "{code}");
    }
}

#[test]
fn products_have_short_codes() {
    assert_eq!(unit("cm").multiply(&unit("cm")).unwrap().code(), "cm2");
    assert_eq!(unit("cm2").divide(&unit("cm")).unwrap().code(), "cm");
    assert_eq!(unit("m").divide(&unit("m")).unwrap().code(), "1");
    assert_eq!(unit("1").divide(&unit("s")).unwrap().code(), "/s");
    assert_eq!(unit("g").divide(&unit("m")).unwrap().code(), "g/m");
    assert_eq!(unit("m/(s.kg)").multiply(&unit("kg{dry}")).unwrap().code(), "m/s");
    assert_eq!(unit("2.m").multiply(&unit("2.m")).unwrap().code(), "2.2.m2");
    assert!(unit("2.m").multiply(&unit("2.m")).unwrap().is_comparable(&unit("m2")));
    assert_eq!(unit("10*3").multiply(&unit("10*-3")).unwrap().code(), "1");
    assert_eq!(unit("Cel").multiply(&unit("m")), None);
}
