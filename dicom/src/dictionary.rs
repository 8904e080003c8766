//! The attribute dictionary of PS3.6 as this crate uses it: keywords to tags, tags to value representations.
//!
//! The tables are those of `dicom-dictionary-std`; here they are narrowed to what holds for public tags (private groups
//! have no entry but their creators) and context-dependent value representations are named.

use dicom_core::dictionary::{
    DataDictionary, DataDictionaryEntry, DataDictionaryEntryRef, TagRange, VirtualVr,
};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::StandardDataDictionary;

static DICTIONARY: StandardDataDictionary = StandardDataDictionary;

/// An attribute of the dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its tag; for a repeating group the tag that was asked for.
    pub tag: Tag,
    /// Its keyword, as `PatientName`.
    pub keyword: &'static str,
    /// Its value representation. Where it depends on other attributes: `US` for `US or SS`, `OW` for the others.
    pub vr: VR,
}

/// Looks an attribute up by its keyword.
#[must_use]
pub fn by_keyword(keyword: &str) -> Option<Attribute> {
    let entry = DICTIONARY.by_name(keyword)?;
    match entry.tag {
        TagRange::Single(tag) | TagRange::Group100(tag) | TagRange::Element100(tag) => {
            Some(Attribute { tag, keyword: entry.alias, vr: entry.vr.relaxed() })
        }
        TagRange::GroupLength | TagRange::PrivateCreator => None,
    }
}

/// Looks an attribute up by its tag.
#[must_use]
pub fn by_tag(tag: Tag) -> Option<Attribute> {
    let entry = lookup(tag)?;
    Some(Attribute { tag, keyword: entry.alias, vr: entry.vr.relaxed() })
}

/// The keyword of a tag.
#[must_use]
pub fn keyword(tag: Tag) -> Option<&'static str> {
    match lookup(tag)?.tag {
        TagRange::Single(_) | TagRange::Group100(_) | TagRange::Element100(_) => Some(lookup(tag)?.alias),
        TagRange::GroupLength | TagRange::PrivateCreator => None,
    }
}

/// Reads a keyword, `ggggeeee`, `gggg,eeee` or `(gggg,eeee)`.
#[must_use]
pub fn parse_tag(text: &str) -> Option<Tag> {
    if let Some(attribute) = by_keyword(text) {
        return Some(attribute.tag);
    }
    let inner = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).unwrap_or(text);
    let (group, element) = match inner.split_once(',') {
        Some(halves) => halves,
        None if inner.len() == 8 && inner.is_ascii() => inner.split_at_checked(4)?,
        None => return None,
    };
    Some(Tag(hex4(group)?, hex4(element)?))
}

/// A tag as 8 upper-case hexadecimal digits, the member name of the DICOM JSON model.
#[must_use]
pub fn hex8(tag: Tag) -> [u8; 8] {
    const DIGITS: [u8; 16] = *b"0123456789ABCDEF";
    let number = (u32::from(tag.0) << 16) | u32::from(tag.1);
    std::array::from_fn(|i| {
        let nibble = (number >> (28 - 4 * i)) & 0xF;
        DIGITS.get(nibble as usize).copied().unwrap_or(b'0')
    })
}

/// Whether a value of this representation has a 32-bit length and two reserved bytes in explicit VR (PS3.5 7.1.2).
#[must_use]
pub(crate) const fn has_long_length(vr: VR) -> bool {
    matches!(
        vr,
        VR::OB
            | VR::OD
            | VR::OF
            | VR::OL
            | VR::OV
            | VR::OW
            | VR::SQ
            | VR::SV
            | VR::UC
            | VR::UN
            | VR::UR
            | VR::UT
            | VR::UV
    )
}

/// The value representation that a tag has where the encoding does not state one.
pub(crate) fn implicit_vr(tag: Tag) -> Option<VirtualVr> {
    lookup(tag).map(|entry| entry.vr())
}

/// Two letters as a value representation.
pub(crate) const fn vr_from_bytes(letters: [u8; 2]) -> Option<VR> {
    Some(match &letters {
        b"AE" => VR::AE,
        b"AS" => VR::AS,
        b"AT" => VR::AT,
        b"CS" => VR::CS,
        b"DA" => VR::DA,
        b"DS" => VR::DS,
        b"DT" => VR::DT,
        b"FL" => VR::FL,
        b"FD" => VR::FD,
        b"IS" => VR::IS,
        b"LO" => VR::LO,
        b"LT" => VR::LT,
        b"OB" => VR::OB,
        b"OD" => VR::OD,
        b"OF" => VR::OF,
        b"OL" => VR::OL,
        b"OV" => VR::OV,
        b"OW" => VR::OW,
        b"PN" => VR::PN,
        b"SH" => VR::SH,
        b"SL" => VR::SL,
        b"SQ" => VR::SQ,
        b"SS" => VR::SS,
        b"ST" => VR::ST,
        b"SV" => VR::SV,
        b"TM" => VR::TM,
        b"UC" => VR::UC,
        b"UI" => VR::UI,
        b"UL" => VR::UL,
        b"UN" => VR::UN,
        b"UR" => VR::UR,
        b"US" => VR::US,
        b"UT" => VR::UT,
        b"UV" => VR::UV,
        _ => return None,
    })
}

fn lookup(tag: Tag) -> Option<&'static DataDictionaryEntryRef<'static>> {
    let entry = DICTIONARY.by_tag(tag)?;
    let private = tag.0 & 1 == 1;
    // The dictionary finds repeating groups by masking the group, which would also catch private ones.
    if private && !matches!(entry.tag, TagRange::PrivateCreator | TagRange::GroupLength) {
        return None;
    }
    Some(entry)
}

fn hex4(text: &str) -> Option<u16> {
    if text.len() != 4 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u16::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_keywords_find_each_other() {
        for (text, tag) in [
            ("PatientName", Tag(0x0010, 0x0010)),
            ("00100010", Tag(0x0010, 0x0010)),
            ("7fe00010", Tag(0x7FE0, 0x0010)),
            ("(7FE0,0010)", Tag(0x7FE0, 0x0010)),
            ("0009,10aB", Tag(0x0009, 0x10AB)),
        ] {
            assert_eq!(parse_tag(text), Some(tag), "{text}");
        }
        for text in ["", "patientname", "0010001", "+0100010", "0010001é", "(0010,0010", "GenericGroupLength"]
        {
            assert_eq!(parse_tag(text), None, "{text}");
        }
        assert_eq!(keyword(Tag(0x60EE, 0x3000)), Some("OverlayData"));
        assert_eq!(keyword(Tag(0x6001, 0x3000)), None);
        assert_eq!(by_tag(Tag(0x0009, 0x0010)).map(|a| a.vr), Some(VR::LO));
        assert_eq!(by_tag(Tag(0x0009, 0x1010)), None);
        assert_eq!(hex8(Tag(0x7FE0, 0x001A)), *b"7FE0001A");
    }

    #[test]
    fn every_vr_is_read_from_its_letters() {
        let mut read = 0;
        for a in b'A'..=b'Z' {
            for b in b'A'..=b'Z' {
                let known = VR::from_binary([a, b]);
                assert_eq!(vr_from_bytes([a, b]), known);
                read += usize::from(known.is_some());
            }
        }
        assert_eq!(read, 34);
    }
}
