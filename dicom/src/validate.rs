//! Whether values follow their value representation (PS3.5 6.2), for the warnings of STOW and for whoever wants to know.
//!
//! A defect says what is wrong with a value, and never what the value is. Padding, also by NUL, is no defect.

use std::fmt;

use dicom_core::VR;

use crate::dataset::{DataSet, Element, Shape, is_text};
use crate::path::TagPath;
use crate::uid::{self, UidForm};
use crate::value;

/// What is wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Defect {
    /// More characters than the representation allows.
    TooLong {
        /// The most that it allows, in characters (in each component group for `PN`).
        most: usize,
    },
    /// A character that the representation does not allow.
    Character,
    /// Bytes that are no characters of the character set that the data set names.
    CharacterSet,
    /// Not three digits and one of `D`, `W`, `M`, `Y`.
    Age,
    /// Not a date of the form YYYYMMDD.
    Date,
    /// Not a time of the form HHMMSS.FFFFFF or its start.
    Time,
    /// Not a date-time of the form YYYYMMDDHHMMSS.FFFFFF&ZZXX or its start.
    DateTime,
    /// Not a decimal number.
    Decimal,
    /// Not an integer of 32 bits.
    Integer,
    /// Not digits and dots as the syntax of UIDs demands.
    Uid,
    /// A person name of more than three groups, or a group of more than five components.
    PersonName,
    /// A length that is not a multiple of the width of its numbers.
    Width {
        /// The width of one number in bytes.
        bytes: usize,
    },
    /// Not a sequence of items, although it should be.
    Structure,
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { most } => write!(f, "more than {most} characters"),
            Self::Character => f.write_str("a character that is not allowed"),
            Self::CharacterSet => f.write_str("bytes that are no characters of the character set"),
            Self::Age => f.write_str("not three digits and D, W, M or Y"),
            Self::Date => f.write_str("not a date of the form YYYYMMDD"),
            Self::Time => f.write_str("not a time of the form HHMMSS.FFFFFF"),
            Self::DateTime => f.write_str("not a date-time of the form YYYYMMDDHHMMSS.FFFFFF&ZZXX"),
            Self::Decimal => f.write_str("not a decimal number"),
            Self::Integer => f.write_str("not an integer of 32 bits"),
            Self::Uid => f.write_str("not a UID"),
            Self::PersonName => f.write_str("more than three groups or five components of a name"),
            Self::Width { bytes } => write!(f, "a length that is not a multiple of {bytes} bytes"),
            Self::Structure => f.write_str("not a sequence of items"),
        }
    }
}

/// Looks at one element, without those inside of it; gives the first defect.
#[must_use]
pub fn element(element: &Element<'_>) -> Option<Defect> {
    let vr = element.vr();
    if element.shape() != Shape::Value {
        return None;
    }
    if !is_text(vr) {
        let width = match vr {
            VR::US | VR::SS | VR::OW => 2,
            VR::UL | VR::SL | VR::FL | VR::AT | VR::OL | VR::OF => 4,
            VR::UV | VR::SV | VR::FD | VR::OV | VR::OD => 8,
            VR::SQ => return Some(Defect::Structure),
            _ => 1,
        };
        return (!element.bytes().len().is_multiple_of(width)).then_some(Defect::Width { bytes: width });
    }
    if element.decode().is_some_and(|d| d.malformed) {
        return Some(Defect::CharacterSet);
    }
    element.strings().iter().find_map(|text| one(text, vr))
}

/// Looks at all elements of a data set and of its sequences; gives at most `most` defects.
#[must_use]
pub fn data_set(set: &DataSet<'_>, most: usize) -> Vec<(TagPath, Defect)> {
    let mut found = Vec::new();
    walk(set, &mut TagPath::default(), most, &mut found);
    found
}

fn walk(set: &DataSet<'_>, path: &mut TagPath, most: usize, found: &mut Vec<(TagPath, Defect)>) {
    for inner in set.iter() {
        if found.len() >= most {
            return;
        }
        path.push(inner.tag(), None);
        if let Some(defect) = element(&inner) {
            found.push((path.clone(), defect));
        }
        for (number, item) in inner.items().enumerate() {
            path.in_item(u32::try_from(number).unwrap_or(u32::MAX));
            walk(&item, path, most, found);
        }
        path.pop();
    }
}

