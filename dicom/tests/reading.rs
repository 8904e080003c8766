//! Reading of real files: whole, cut at every byte, changed at random, in pieces, and converted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    unused_crate_dependencies,
    reason = "tests fail by panicking"
)]

mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;

use hygea_dicom::json::{self, Bulk};
use hygea_dicom::write::{self, Implementation};
use hygea_dicom::{
    Encoding, Error, ErrorKind, File, HeaderReader, ReadOptions, Tag, TransferSyntax, Truncation, VR,
    WarningKind, tags,
};
use proptest::prelude::*;

fn all() -> Vec<(PathBuf, Vec<u8>)> {
    let paths = support::folders().into_iter().flat_map(|f| support::files(&f));
    paths.map(|p| (p.clone(), std::fs::read(p).unwrap())).collect()
}

/// Touches every value, so that lazy decoding is run too.
fn touch(file: &File<'_>) -> usize {
    let text = json::to_string(&file.data_set(), Bulk::Omit);
    text.len() + json::to_string(&file.meta(), Bulk::Inline).len()
}

/// A small file with everything in it: meta, character set, nested sequences of both lengths, private elements, pixels.
fn sample() -> Vec<u8> {
    let mut b = hygea_dicom::DataSetBuilder::new();
    b.text(Tag(0x0008, 0x0016), VR::UI, "1.2.840.10008.5.1.4.1.1.2")
        .text(Tag(0x0008, 0x0018), VR::UI, "1.2.3")
        .text(Tag(0x0010, 0x0010), VR::PN, "Müller^Jürgen")
        .sequence(Tag(0x0040, 0x0275), |items| {
            items.item(|item| {
                item.sequence(Tag(0x0040, 0x0008), |items| {
                    items.item(|item| {
                        item.text(Tag(0x0008, 0x0100), VR::SH, "X");
                    });
                });
            });
        })
        .bytes(Tag(0x0043, 0x1010), VR::OB, &[1, 2, 3, 4])
        .unsigned_short(Tag(0x0028, 0x0010), 2)
        .bytes(Tag(0x7FE0, 0x0010), VR::OW, &[0; 64]);
    let built = b.build();
    let mut out = Vec::new();
    write::file(&built.as_data_set(), &TransferSyntax::EXPLICIT_LITTLE, IMPLEMENTATION, &mut out).unwrap();
    out
}

const IMPLEMENTATION: Implementation<'static> = Implementation { class_uid: "1.2.3.4", version_name: "TEST" };

#[test]
fn every_file_reads_in_bounded_memory() {
    let files = all();
    let mut warnings: BTreeMap<String, usize> = BTreeMap::new();
    let (mut read, mut refused) = (0, Vec::new());
    for (path, bytes) in &files {
        match File::read(bytes, &ReadOptions::new().truncation(Truncation::Anywhere)) {
            Ok(file) => {
                read += 1;
                assert!(touch(&file) > 4);
                for warning in file.warnings() {
                    *warnings.entry(warning.kind.text().to_owned()).or_default() += 1;
                }
            }
            Err(error) => refused.push(format!("{}: {error}", path.display())),
        }
    }
    println!("{read} files read, {} refused", refused.len());
    for (warning, count) in warnings {
        println!("{count} × {warning}");
    }
    if support::reference().is_some() && support::pydicom().is_some() {
        assert!(read >= 219, "{refused:?}");
        assert_eq!(refused.len(), 1, "{refused:?}");
    }
}

#[test]
fn a_cut_is_found_wherever_it_is() {
    let mut cuts = 0;
    let mut files = all();
    files.push((PathBuf::from("sample"), sample()));
    for (path, bytes) in &files {
        let Ok(whole) = File::read(bytes, &ReadOptions::new()) else { continue };
        let elements: Vec<u64> = whole.data_set().iter().map(|e| e.position()).collect();
        let deflated = whole.transfer_syntax().encoding() == Encoding::DeflatedExplicitLittle;
        let no_group_length = whole.warnings().iter().any(|w| w.kind == WarningKind::MissingGroupLength);
        // Every byte of the start, then a sample.
        let step = (bytes.len() / 300).max(1);
        let places = (0..bytes.len().min(600)).chain((600..bytes.len()).step_by(step));
        for cut in places {
            cuts += 1;
            let part = &bytes[..cut];
            match File::read(part, &ReadOptions::new()) {
                // A cut between two elements of the root leaves a shorter data set that is whole.
                Ok(file) => {
                    touch(&file);
                    let after = elements.iter().find(|p| **p > cut as u64);
                    let between = after.is_none_or(|next| next - cut as u64 <= 12);
                    // Without a group length the meta information may end after any of its elements.
                    let in_meta = no_group_length && cut as u64 <= whole.data_set_position();
                    assert!(between || deflated || cut <= 132 || in_meta, "{} cut at {cut}", path.display());
                }
                Err(error) => assert_typed(&error, cut),
            }
            for truncation in [Truncation::PixelData, Truncation::Anywhere] {
                match File::read(part, &ReadOptions::new().truncation(truncation)) {
                    Ok(file) => assert!(touch(&file) > 0),
                    Err(error) => assert_typed(&error, cut),
                }
            }
        }
    }
    println!("{cuts} cuts of {} files", files.len());
}

fn assert_typed(error: &Error, cut: usize) {
    let kinds =
        [ErrorKind::Truncated, ErrorKind::NotDicom, ErrorKind::MalformedDataSet, ErrorKind::InflateFailed];
    assert!(kinds.contains(&error.kind()), "{error:?}");
    assert!(
        error.position().is_some_and(|p| p <= cut as u64) || error.kind() == ErrorKind::Truncated,
        "{error:?}"
    );
}

#[test]
fn cut_pixels_are_tolerated_when_told() {
    let bytes = sample();
    let part = &bytes[..bytes.len() - 10];
    assert_eq!(File::read(part, &ReadOptions::new()).unwrap_err().kind(), ErrorKind::Truncated);
    let file = File::read(part, &ReadOptions::new().truncation(Truncation::PixelData)).unwrap();
    let pixels = file.data_set().element(tags::PIXEL_DATA).unwrap();
    assert!(pixels.is_truncated());
    assert_eq!(pixels.bytes().len(), 54);
    assert_eq!(file.warnings().last().unwrap().kind, WarningKind::TruncatedPixelData);
    assert_eq!(file.warnings().last().unwrap().path.to_string(), "(7FE0,0010)");
}

#[test]
fn errors_name_path_and_byte() {
    let bytes = sample();
    let whole = File::read(&bytes, &ReadOptions::new()).unwrap();
    let code = whole.data_set().sequence(Tag(0x0040, 0x0275)).next().unwrap();
    let code = code.sequence(Tag(0x0040, 0x0008)).next().unwrap().element(Tag(0x0008, 0x0100)).unwrap();
    let error =
        File::read(&bytes[..usize::try_from(code.position()).unwrap() + 1], &ReadOptions::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated);
    assert_eq!(error.path().unwrap().to_string(), "(0040,0275)[0].(0040,0008)[0].(0008,0100)");
    assert_eq!(error.position(), Some(code.position() - 8));
}