/// Looks at one value without padding.
fn one(text: &str, vr: VR) -> Option<Defect> {
    if text.is_empty() {
        return None;
    }
    let most = match vr {
        VR::AE | VR::CS | VR::DS | VR::SH => 16,
        VR::IS => 12,
        VR::DT => 26,
        VR::LO => 64,
        VR::ST => 1024,
        VR::LT => 10240,
        _ => usize::MAX,
    };
    if text.len() > most && text.chars().count() > most {
        return Some(Defect::TooLong { most });
    }
    let control = |c: char| c.is_control();
    let ok = match vr {
        VR::AE => return text.chars().any(|c| control(c) || c == '\\').then_some(Defect::Character),
        VR::AS => return (!is_age(text)).then_some(Defect::Age),
        VR::CS => {
            let fits = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' ' || b == b'_';
            return (!text.bytes().all(fits)).then_some(Defect::Character);
        }
        VR::DA => return (text.len() != 8 || value::date(text).is_none()).then_some(Defect::Date),
        VR::TM => return (text.contains(':') || value::time(text).is_none()).then_some(Defect::Time),
        VR::DT => return value::date_time(text).is_none().then_some(Defect::DateTime),
        VR::DS => return value::decimal(text).is_none().then_some(Defect::Decimal),
        VR::IS => return text.parse::<i32>().is_err().then_some(Defect::Integer),
        VR::UI => return (uid::form(text) != UidForm::Standard).then_some(Defect::Uid),
        VR::PN => return person_name(text),
        VR::SH | VR::LO | VR::UC => !text.chars().any(control),
        VR::ST | VR::LT | VR::UT => {
            !text.chars().any(|c| control(c) && !matches!(c, '\t' | '\n' | '\r' | '\u{C}'))
        }
        VR::UR => !text.chars().any(|c| control(c) || c == ' '),
        _ => true,
    };
    (!ok).then_some(Defect::Character)
}

fn is_age(text: &str) -> bool {
    matches!(text.as_bytes(), [a, b, c, b'D' | b'W' | b'M' | b'Y']
        if a.is_ascii_digit() && b.is_ascii_digit() && c.is_ascii_digit())
}

fn person_name(text: &str) -> Option<Defect> {
    if text.chars().any(char::is_control) {
        return Some(Defect::Character);
    }
    let groups: Vec<&str> = text.split('=').collect();
    if groups.len() > 3 || groups.iter().any(|g| g.split('^').count() > 5) {
        return Some(Defect::PersonName);
    }
    groups.iter().any(|g| g.chars().count() > 64).then_some(Defect::TooLong { most: 64 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DataSetBuilder, Tag};

    #[test]
    fn values_are_held_against_their_representation() {
        for (vr, text, wanted) in [
            (VR::AE, "STORESCP", None),
            (VR::AE, "A TITLE OF MORE THAN 16", Some(Defect::TooLong { most: 16 })),
            (VR::AS, "018M", None),
            (VR::AS, "18M", Some(Defect::Age)),
            (VR::CS, "ORIGINAL", None),
            (VR::CS, "Original", Some(Defect::Character)),
            (VR::DA, "20200229", None),
            (VR::DA, "20200229\0\0", None),
            (VR::DA, "20200230", Some(Defect::Date)),
            (VR::DA, "2020.02.28", Some(Defect::Date)),
            (VR::TM, "10", None),
            (VR::TM, "10:00:00", Some(Defect::Time)),
            (VR::DT, "2020+0100", None),
            (VR::DT, "x", Some(Defect::DateTime)),
            (VR::DS, "1.5\\-2e3", None),
            (VR::DS, "1.5\\@", Some(Defect::Decimal)),
            (VR::IS, "-5", None),
            (VR::IS, "3000000000", Some(Defect::Integer)),
            (VR::LO, "a\tb", Some(Defect::Character)),
            (VR::LT, "a\tb\r\n", None),
            (VR::PN, "A^B^C^D^E=x=y", None),
            (VR::PN, "A^B^C^D^E^F", Some(Defect::PersonName)),
            (VR::UI, "1.2.3", None),
            (VR::UI, "1.02.3", Some(Defect::Uid)),
            (VR::SH, "", None),
            (VR::UR, "http://x/y z", Some(Defect::Character)),
        ] {
            let mut builder = DataSetBuilder::new();
            builder.text(Tag(0x0009, 0x1001), vr, text);
            let set = builder.build();
            assert_eq!(element(&set.as_data_set().iter().next().unwrap()), wanted, "{vr} {text}");
        }
    }

    #[test]
    fn nested_elements_are_found_with_their_path() {
        let mut builder = DataSetBuilder::new();
        builder.bytes(Tag(0x0028, 0x0010), VR::US, &[1]).sequence(Tag(0x0040, 0x0275), |items| {
            items.item(|_| {}).item(|item| {
                item.text(Tag(0x0008, 0x0020), VR::DA, "yesterday");
            });
        });
        let set = builder.build();
        let found = data_set(&set.as_data_set(), 10);
        let shown: Vec<_> = found.iter().map(|(p, d)| format!("{p} {d}")).collect();
        assert_eq!(
            shown,
            [
                "(0028,0010) a length that is not a multiple of 2 bytes",
                "(0040,0275)[1].(0008,0020) not a date of the form YYYYMMDD"
            ]
        );
        assert_eq!(data_set(&set.as_data_set(), 1).len(), 1);
    }
}