#[test]
fn limits_hold() {
    // An item in an item in an item, each 16 bytes.
    let mut bytes = Vec::new();
    for _ in 0..10_000 {
        bytes.extend_from_slice(&[0x40, 0, 0x75, 0x02, b'S', b'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
        bytes.extend_from_slice(&[0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF]);
    }
    let error = File::read(&bytes, &ReadOptions::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooDeep, "{error}");
    let many = [0x08, 0, 0x60, 0, b'C', b'S', 0, 0].repeat(1000);
    let error = File::read(&many, &ReadOptions::new().max_elements(999)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooManyElements);
    let file = File::read(&many, &ReadOptions::new().max_warnings(5)).unwrap();
    assert_eq!((file.warnings().len(), file.warnings_left_out()), (5, 996));
}

#[test]
fn a_header_is_read_from_pieces() {
    let mut files = 0;
    for (path, bytes) in all() {
        let options = ReadOptions::new();
        let Ok(whole) = File::read(&bytes, &options.clone().stop_before_pixels()) else { continue };
        files += 1;
        for size in [1 << 10, 7 << 10, 1 << 20] {
            let mut reader = HeaderReader::new(options.clone(), 64 << 20);
            let mut given = 0;
            for piece in bytes.chunks(size) {
                given += piece.len();
                if reader.push(piece).unwrap() {
                    break;
                }
            }
            let header = reader.finish().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            assert_eq!(header.pixels(), whole.pixels(), "{}", path.display());
            let of = |f: &File<'_>| json::to_string(&f.data_set(), Bulk::Inline);
            assert!(of(&header) == of(&whole), "{} in pieces of {size}, {given} given", path.display());
        }
    }
    println!("{files} headers read from pieces");
    let mut reader = HeaderReader::new(ReadOptions::new(), 300);
    let bytes = sample();
    let error = bytes.chunks(100).map(|p| reader.push(p)).find_map(Result::err).unwrap();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[test]
fn owned_files_are_the_same() {
    for (path, bytes) in all() {
        let options = ReadOptions::new().truncation(Truncation::Anywhere);
        let Ok(file) = File::read(&bytes, &options) else { continue };
        let of = |f: &File<'_>| {
            json::to_string(&f.data_set(), Bulk::Inline) + &json::to_string(&f.meta(), Bulk::Inline)
        };
        let text = of(&file);
        assert!(of(&file.into_owned()) == text, "{}", path.display());
        assert!(of(&File::from_vec(bytes, &options).unwrap()) == text, "{}", path.display());
    }
}

#[test]
fn written_files_hold_the_same_values() {
    let mut files = 0;
    for (path, bytes) in all() {
        let Ok(file) = File::read(&bytes, &ReadOptions::new()) else { continue };
        let syntax = if file.transfer_syntax().is_encapsulated() {
            file.transfer_syntax().clone()
        } else {
            TransferSyntax::EXPLICIT_LITTLE
        };
        let mut out = Vec::new();
        write::file(&file.data_set(), &syntax, IMPLEMENTATION, &mut out)
            .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let again =
            File::read(&out, &ReadOptions::new()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        files += 1;
        assert_eq!(again.warnings(), &[], "{}", path.display());
        // Padding to an even length is all that may differ in binary values.
        let omit = |f: &File<'_>| json::to_string(&f.data_set(), Bulk::Omit);
        assert!(omit(&again) == omit(&file), "{}", path.display());
        for element in file.data_set().sorted() {
            let (ours, theirs) = (again.data_set().element(element.tag()), element.little_endian_bytes());
            if let (Some(ours), None, true) = (ours, element.fragments(), element.vr() != VR::SQ) {
                assert!(ours.bytes().starts_with(&theirs), "{} {}", path.display(), element.tag());
            }
        }
    }
    println!("{files} files written in explicit VR little endian and read back");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600), meta in any::<bool>()) {
        let mut input = if meta { sample()[..300].to_vec() } else { Vec::new() };
        input.extend(bytes);
        for truncation in [Truncation::Refuse, Truncation::Anywhere] {
            if let Ok(file) = File::read(&input, &ReadOptions::new().truncation(truncation)) {
                touch(&file);
            }
        }
    }

    #[test]
    fn no_change_makes_the_reader_panic(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut input = sample();
        for (at, byte) in changes {
            let at = at.index(input.len());
            input[at] = byte;
        }
        for truncation in [Truncation::Refuse, Truncation::Anywhere] {
            if let Ok(file) = File::read(&input, &ReadOptions::new().truncation(truncation)) {
                touch(&file);
                let mut out = Vec::new();
                let _ = write::data_set(&file.data_set(), &mut out);
            }
        }
    }
}

#[test]
fn changed_real_files_do_not_make_the_reader_panic() {
    // A fixed sequence, so that a failure comes back.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let (mut read, mut refused) = (0, 0);
    for (_, bytes) in all().into_iter().filter(|(_, b)| b.len() < 60_000) {
        for _ in 0..12 {
            let mut changed = bytes.clone();
            for _ in 0..=next() % 6 {
                let at = usize::try_from(next() % changed.len() as u64).unwrap();
                changed[at] = next().to_le_bytes()[0];
            }
            match File::read(&changed, &ReadOptions::new().truncation(Truncation::Anywhere)) {
                Ok(file) => {
                    touch(&file);
                    read += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    println!("{read} changed files read, {refused} refused");
}
